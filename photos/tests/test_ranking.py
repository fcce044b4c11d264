"""A portrait that nobody should hand in is never shown first, and if all are such the person is told why."""

from __future__ import annotations

from photos.advice import NO_GOOD_PORTRAIT, sentence
from photos.models import Candidate
from photos.ranking import advice_after, rank
from photos.types import StoredAdvice


def candidate(number: int, verdict: str, score: float, look: str = "navy_suit", *problems: str) -> Candidate:
    return Candidate(number=number, verdict=verdict, score=score, look=look, problems=list(problems))


def order(*candidates: Candidate) -> list[int]:
    rank(candidates)
    return [each.number for each in sorted(candidates, key=lambda each: each.rank)]


def test_a_dont_is_never_first() -> None:
    # Given the asked-for suit spoiled, whatever its score
    spoiled, doubtful = candidate(1, "dont", 0.33), candidate(2, "look", 0.35)
    assert order(spoiled, doubtful) == [2, 1]
    assert order(spoiled, doubtful, candidate(3, "send", 0.7)) == [3, 2, 1]


def test_own_clothes_come_after_the_suits_that_are_as_good_and_before_those_that_are_not() -> None:
    own = candidate(4, "send", 0.99, "own_clothes")
    assert order(candidate(1, "send", 0.80), own) == [1, 4]
    assert order(candidate(1, "look", 0.60), own) == [4, 1]


def test_the_suit_that_was_asked_for_comes_first_among_equals() -> None:
    # Given scores that differ by less than a tenth, and one that is clearly better
    assert order(candidate(1, "send", 0.84), candidate(2, "send", 0.83), candidate(3, "send", 0.82)) == [1, 2, 3]
    assert order(candidate(1, "send", 0.71), candidate(2, "send", 0.97)) == [2, 1]


def test_when_none_is_good_the_person_is_told_what_stands_in_the_way() -> None:
    # Given a photo with a warning, and nothing but portraits not to be sent
    candidates = [candidate(1, "dont", 0.1, "navy_suit", "halo"), candidate(2, "dont", 0.2, "black_suit", "hair_lost")]
    rank(candidates)
    warning: StoredAdvice = {"code": "dark", "about": ""}
    # Then the best one's worst reason is said, with what to do
    advice = advice_after([warning], candidates)
    assert advice == [warning, {"code": NO_GOOD_PORTRAIT, "about": "hair_lost"}]
    assert sentence(advice[1], "en").startswith("Part of the hair is missing. None of the portraits")
    assert sentence(advice[1], "ko").endswith("올려 주세요.")
    # And when another style comes out better, that is taken back
    better = [candidate(1, "look", 0.5)]
    rank(better)
    assert advice_after(advice, better) == [warning]
