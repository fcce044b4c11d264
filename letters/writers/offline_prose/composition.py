"""An item from slots: which frames are taken, and how many, so that the text keeps its length."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random

FEWEST, MOST = 760, 940
"""Characters of an item: well inside the promised 700–1,000."""

GOALS = 770, 860
"""Optional sentences are added until the text is as long as a number drawn from here."""

CHOICE = re.compile(r"<([^<>]*)>")
PLACE = re.compile(r"\{(\w+)")
CAPS = {"company": 4, "position": 3, "industry": 3, "keyword": 4, "value": 2, "beneficiary": 2, "strength": 2}
"""How often a word may stand in an item before frames without it are preferred."""
SAME_ENDING = 2
"""How many sentences may end in the same word before frames with another ending are preferred."""


class TooLong(Exception):
    """The required sentences alone are longer than an item may be."""


class Exhausted(Exception):
    """A frame wants one more phrase than the bank has."""


@dataclass(frozen=True)
class Slot:
    """A place for one frame. A `wanted` slot is left out only if there is no room for it.

    `values` are the words that only this slot knows.
    """

    frames: Sequence[str]
    required: bool = False
    wanted: bool = False
    values: Mapping[str, object] = field(default_factory=dict)


class Pool:
    """Phrases that are each used once: every `{name:form}` in a frame takes the next."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._phrases = list(phrases)
        self._next = 0

    def __format__(self, form: str) -> str:
        if self._next == len(self._phrases):
            raise Exhausted
        self._next += 1
        return format(self._phrases[self._next - 1], form)

    @property
    def used(self) -> int:
        return self._next

    def give_back(self, used: int) -> None:
        self._next = used


def random_for(*parts: object) -> Random:
    """The same choices for the same parts, on every machine."""
    return Random(int.from_bytes(sha256("\x1f".join(map(str, parts)).encode()).digest()[:8], "big"))


def compose(paragraphs: Sequence[Sequence[Slot]], words: Mapping[str, object], random: Random) -> str:
    """The item's text, `FEWEST` to `MOST` characters if the optional slots suffice.

    Raises TooLong if the required slots alone exceed `MOST`.
    """
    return _Composition(paragraphs, words, random).text()


class _Composition:
    def __init__(self, paragraphs: Sequence[Sequence[Slot]], words: Mapping[str, object], random: Random) -> None:
        self._slots = [(place, slot) for place, paragraph in enumerate(paragraphs) for slot in paragraph]
        self._words = words
        self._random = random
        self._sentences: dict[int, str] = {}
        self._uses: Counter[str] = Counter()
        self._endings: Counter[str] = Counter()
        self._taken: set[str] = set()

    def text(self) -> str:
        required = [index for index, (_, slot) in enumerate(self._slots) if slot.required]
        wanted = [index for index, (_, slot) in enumerate(self._slots) if slot.wanted]
        for index in required:
            self._add(index, MOST)
        if len(self._sentences) < len(required):
            raise TooLong
        for index in wanted:
            self._add(index, MOST)
        optional = [index for index in range(len(self._slots)) if index not in (*required, *wanted)]
        self._random.shuffle(optional)
        goal = self._random.randint(*GOALS)
        for index in optional:
            if len(self._joined()) >= goal:
                break
            self._add(index, MOST)
        return self._joined()

    def _add(self, index: int, most: int) -> None:
        """Set the first frame that fits, in the order of preference."""
        slot = self._slots[index][1]
        for frame in self._by_preference(slot.frames):
            sentence = self._rendered(frame, slot, index, most)
            if sentence is not None:
                self._sentences[index] = sentence
                self._uses.update(PLACE.findall(frame))
                self._endings[_ending(frame)] += 1
                self._taken.add(frame)
                return

    def _by_preference(self, frames: Sequence[str]) -> list[str]:
        shuffled = [frame for frame in frames if frame not in self._taken]
        self._random.shuffle(shuffled)
        return sorted(shuffled, key=self._repetition)

    def _repetition(self, frame: str) -> int:
        worn = sum(self._uses[name] >= CAPS.get(name, MOST) for name in set(PLACE.findall(frame)))
        return worn + (self._endings[_ending(frame)] >= SAME_ENDING)

    def _rendered(self, frame: str, slot: Slot, index: int, most: int) -> str | None:
        chosen = CHOICE.sub(lambda match: self._random.choice(match.group(1).split("|")), frame)
        values = {**self._words, **slot.values}
        pools = [(pool, pool.used) for pool in values.values() if isinstance(pool, Pool)]
        try:
            sentence = chosen.format(**values)
        except Exhausted:
            sentence = None
        if sentence is not None and len(self._joined({index: sentence})) <= most:
            return sentence
        for pool, used in pools:
            pool.give_back(used)
        return None

    def _joined(self, more: Mapping[int, str] | None = None) -> str:
        sentences = {**self._sentences, **(more or {})}
        paragraphs: dict[int, list[str]] = {}
        for index in sorted(sentences):
            paragraphs.setdefault(self._slots[index][0], []).append(sentences[index])
        return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs.values())


def _ending(frame: str) -> str:
    return frame.rstrip(".?").rsplit(" ", 1)[-1]
