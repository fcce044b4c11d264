"""Splits a streamed letter into its items.

Writers put a marker on a line of its own before each item: 갹 냑 댝 먁 for items 1 to 4. The syllables also occur
inside rare words (갹출, 코냑), so their position decides:

- **At the beginning of a line** (after spaces, list signs, numbering, quotes, Markdown) the syllable is a marker, also
  when text follows on the same line (`갹 저는`, `갹: 저는`, `갹저는`), unless it begins one of `WORDS`.
  Closing decoration that touches it is removed with it, and so is another marker after it on the line.
- **Elsewhere** it is text when a letter or digit touches it. Otherwise it is removed: a marker is never shown.

A marker begins its item when the item was asked for and its number is higher than that of every item with text.

| what goes wrong | recovery |
|---|---|
| missing, in the middle | the text stays with the item before it; the item without a marker is `missing` |
| missing, before the first item | after `LONGEST_PREAMBLE` characters the text counts as the first item's |
| text before the first marker, shorter than that | dropped, as are answers without any marker |
| repeated | the second is removed and the text goes on |
| of an earlier item, or one not asked for | the item before ends; text up to the next valid marker is dropped |
| followed by another marker without text | the item has no text: `missing`, and its marker may still come |
| in the middle of a line | removed; it begins no item |

The caller has the `missing` items written again.

Weaknesses: a first marker followed without a space by text that looks like one of `WORDS` (`갹금융권`) is read as that
word. A marker joined to the word before it (`했습니다냑`) stays. An item title that the writer repeats after the marker
is text. A preamble longer than the limit becomes the beginning of the first item. Decomposed Hangul is not recognised.
Tests check that the result does not depend on how the stream is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

MARKERS = ("갹", "냑", "댝", "먁")
"""The marker of item n is `MARKERS[n - 1]`."""

WORDS = frozenset({"갹출", "갹금", "갹음"})
"""The beginnings of words that begin with a marker syllable. None is known for the other three."""

LONGEST_PREAMBLE = 200
"""Characters. A writer's "here is the letter" is shorter; an item (700–1,000 characters) is longer."""

LONGEST_DECORATION = 12
"""Characters without spaces. Longer decoration at the beginning of a line is text."""

PAIRS = {
    "[": "]",
    "(": ")",
    "{": "}",
    "<": ">",
    "「": "」",
    "『": "』",
    "【": "】",
    "《": "》",
    "〈": "〉",
    "“": "”",
    "‘": "’",
}
DECORATION = frozenset([*"#*_~`>-–—=•·|+.:\"'0123456789", *PAIRS, *PAIRS.values()])
SEPARATORS = frozenset([*".,:;!-–—", *PAIRS.values()])
"""What may follow a marker directly. An opening bracket is not among them, since a `[blank]` may begin an item."""

LINE_BREAKS = frozenset("\n\r\v\f\x85\u2028\u2029")
INVISIBLE = frozenset("\ufeff\u200b\u2060")
"""Byte order mark, zero-width space, word joiner. They are dropped everywhere."""


@dataclass(frozen=True)
class SectionStarted:
    """An item has its first text. Comes once for each item."""

    number: int


@dataclass(frozen=True)
class TextDelta:
    """More text of the item that started last. All of an item's deltas joined are its text, without outer spaces."""

    number: int
    text: str


@dataclass(frozen=True)
class SectionEnded:
    """The item will get no more text."""

    number: int


Piece = SectionStarted | TextDelta | SectionEnded


