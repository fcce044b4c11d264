"""Text in one spelling, at a cost that grows with its length alone."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Literal

MOST_MARKS = 30
"""Combining marks behind one character. More occur in no language: Stream-Safe Text Format, UAX #15, section 13."""


def normalised(form: Literal["NFC", "NFKC"], text: str) -> str:
    """As `unicodedata.normalize`, without the marks beyond `MOST_MARKS` behind one character.

    Marks in a row are sorted in quadratic time: 100,000 of them hold a process for 16 seconds.
    """
    if text.isascii():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if _is_mark(character) else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return unicodedata.normalize(form, "".join(kept))


@lru_cache(maxsize=4096)
def _is_mark(character: str) -> bool:
    """Also of what becomes one only when it is taken apart: U+0F73, the half-width U+FF9E."""
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) != 0
