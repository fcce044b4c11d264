"""Unicode normalisation in time linear in the length of the text."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Literal

MOST_MARKS = 30
"""Combining marks after one character. No language has more: Stream-Safe Text Format, UAX #15, section 13."""


def normalised(form: Literal["NFC", "NFKC"], text: str) -> str:
    """As `unicodedata.normalize`, but of the combining marks after one character only the first `MOST_MARKS` are kept.

    `unicodedata` sorts them in quadratic time: 100,000 of them would take 16 seconds.
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
    """Whether it is a combining mark, or decomposes into one, as U+0F73 and the half-width U+FF9E do."""
    return unicodedata.combining(unicodedata.normalize("NFKD", character)[0]) != 0
