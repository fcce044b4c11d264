"""The marker parser: exact under any cut, no marker shown, a stated recovery for every fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.markers import (
    LONGEST_PREAMBLE,
    MARKERS,
    WORDS,
    MarkerParser,
    Piece,
    SectionEnded,
    SectionStarted,
    TextDelta,
)

ALL = (1, 2, 3, 4)

BREAKS = ("\n", "\n", "\n", "\r", "\r\n", "\u2028", " ", "\u3000", "\ufeff", "\u200b")
SIGNS = (".", ":", "*", "**", "#", "[", "]", "“", '"', "- ", "(")
LETTERS = ("출", "저", "코", "는", "a", "7", "x" * (LONGEST_PREAMBLE + 50))
MARKER_LINES = [
    *("냑\n", "냑", "냑 ", "  냑  \n", "\t냑\n", "\u3000냑\n", "\ufeff냑\r\n"),
    *(
        "냑.\n",
        "냑:",
        "냑: ",
        "**냑**\n",
        "# 냑\n",
        "### 냑.\n",
        "[냑]\n",
        "「 냑 」\n",
        '"냑"\n',
        "2. 냑\n",
        "> **냑**\n",
    ),
    *("냑\n냑\n", "냑 냑\n", "냑냑"),
]

alphabet = st.sampled_from([*MARKERS, *MARKERS, *BREAKS, *SIGNS, *LETTERS])
noisy = st.lists(alphabet, max_size=60).map("".join)
words = st.sampled_from(
    ["갹출은", "갹금을", "코냑", "코냑을", "삼먁삼보리", "저는", "[회사명]", "도전", "2024년", "A/B"]
)
lines = st.lists(words, min_size=1, max_size=6).map(" ".join)
texts = st.lists(lines, min_size=1, max_size=4).map("\n".join)
expected_items = st.sets(st.sampled_from(ALL), min_size=1).map(lambda numbers: tuple(sorted(numbers)))


def cut(draw: st.DrawFn, stream: str) -> list[str]:
    places = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=30)))
    return [stream[start:end] for start, end in zip([0, *places], [*places, len(stream)], strict=True)]


def read(chunks: Iterable[str], expected: Sequence[int] = ALL) -> tuple[list[Piece], MarkerParser]:
    parser = MarkerParser(expected)
    pieces = [piece for chunk in chunks for piece in parser.feed(chunk)]
    return pieces + parser.finish(), parser


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """The same pieces with neighbouring deltas made one."""
    result: list[Piece] = []
    for piece in pieces:
        last = result[-1] if result else None
        if isinstance(piece, TextDelta) and isinstance(last, TextDelta):
            assert piece.number == last.number
            result[-1] = TextDelta(last.number, last.text + piece.text)
        else:
            result.append(piece)
    return result


def items(stream: str, expected: Sequence[int] = ALL) -> dict[int, str]:
    pieces, _ = read([stream], expected)
    return {piece.number: piece.text for piece in joined(pieces) if isinstance(piece, TextDelta)}


def letter(texts_by_number: dict[int, str]) -> str:
    return "\n\n".join(f"{MARKERS[number - 1]}\n{text}" for number, text in texts_by_number.items())


class TestEveryStream:
    @settings(max_examples=400, deadline=None)
    @given(st.data(), noisy, expected_items)
    def test_the_cut_makes_no_difference(self, data, stream, expected):
        # Given any text, cut anywhere
        chunks = data.draw(st.composite(cut)(stream))
        # When it is read in pieces, character by character and at once
        in_pieces, parser = read(chunks, expected)
        by_character, _ = read(stream, expected)
        at_once, whole_parser = read([stream], expected)
        # Then all three say the same
        assert joined(in_pieces) == joined(by_character) == joined(at_once)
        assert parser.missing == whole_parser.missing

    @settings(max_examples=400, deadline=None)
    @given(noisy, expected_items)
    def test_no_marker_is_shown_and_the_pieces_are_well_formed(self, stream, expected):
        # When any text is read character by character
        pieces, parser = read(stream, expected)
        # Then each item that has text starts, gets text without outer spaces, and ends, in rising order
        whole = joined(pieces)
        numbers = [piece.number for piece in whole if isinstance(piece, SectionStarted)]
        assert numbers == sorted(set(numbers) & set(expected))
        assert parser.missing == tuple(number for number in expected if number not in numbers)
        for place, number in enumerate(numbers):
            started, delta, ended = whole[3 * place : 3 * place + 3]
            assert (started, ended) == (SectionStarted(number), SectionEnded(number))
            assert isinstance(delta, TextDelta)
            assert delta.text
            assert delta.text == delta.text.strip()
            # And no marker stands alone or at the head of a line
            assert not re.search(r"(?<![^\W_])[갹냑댝먁](?![^\W_])", delta.text)
            for line in delta.text.split("\n"):
                assert line.strip()[:1] not in MARKERS or line.strip()[:2] in WORDS
        assert len(whole) == 3 * len(numbers)

    @settings(max_examples=200, deadline=None)
    @given(st.data(), st.lists(texts, min_size=4, max_size=4), expected_items)
    def test_a_well_made_letter_comes_back_to_the_letter(self, data, four, expected):
        # Given items whose words hold the syllables
        written = {number: four[number - 1] for number in expected}
        # When their letter is streamed
        pieces, parser = read(data.draw(st.composite(cut)(letter(written))), expected)
        # Then every item has exactly its text
        assert {piece.number: piece.text for piece in joined(pieces) if isinstance(piece, TextDelta)} == written
        assert parser.missing == ()

    @settings(max_examples=100, deadline=None)
    @given(st.lists(texts, min_size=4, max_size=4), st.sets(st.sampled_from(ALL[1:])))
    def test_a_lost_marker_costs_its_own_item_only(self, four, lost):
        # Given a letter without some of the later markers
        whole = letter(dict(zip(ALL, four, strict=True)))
        for number in lost:
            whole = whole.replace(f"\n\n{MARKERS[number - 1]}\n", "\n\n")
        # When it is read
        pieces, parser = read(whole)
        # Then those items are missing, their text stands with the item before, and nothing else moved
        assert parser.missing == tuple(sorted(lost))
        kept = {piece.number: piece.text for piece in joined(pieces) if isinstance(piece, TextDelta)}
        assert "\n\n".join(kept[number] for number in sorted(kept)) == "\n\n".join(four)


class TestLatency:
    def test_text_is_passed_on_at_once(self):
        # Given an item that has begun
        parser = MarkerParser()
        assert parser.feed("갹\n") == []
        # When text comes, then it goes out with the same call; spaces wait for what follows
        assert parser.feed("저는") == [SectionStarted(1), TextDelta(1, "저는")]
        assert parser.feed(" \n") == []
        assert parser.feed("도전") == [TextDelta(1, " \n도전")]
        # And a marker waits for one character only
        assert parser.feed("\n냑") == []
        assert parser.feed("\n") == [SectionEnded(1)]
        assert parser.feed("성") == [SectionStarted(2), TextDelta(2, "성")]


class TestMarkerLines:
    @pytest.mark.parametrize("marker_line", MARKER_LINES)
    def test_spellings_of_a_marker_line(self, marker_line):
        assert items(f"갹\n하나\n{marker_line}둘") == {1: "하나", 2: "둘"}

    @pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028"])
    def test_line_breaks_become_newlines(self, line_break):
        assert items(line_break.join(["갹", "하나", "둘", "냑", "셋", ""])) == {1: "하나\n둘", 2: "셋"}

    def test_text_on_the_markers_line_keeps_its_own_signs(self):
        assert items("갹 [회사명]에\n2. 냑 2024년[학교]에서\n댝 -5도\n먁 **굵게**") == {
            1: "[회사명]에",
            2: "2024년[학교]에서",
            3: "-5도",
            4: "**굵게**",
        }

    @pytest.mark.parametrize(
        "word", ["갹출은 했다", "갹금이다", '"갹출"이란', "- 갹출", "코냑을", "코냑", "삼먁삼보리"]
    )
    def test_words_that_hold_the_syllables_stay(self, word):
        assert items(f"갹\n{word}\n{word}\n냑\n{word} {word}") == {1: f"{word}\n{word}", 2: f"{word} {word}"}


class TestRecovery:
    def test_a_short_preamble_is_dropped(self):
        assert items("네, 자기소개서입니다.\n\n---\n갹\n하나") == {1: "하나"}

    def test_a_short_answer_without_markers_is_no_letter(self):
        pieces, parser = read(["죄송하지만 쓸 수 없습니다."])
        assert pieces == []
        assert parser.missing == ALL

    def test_long_text_without_the_first_marker_is_the_first_item(self):
        text = "가" * (LONGEST_PREAMBLE + 1)
        assert items(f"{text}\n먁\n둘", (3, 4)) == {3: text, 4: "둘"}

    def test_a_doubled_marker_is_left_out(self):
        assert items("갹\n갹\n하나\n갹\n둘\n냑\n셋") == {1: "하나\n\n둘", 2: "셋"}

    def test_what_follows_an_earlier_marker_is_dropped(self):
        # Given item 2 after item 3
        pieces, parser = read(["갹\n하나\n댝\n셋\n냑\n둘\n먁\n넷"])
        # Then items 1, 3 and 4 are whole and item 2 is to be written again
        assert [piece for piece in joined(pieces) if isinstance(piece, TextDelta)] == [
            TextDelta(1, "하나"),
            TextDelta(3, "셋"),
            TextDelta(4, "넷"),
        ]
        assert parser.missing == (2,)

    def test_items_not_asked_for_are_dropped(self):
        assert items("갹\n하나\n냑\n둘\n댝\n셋\n먁\n넷", (3,)) == {3: "셋"}

    def test_a_list_of_markers_before_the_letter_does_no_harm(self):
        assert items("갹\n냑\n댝\n먁\n\n갹\n하나\n냑\n둘") == {1: "하나", 2: "둘"}

    def test_a_marker_without_text_leaves_its_item_missing(self):
        pieces, parser = read(["갹\n하나\n냑\n\n댝\n셋\n먁"])
        assert [piece.number for piece in pieces if isinstance(piece, SectionStarted)] == [1, 3]
        assert parser.missing == (2, 4)

    def test_a_marker_in_the_middle_of_a_line_is_left_out_and_begins_nothing(self):
        assert items("갹\n하나 냑 둘\n끝. 댝\n(먁)") == {1: "하나 둘\n끝."}

    def test_without_items_asked_for_nothing_comes(self):
        assert items("갹\n하나\n" + "가" * 2 * LONGEST_PREAMBLE, ()) == {}

    @pytest.mark.parametrize("expected", [(0,), (5,), (2, 1), (1, 1)])
    def test_other_items_are_refused(self, expected):
        with pytest.raises(ValueError, match="items"):
            MarkerParser(expected)
