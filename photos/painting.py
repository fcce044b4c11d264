"""The calls that paint one photo's candidates.

Calls that wait for another machine run at the same time, so that three take as long as one. Each call has a quota slot
of its own and an artifact of its own. When one fails, the retry repeats that call alone, and nothing is paid twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial
from typing import NotRequired, TypedDict

from django.db import connections

from photos import files, providers
from photos.computing import computing
from photos.judging import Verdict, judge
from photos.models import Photo
from photos.outpainting import OWN_CLOTHES, CandidateRequest, Outpainter, Painted, Style, look_name
from photos.outpainting.prompts import NEW_SEED
from photos.outpainting.studio import own_clothes
from photos.pictures import encode_alpha, encode_jpeg
from photos.types import FramedHead
from workers.engine.claims import Claim
from workers.engine.keeping import Output
from workers.engine.retries import gives_up, slow_down
from workers.errors import (
    BadAnswer,
    Filtered,
    HandedBack,
    LeaseLost,
    Misconfigured,
    NotReady,
    StepError,
    StoreAway,
    Throttled,
    Transient,
    location_of,
)

logger = logging.getLogger(__name__)


class StoredCandidate(TypedDict):
    """A candidate as the step's artifact holds it. Artifacts made before there was a judge lack what it adds."""

    file: str
    cover: str
    """The cover's file; "" where the provider gave no cover."""
    look: NotRequired[str]
    score: float
    """0–1."""
    verdict: NotRequired[str]
    problems: list[str]
    """Names of the judge's measures that speak against it, worst first."""
    measures: NotRequired[dict[str, float]]


class NumberedCandidate(StoredCandidate):
    """A candidate with the number by which the person knows it."""

    number: int
    """From 1."""


OWN_CLOTHES_NUMBER = 4
"""The number of the candidate in the person's own clothes. It does not depend on how many others there are."""

ORDER = (LeaseLost, HandedBack, Throttled, StoreAway, Misconfigured, NotReady, Transient, BadAnswer)
"""Which of several errors the step raises: the first of these classes, and any other class after them.

A lost lease comes first, since nothing may be written any more. Then a refusal, since the limiter must slow down. Then
errors that wait without counting as a try, then those that count. Bugs come last.
"""


SECOND_TRIES = 2
"""How often a spoiled candidate is painted again. Each try has a new seed and is a paid call of its own."""

MENDED_BY_ANOTHER_SEED = frozenset(
    {
        "faces_missing",
        "faces_extra",
        "background_colour",
        "background_uneven",
        "bust_in_air",
        "neck_gap",
        "skin_step",
        "grain_step",
        "light_step",
    }
)
"""The judge's reasons that another seed may mend. It cannot mend lost hair or a dark face."""


