"""The calls that paint one photo's candidates.

Where a provider waits they are made at the same time, so that a portrait takes one call's time. Each takes its own
quota slot and keeps its own result: when one fails, the step comes again for that one alone, and nothing is paid twice.
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
from photos.outpainting import OWN_CLOTHES, Outpainter, Painted, Style, Take, look_name
from photos.outpainting.prompts import NEW_SEED
from photos.outpainting.studio import own_clothes
from photos.pictures import encode_alpha, encode_jpeg
from photos.types import FramedHead
from workers.engine.claims import Claim
from workers.engine.keeping import Output
from workers.engine.retries import gives_up
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
"""Of the candidate in one's own clothes, however many others there are."""

ORDER = (LeaseLost, HandedBack, Throttled, StoreAway, Misconfigured, NotReady, Transient, BadAnswer)
"""Which error of several speaks for the step. A lost step first: nothing may be written any more. Then a refusal, since
it slows everybody; then what waits without counting against the job; then what counts; then bugs."""


SECOND_TRIES = 2
"""How often a candidate that a model spoiled is painted again, each time from a new seed, as a paid call of its own."""

BY_THE_PAINTER = frozenset(
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
"""The judge's reasons that another seed may mend. Hair that a mask has lost, or a dark face, it cannot."""


@dataclass(frozen=True)
class Sitting:
    """What all calls of one step share."""

    photo: Photo
    claim: Claim
    provider: Outpainter
    framed: FramedHead
    style: Style

    def candidates(self, takes: Sequence[Take]) -> list[NumberedCandidate]:
        """The candidates, judged, in the order of their takes.

        Calls made at the same time all end before an error counts. An error that another try may mend is raised, the
        first by `ORDER`. One that would end the step for good is no failure where something is painted: the person
        chooses among what there is.
        """
        size = self.provider.images_per_call
        calls = [partial(self._batch, takes[first : first + size]) for first in range(0, len(takes), size)]
        batches = self._at_once(calls) if self.provider.waits and len(calls) > 1 else [call() for call in calls]
        made = [each for batch in batches for each in batch if each is not None]
        if not made:
            raise Filtered("the image model withheld every picture, with other seeds too")
        return made

    def _batch(self, takes: Sequence[Take]) -> list[NumberedCandidate | None]:
        """One call's candidates, and in the place of what a model spoiled the best of two further seeds."""
        made = self._given(takes)
        if not self.provider.waits:
            # What is computed here comes out the same from every seed.
            return made
        for again in range(1, SECOND_TRIES + 1):
            places = [place for place, each in enumerate(made) if each and _spoiled(each)]
            if not places:
                break
            seeds = [replace(takes[place], seed=takes[place].seed + (1 + again) * NEW_SEED) for place in places]
            for place, other in zip(places, self._bettered(seeds), strict=True):
                made[place] = max((made[place], other), key=lambda each: each["score"] if each else -1.0)
        return made

    def _bettered(self, takes: Sequence[Take]) -> list[NumberedCandidate | None]:
        """A further try that nothing depends on: where it fails, what there is stands."""
        try:
            return self._call(takes)
        except (LeaseLost, HandedBack, StoreAway):
            raise
        except StepError as error:
            _log(error)
            return [None for _ in takes]

    def _given(self, takes: Sequence[Take]) -> list[NumberedCandidate | None]:
        """One call's candidates. What the content filter withheld gets one other seed, by a call of its own."""
        made = self._call(takes)
        withheld = [take for take, each in zip(takes, made, strict=True) if each is None]
        if not withheld:
            return made
        try:
            again = iter(self._call([replace(take, seed=take.seed + NEW_SEED) for take in withheld]))
        except Filtered:
            return made
        except Exception as error:
            if not (any(made) and gives_up(self.claim, error)):
                raise
            _log(error)
            return made
        return [next(again) if each is None else each for each in made]

    def _call(self, takes: Sequence[Take]) -> list[NumberedCandidate | None]:
        def make(input_hash: str) -> Output:
            painted = self.provider.outpaint(self.framed, self.style, takes)
            pictures: dict[str, bytes] = {}
            pairs = zip(takes, painted, strict=True)
            candidates = [
                each and self._judged(take.number + 1, each, self.framed, input_hash, pictures) for take, each in pairs
            ]
            return Output({"candidates": candidates}, pictures)

        inputs = {
            "mask": self.photo.mask_file,
            "face": self.photo.face,
            "model": self.provider.model,
            "size": self.provider.size,
            "style": self.style.slug,
            "takes": [asdict(take) for take in takes],
        }
        candidates: list[StoredCandidate | None] = self.claim.artifact(inputs, make)["candidates"]
        # A candidate keeps its number when others are missing: the missing one may be painted later.
        return [each and _numbered(each, take.number + 1) for take, each in zip(takes, candidates, strict=True)]

    def own_clothes(self, framed: FramedHead) -> NumberedCandidate:
        """The person in their own clothes, made here whatever paints the others: free of any call.

        `framed` is framed with the whole person.
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
        """The candidate's description; what is to be stored of it is added to `pictures` by name."""
        look = OWN_CLOTHES if number == OWN_CLOTHES_NUMBER else look_name(self.style, number - 1)
        with computing():
            # Composed clothes cover some of what was kept.
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
        """Every call in a thread of its own. Raises as `candidates` says, after all have ended."""
        with ThreadPoolExecutor(len(calls), thread_name_prefix="painting") as pool:
            # A copy of the context each: what this thread collects of its calls, those threads hand in to the same
            # place.
            futures = [pool.submit(copy_context().run, _alone, call) for call in calls]
        batches = [future.result() for future in futures if future.exception() is None]
        errors = [error for error in (future.exception() for future in futures) if error is not None]
        self._settle(errors, anything=any(each for batch in batches for each in batch))
        return batches

    def _settle(self, errors: Sequence[BaseException], *, anything: bool) -> None:
        """Raise the error that speaks for all, or none where `anything` is painted and no other try would mend them."""
        ranked = sorted(errors, key=_rank)
        said = next((error for error in ranked if not gives_up(self.claim, error)), None)
        if said is None and ranked and not anything:
            said = ranked[0]
        for error in ranked:
            if error is not said:
                _log(error)
        if said is not None:
            raise said


def _numbered(candidate: StoredCandidate, number: int) -> NumberedCandidate:
    return {**candidate, "number": number}


def _spoiled(made: StoredCandidate) -> bool:
    """Whether nobody should hand it in, for a reason that lies in what was painted and not in the photo."""
    return made.get("verdict") == Verdict.DONT and bool(set(made["problems"]) & BY_THE_PAINTER)


Batch = Callable[[], list[NumberedCandidate | None]]


def _alone(call: Batch) -> list[NumberedCandidate | None]:
    try:
        return call()
    finally:
        # A thread that ends leaves its database connection to nobody.
        connections.close_all()


def _log(error: BaseException) -> None:
    """An error that does not speak for the step is told here."""
    logger.warning("a call ended as %s", error.code if isinstance(error, StepError) else location_of(error))


def _rank(error: BaseException) -> tuple[int, timedelta]:
    """By `ORDER`, bugs after it, permanent ones last; of several refusals the one that asks for the longest wait."""
    wait = getattr(error, "retry_after", None) or timedelta(0)
    if _permanent(error):
        return len(ORDER) + 1, -wait
    places = (place for place, kind in enumerate(ORDER) if isinstance(error, kind))
    return next(places, len(ORDER)), -wait


def _permanent(error: BaseException) -> bool:
    return isinstance(error, StepError) and error.permanent
