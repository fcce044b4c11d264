"""The shapes of a letter's data where it is stored as JSON or sent as an event."""

from __future__ import annotations

from typing import TypedDict


class FindingJson(TypedDict):
    """What a check found in a section. The API calls it a problem."""

    check: str
    """A stable name: see the table in `letters.checks`."""
    detail: str
    """What and where, a sentence in the letter's language."""


class StoredSection(TypedDict):
    """A section as the letter's row holds it."""

    number: int
    """1 to 4."""
    text: str
    complete: bool
    """Whether it was written to its end. A retry writes only the others."""
    fence: int
    """Of the claim that wrote the text; 0 where no claim of this version did."""
    problems: list[FindingJson]


class TextEvent(TypedDict):
    """What every event about a section's text holds. The stream removes `fence` before a client sees the event."""

    version: int
    section: int
    fence: int


class SectionEvent(TextEvent):
    """The section has its first text."""

    title: str


class DeltaEvent(TextEvent):
    """A piece of the section's text."""

    text: str
    offset: int
    """Characters of the section before this piece. The stream removes it before a client sees the event."""


class ResetEvent(TextEvent):
    """The section's text is empty again."""

    reason: str