@dataclass(frozen=True)
class PaintingRun:
    """The calls of one painting step, and what they share."""

    photo: Photo
    claim: Claim
    provider: Outpainter
    framed: FramedHead
    style: Style

    def candidates(self, requests: Sequence[CandidateRequest]) -> list[NumberedCandidate]:
        """The judged candidates, in the order of their requests. A candidate that could not be painted is left out.

        All calls end before any error is raised. Of the errors that a retry may mend, the first by `ORDER` is raised.
        An error that would end the step for good is raised only when nothing was painted: otherwise the person chooses
        among the candidates that there are. Raises Filtered when the content filter withheld every picture.
        """
        size = self.provider.images_per_call
        calls = [partial(self._painted, requests[first : first + size]) for first in range(0, len(requests), size)]
        batches = self._at_once(calls) if self.provider.waits and len(calls) > 1 else [call() for call in calls]
        made = [each for batch in batches for each in batch if each is not None]
        if not made:
            raise Filtered("the image model withheld every picture, with other seeds too")
        return made

    def _painted(self, requests: Sequence[CandidateRequest]) -> list[NumberedCandidate | None]:
        """One batch's candidates. A spoiled one is painted again with further seeds, and the best score is kept."""
        made = self._filtered_repeated(requests)
        if not self.provider.waits:
            # A provider that computes here ignores the seed: another one would give the same picture.
            return made
        for attempt in range(1, SECOND_TRIES + 1):
            spoiled = [index for index, each in enumerate(made) if each and _spoiled(each)]
            if not spoiled:
                break
            again = [_with_seed(requests[index], (1 + attempt) * NEW_SEED) for index in spoiled]
            for index, other in zip(spoiled, self._optional_call(again), strict=True):
                made[index] = max((made[index], other), key=lambda each: each["score"] if each else -1.0)
        return made

    def _optional_call(self, requests: Sequence[CandidateRequest]) -> list[NumberedCandidate | None]:
        """A call whose failure changes nothing: the candidates painted before it are kept."""
        try:
            return self._call(requests)
        except (LeaseLost, HandedBack, StoreAway):
            raise
        except StepError as error:
            if error.slows_quota:
                slow_down(self.claim)
            _log(error)
            return [None for _ in requests]

    def _filtered_repeated(self, requests: Sequence[CandidateRequest]) -> list[NumberedCandidate | None]:
        """One call's candidates. Those that the content filter withheld are asked for once more, with another seed."""
        made = self._call(requests)
        withheld = [request for request, each in zip(requests, made, strict=True) if each is None]
        if not withheld:
            return made
        try:
            again = iter(self._call([_with_seed(request, NEW_SEED) for request in withheld]))
        except Filtered:
            return made
        except Exception as error:
            if not (any(made) and gives_up(self.claim, error)):
                raise
            _log(error)
            return made
        return [next(again) if each is None else each for each in made]

    def _call(self, requests: Sequence[CandidateRequest]) -> list[NumberedCandidate | None]:
        def make(input_hash: str) -> Output:
            painted = self.provider.outpaint(self.framed, self.style, requests)
            pictures: dict[str, bytes] = {}
            pairs = zip(requests, painted, strict=True)
            candidates = [
                each and self._judged(request.number + 1, each, self.framed, input_hash, pictures)
                for request, each in pairs
            ]
            return Output({"candidates": candidates}, pictures)

        inputs = {
            "mask": self.photo.mask_file,
            "face": self.photo.face,
            "model": self.provider.model,
            "size": self.provider.size,
            "style": self.style.slug,
            # The old word is part of the hash by which a picture that was paid for is found again.
            "takes": [asdict(request) for request in requests],
        }
        candidates: list[StoredCandidate | None] = self.claim.artifact(inputs, make)["candidates"]
        # A candidate keeps its number when others are missing: the missing one may be painted later.
        pairs = zip(requests, candidates, strict=True)
        return [each and _numbered(each, request.number + 1) for request, each in pairs]

    def own_clothes(self, framed: FramedHead) -> NumberedCandidate:
        """The person in their own clothes. It is composed on this machine, whichever provider paints the others.

        `framed` must be framed with the scope PERSON.
        """

        def make(input_hash: str) -> Output:
            with computing():
                painted = own_clothes(framed, self.style.background)
            pictures: dict[str, bytes] = {}
            candidate = self._judged(OWN_CLOTHES_NUMBER, painted, framed, input_hash, pictures)
            return Output({"candidates": [candidate]}, pictures)

        inputs = {
            "mask": self.photo.mask_file,
            "face": self.photo.face,
            "model": OWN_CLOTHES,
            "size": self.provider.size,
            "background": self.style.background,
        }
        return _numbered(self.claim.artifact(inputs, make)["candidates"][0], OWN_CLOTHES_NUMBER)

    def _judged(
        self, number: int, painted: Painted, framed: FramedHead, input_hash: str, pictures: dict[str, bytes]
    ) -> StoredCandidate:
        """The candidate as it is stored. Its files are added to `pictures` by name."""
        look = OWN_CLOTHES if number == OWN_CLOTHES_NUMBER else look_name(self.style, number - 1)
        with computing():
            # Composed clothes hide a part of the kept pixels; the judge must not look for that part.
            seen = framed if painted.layers is None else replace(framed, keep=painted.layers.kept)
            judgement = judge(
                painted.pixels,
                seen,
                self.style.background,
                providers.face_counter(),
                own_clothes=look == OWN_CLOTHES,
            )
            portrait = encode_jpeg(painted.pixels)
        file = f"{files.folder(self.photo.pk)}/portrait-{number}-{input_hash[:16]}.jpg"
        pictures[file] = portrait
        cover = ""
        if painted.cover is not None:
            cover = files.cover_of(file)
            pictures[cover] = encode_alpha(painted.cover)
        return {
            "file": file,
            "cover": cover,
            "look": look,
            "score": judgement.score,
            "verdict": judgement.verdict.value,
            "problems": list(judgement.problems),
            "measures": dict(judgement.measures),
        }

    def _at_once(self, calls: Sequence[Batch]) -> list[list[NumberedCandidate | None]]:
        """Run each call in a thread of its own. Raises, after all have ended, as `candidates` says."""
        with ThreadPoolExecutor(len(calls), thread_name_prefix="painting") as pool:
            # Each thread gets a copy of the context, so that its calls add their receipts to this step's collection.
            futures = [pool.submit(copy_context().run, _alone, call) for call in calls]
        batches = [future.result() for future in futures if future.exception() is None]
        errors = [error for error in (future.exception() for future in futures) if error is not None]
        self._raise_decisive(errors, anything_painted=any(each for batch in batches for each in batch))
        return batches

    def _raise_decisive(self, errors: Sequence[BaseException], *, anything_painted: bool) -> None:
        """Raise the error that decides what becomes of the step, and log the others.

        Raises nothing when something is painted and a retry would mend none of the errors.
        """
        ranked = sorted(errors, key=_rank)
        decisive = next((error for error in ranked if not gives_up(self.claim, error)), None)
        if decisive is None and ranked and not anything_painted:
            decisive = ranked[0]
        for error in ranked:
            if error is not decisive:
                _log(error)
        if decisive is not None:
            raise decisive


def _with_seed(request: CandidateRequest, further: int) -> CandidateRequest:
    return replace(request, seed=request.seed + further)


def _numbered(candidate: StoredCandidate, number: int) -> NumberedCandidate:
    return {**candidate, "number": number}


def _spoiled(made: StoredCandidate) -> bool:
    """Whether the verdict is `dont` for a reason that lies in the painting, not in the photo."""
    return made.get("verdict") == Verdict.DONT and bool(set(made["problems"]) & MENDED_BY_ANOTHER_SEED)


Batch = Callable[[], list[NumberedCandidate | None]]


def _alone(call: Batch) -> list[NumberedCandidate | None]:
    try:
        return call()
    finally:
        # Nothing else closes the database connection of a thread that ends.
        connections.close_all()


def _log(error: BaseException) -> None:
    """Log an error that the step does not raise."""
    logger.warning("a call ended as %s", error.code if isinstance(error, StepError) else location_of(error))


def _rank(error: BaseException) -> tuple[int, timedelta]:
    """The sort key: the index in `ORDER`, then bugs, then permanent errors.

    Of one class, the longest wait comes first.
    """
    wait = getattr(error, "retry_after", None) or timedelta(0)
    if _permanent(error):
        return len(ORDER) + 1, -wait
    indexes = (index for index, kind in enumerate(ORDER) if isinstance(error, kind))
    return next(indexes, len(ORDER)), -wait


def _permanent(error: BaseException) -> bool:
    return isinstance(error, StepError) and error.permanent
