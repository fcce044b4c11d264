"""The offline writer's prose: data files in `texts/`, one folder a language, that an editor changes without Python.

Read once, when the first letter of a process is written.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from letters.brief import Language

FOLDER = Path(__file__).parent / "texts"
ITEM_FILES = {1: "1-motivation", 2: "2-background", 3: "3-project", 4: "4-character"}

Frames = Mapping[str, tuple[str, ...]]
"""Variants of a sentence, by what it says."""


@dataclass(frozen=True)
class Remedies:
    """What a person may do about a weakness."""

    for_weakness: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]
    """Phrases by the words that name the weakness."""
    for_any: tuple[str, ...]


@dataclass(frozen=True)
class Keywords:
    """What companies' values mean at work."""

    acts: Mapping[str, tuple[str, ...]]
    """Verb phrases by keyword."""
    groups: Mapping[str, str]
    """The name of each keyword's group."""
    hints: tuple[tuple[str, str], ...]
    """A word in a value's name, and the keyword that it means."""
    generic: tuple[str, ...]
    """Verb phrases that fit any value."""
    displayed: Mapping[str, str]
    """How a keyword is written in a sentence, where that differs."""
    whole_words: bool
    """Whether a keyword must begin a word of a value's name (English), or may stand within one (Korean)."""

    def named_in(self, value: str) -> str | None:
        """The keyword that the name of a company's value is about: the first in it, of several the longest."""
        text = value.lower()
        places = ((self._find(keyword, text), -len(keyword), keyword) for keyword in self.acts)
        found = [place for place in places if place[0] >= 0]
        if found:
            return min(found)[2]
        return next((keyword for word, keyword in self.hints if word in text), None)

    def acts_of(self, keyword: str) -> tuple[str, ...]:
        """Verb phrases for a keyword or a value's name; empty for one that the files do not know."""
        return self.acts.get(keyword.lower()) or self.acts.get(self.named_in(keyword) or "", ())

    def group_of(self, keyword: str) -> str:
        """The group whose acts fit; "" for a keyword that the files do not know."""
        return self.groups.get(keyword.lower()) or self.groups.get(self.named_in(keyword) or "", "")

    def _find(self, keyword: str, text: str) -> int:
        if not self.whole_words:
            return text.find(keyword)
        match = re.search(rf"\b{re.escape(keyword)}", text)
        return match.start() if match else -1


@dataclass(frozen=True)
class Beneficiaries:
    """Whom the work of an industry reaches in the end: an interpretation, not a fact about any company."""

    by_industry: tuple[tuple[str, tuple[str, ...]], ...]
    any: tuple[str, ...]

    def one_of(self, industry: str, random: Random) -> str:
        """A noun phrase. The part of the industry's name that stands first in it counts."""
        name = industry.lower()
        found = [(name.index(part.lower()), people) for part, people in self.by_industry if part.lower() in name]
        return random.choice(min(found, key=lambda each: each[0])[1] if found else self.any)


@cache
def frames(language: Language) -> dict[int, Frames]:
    """By item."""
    return {number: _lists(_read(language, name)["frames"]) for number, name in ITEM_FILES.items()}


@cache
def remedies(language: Language) -> Remedies:
    data = _read(language, ITEM_FILES[4])["remedies"]
    return Remedies(
        for_weakness=tuple(
            (re.compile(each["weakness"], re.IGNORECASE), tuple(each["phrases"])) for each in data["for"]
        ),
        for_any=tuple(data["for_any"]),
    )


@cache
def keywords(language: Language) -> Keywords:
    data = _read(language, "keywords")
    return Keywords(
        acts={keyword: tuple(group["acts"]) for group in data["groups"] for keyword in group["keywords"]},
        groups={keyword: group["name"] for group in data["groups"] for keyword in group["keywords"]},
        hints=tuple((hint["word"], hint["keyword"]) for hint in data["hints"]),
        generic=tuple(data["generic"]),
        displayed=data["displayed"],
        whole_words=language == "en",
    )


@cache
def beneficiaries(language: Language) -> Beneficiaries:
    data = _read(language, "beneficiaries")
    return Beneficiaries(
        by_industry=tuple((each["named"], tuple(each["people"])) for each in data["industries"]),
        any=tuple(data["any"]),
    )


@cache
def _read(language: Language, name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / language / f"{name}.toml").read_text(encoding="utf-8"))


def _lists(table: Mapping[str, list[str]]) -> Frames:
    return {name: tuple(variants) for name, variants in table.items()}
