"""Text made to hold whoever reads it: checks and writer take as long as for any other text of that length."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from letters.brief import Experience, Facts
from letters.characters import MOST_MARKS, normalised
from letters.checks import check, check_letter
from letters.markers import MarkerParser
from letters.tests.test_checks import brief
from letters.writers.offline import UNPACED, OfflineWriter

LONGEST_TEXT, LONGEST_FACTS = 5000, 8000
"""Characters that the API takes."""
PROCESSOR_SECONDS = 3.0
"""For all that is done with one hostile letter; another takes a tenth of a second, this one's signs become 18 each."""

REPEATED = (
    *("이고", "카카오이고", "카카오 ", "카카오LG", "삼선전자 ", "카카모 ", "한화 ", "공 토스 ", "기아 빈곤 "),
    *("[", "[ ", "[a]", "]", "(", "(ENFP", "ENFP ", "as a ", "ignore ", "시스템 ", "MBTI ", "[ENFP (", ") "),
    *("*", "**a", "`", "<a ", "</", "{{", "|", "\n|", "- ", "1,", "1.", "12,345", "2024.", "9", "십만", "&#1;"),
    *("가.", "가다. ", "나는 학교에 갔습니다. ", '"', "갹", "갹 ", "Led ", "Aa", " ", "\n", " \n", "\u3000", "a", "가"),
    *("\ufdfa", "\u0300\u0316", "\u0f73\u0316", "\uff9e\u0316", "각", "\u1100\u1161\u11a8"),
)
ENDS = ("", "힣", "!x")


@contextmanager
def within(processor_seconds: float, wall_seconds: float = 20) -> Iterator[None]:
    """Fails where the block takes more; what never ends is ended, since `re` looks for signals."""

    def give_up(*_: object) -> None:
        raise TimeoutError("held")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, wall_seconds)
    began = time.process_time()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.process_time() - began < processor_seconds


def _before(number: int) -> str:
    """Half of the texts stand right behind the company's name."""
    return "카카오" if number % 2 else ""


@pytest.mark.parametrize("repeated", REPEATED)
def test_checking_a_hostile_letter(repeated: str):
    # Given a letter of one hostile text, as long as is allowed, for the company that it names
    asked = brief("카카오")
    texts = {number: f"{_before(number)}{repeated * LONGEST_TEXT}"[: LONGEST_TEXT - 2] for number in (1, 2, 3, 4)}
    texts = {number: text + ENDS[number % 3] for number, text in texts.items()}
    # When it is checked, Then no check is held
    with within(PROCESSOR_SECONDS):
        check_letter(texts, asked)
        for number, text in texts.items():
            check(text, number, asked)


@pytest.mark.parametrize("repeated", REPEATED)
def test_writing_and_checking_with_hostile_facts(repeated: str):
    # Given facts of one hostile text, together as long as is allowed
    text = (repeated * LONGEST_FACTS)[: LONGEST_FACTS // 10 - 4]
    told = Experience(text, text, text, text + "힣", f"카카오{text}힣")
    facts = Facts(job=text, education=(text,), experiences=(told,), strengths=(text,), weakness=text, motivation=text)
    for language in ("ko", "en"):
        asked = brief("카카오", language, facts)
        # When a letter is written of them and checked, Then nothing is held
        with within(PROCESSOR_SECONDS):
            written = "".join(OfflineWriter(UNPACED).write(asked, (1, 2, 3, 4)))
            check(written, 1, asked)
        assert written


@pytest.mark.parametrize("repeated", ["\n", " ", "- ", "갹\n", "갹\n글\n"])
def test_a_writer_that_never_gets_to_the_point(repeated: str):
    # Given an answer of a model that repeats itself, thirty times as long as a letter
    parser = MarkerParser()
    # When taken apart, Then nothing is held
    with within(PROCESSOR_SECONDS):
        for character in repeated * (120_000 // len(repeated)):
            parser.feed(character)
        parser.finish()


def test_a_held_check_would_be_seen():
    with pytest.raises(TimeoutError), within(5, wall_seconds=0.2):
        re.fullmatch("(?:a|a)*", "a" * 60 + "b")
    with pytest.raises(AssertionError), within(0.001):
        sum(range(1_000_000))


@pytest.mark.parametrize("marks", ["\u0300\u0316", "\u0f73\u0316", "\uff9e\u3099", "\u0316\u0344"])
@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_marks_without_end_are_normalised_in_linear_time(form, marks: str):
    # Given as many combining marks as a request can hold, in the order that takes longest to sort
    text = "가" + "".join(mark * 100_000 for mark in marks)
    # When normalised, Then it takes no longer than reading
    with within(PROCESSOR_SECONDS):
        assert normalised(form, text).startswith("가")


def test_what_any_language_writes_is_normalised_as_ever():
    # Given decomposed Hangul, an accented word, and as many marks as are allowed
    assert normalised("NFC", "\u1112\u1161\u11ab글 re\u0301sume\u0301") == "한글 résumé"
    assert normalised("NFKC", "ＭＢＴＩ") == "MBTI"
    assert normalised("NFC", "a" + "\u0316" * MOST_MARKS) == "a" + "\u0316" * MOST_MARKS
    # And more than those are not kept
    assert normalised("NFC", "a" + "\u0316" * (MOST_MARKS + 1) + "b") == "a" + "\u0316" * MOST_MARKS + "b"