class MarkerParser:
    """Reads one stream, cut anywhere between characters.

    It holds back only what is undecided: decoration at the beginning of a line, a marker syllable until the next
    character, spaces until more text comes, and everything before the first marker. `expected` are the items that were
    asked for, in rising order. When it is empty, all text is dropped. Raises ValueError for other numbers or another
    order.
    """

    def __init__(self, expected: Sequence[int] = (1, 2, 3, 4)) -> None:
        self._expected = tuple(expected)
        if list(self._expected) != sorted(set(self._expected) & {1, 2, 3, 4}):
            raise ValueError(f"items {self._expected}: some of 1 to 4, rising")
        self._pieces: list[Piece] = []
        self._state: Callable[[str], None] = self._line_head
        self._carriage_return = False
        # The part of this line that is undecided.
        self._head = ""
        self._syllable = ""
        self._closing: frozenset[str] = frozenset()
        self._touching = False
        self._before = ""
        # Text goes to the preamble, to the current item, or nowhere.
        self._preamble: str | None = "" if expected else None
        self._current: int | None = None
        self._started: list[int] = []
        self._open = False
        self._spaces = ""

    @property
    def missing(self) -> tuple[int, ...]:
        """The items asked for that have no text so far."""
        return tuple(number for number in self._expected if number not in self._started)

    def feed(self, chunk: str) -> list[Piece]:
        """Read the next part of the stream, of any length. Returns the pieces that are now certain, in order."""
        for character in chunk:
            if character in INVISIBLE or (character == "\n" and self._carriage_return):
                self._carriage_return = False
                continue
            self._carriage_return = character == "\r"
            self._state("\n" if character in LINE_BREAKS else character)
        return self._taken()

    def finish(self) -> list[Piece]:
        """Read the end of the stream. Not to be called for a stream that broke off: its last item is incomplete."""
        if self._state == self._line_head:
            self._text(self._head)
        self._end()
        self._preamble = self._current = None
        return self._taken()

    def _taken(self) -> list[Piece]:
        pieces, self._pieces = self._pieces, []
        return pieces

    # --- states: each is given the next character, line breaks as "\n" ------------------------------------

    def _line_head(self, character: str) -> None:
        """Nothing but decoration on this line so far."""
        if character in MARKERS:
            self._syllable = character
            self._state = self._after_marker
        elif character != "\n" and (character.isspace() or self._still_decoration(character)):
            self._head += character
        else:
            self._plain_line(self._head, character)

    def _still_decoration(self, character: str) -> bool:
        return character in DECORATION and len("".join(self._head.split())) < LONGEST_DECORATION

    def _after_marker(self, character: str) -> None:
        """After a marker syllable at the beginning of a line: the next character decides between marker and word."""
        if self._syllable + character in WORDS:
            self._plain_line(self._head + self._syllable, character)
            return
        self._marker(MARKERS.index(self._syllable) + 1)
        self._closing = frozenset(
            PAIRS.get(each, each) for each in self._head if each in DECORATION - set("0123456789")
        )
        self._touching = True
        self._state = self._marker_tail
        self._marker_tail(character)

    def _marker_tail(self, character: str) -> None:
        """After a marker, on its line: skip what closes its decoration or separates it from text."""
        if character in MARKERS:
            self._syllable = character
            self._state = self._second_marker
        elif character.isspace() and character != "\n":
            self._touching = False
        elif character not in self._closing and not (self._touching and character in SEPARATORS):
            self._plain_line("", character)

    def _second_marker(self, character: str) -> None:
        """After a second marker syllable on the line: it begins a word, or it is removed."""
        if self._syllable + character in WORDS:
            self._plain_line(self._syllable, character)
        else:
            self._touching = True
            self._state = self._marker_tail
            self._marker_tail(character)

    def _plain_line(self, head: str, character: str) -> None:
        self._text(head)
        self._before = head[-1:]
        self._head = ""
        self._state = self._line
        self._line(character)

    def _line(self, character: str) -> None:
        """In the middle of a line of text."""
        if character == "\n":
            self._text(character)
            self._state = self._line_head
        elif character in MARKERS and not self._before.isalnum():
            self._syllable = character
            self._state = self._after_syllable
        else:
            self._text(character)
            self._before = character

    def _after_syllable(self, character: str) -> None:
        """After a marker syllable in the middle of a line: a word if a letter or digit follows, else it is removed."""
        self._state = self._line
        if character.isalnum():
            self._text(self._syllable)
            self._before = self._syllable
        elif character.isspace() and character != "\n":
            # One space is left, the one before the syllable.
            return
        self._line(character)

    # --- where text goes ---------------------------------------------------------------------------------

    def _marker(self, number: int) -> None:
        if number == self._current:
            return
        self._end()
        self._preamble = None
        counts = number in self._expected and number > max(self._started, default=0)
        self._current = number if counts else None

    def _end(self) -> None:
        if self._open and self._current is not None:
            self._pieces.append(SectionEnded(self._current))
        self._open = False
        self._spaces = ""

    def _text(self, text: str) -> None:
        if self._current is not None:
            self._write(self._current, text)
        elif self._preamble is not None:
            self._preamble += text
            # Spaces alone make it no longer: of ever so many of them each would be looked at again and again.
            if text.strip() and len(self._preamble.strip()) > LONGEST_PREAMBLE:
                self._current, text, self._preamble = self._expected[0], self._preamble, None
                self._write(self._current, text)

    def _write(self, number: int, text: str) -> None:
        visible = text.rstrip()
        if not visible:
            self._spaces += text
            return
        if not self._open:
            self._open = True
            self._started.append(number)
            self._pieces.append(SectionStarted(number))
            joined = visible.lstrip()
        else:
            joined = self._spaces + visible
        self._spaces = text[len(visible) :]
        last = self._pieces[-1] if self._pieces else None
        if isinstance(last, TextDelta):
            self._pieces[-1] = TextDelta(number, last.text + joined)
        else:
            self._pieces.append(TextDelta(number, joined))
