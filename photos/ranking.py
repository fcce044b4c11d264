"""The order in which a person sees the candidates, and the warning when none of them is good."""

from __future__ import annotations

from collections.abc import Sequence

from photos.advice import NO_GOOD_PORTRAIT
from photos.models import Candidate
from photos.outpainting import OWN_CLOTHES
from photos.types import StoredAdvice

_BY_VERDICT = (Candidate.Verdict.SEND, Candidate.Verdict.LOOK, Candidate.Verdict.DONT)


def rank(candidates: Sequence[Candidate]) -> None:
    """Set each candidate's rank, best first: by verdict, then suits before own clothes, then by score.

    The score is rounded to tenths. Of equally good candidates, the one that was asked for comes first.
    """
    for index, candidate in enumerate(sorted(candidates, key=_sort_key)):
        candidate.rank = index


def _sort_key(candidate: Candidate) -> tuple[int, bool, float, int]:
    verdict = _BY_VERDICT.index(Candidate.Verdict(candidate.verdict))
    return verdict, candidate.look == OWN_CLOTHES, -round(candidate.score, 1), candidate.number


def advice_after(advice: Sequence[StoredAdvice], candidates: Sequence[Candidate]) -> list[StoredAdvice]:
    """The photo's advice after judging.

    If no candidate may be handed in, it says so, with the best candidate's worst fault.
    """
    others = [each for each in advice if each["code"] != NO_GOOD_PORTRAIT]
    best = min(candidates, key=lambda each: each.rank)
    if best.verdict != Candidate.Verdict.DONT:
        return others
    return [*others, {"code": NO_GOOD_PORTRAIT, "about": next(iter(best.problems), "")}]
