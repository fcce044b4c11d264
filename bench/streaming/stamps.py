"""The moment when a piece of text was sent, inside the text itself: any reader can tell how old it is."""

from __future__ import annotations

import time

HEAD = "글"
"""No marker, and three bytes long like all Hangul."""
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LENGTH = 5
"""Characters of a stamp: about what one frame of Claude's holds."""


def now(origin: float) -> int:
    """Milliseconds since the origin, a `time.time()` that the bench's processes share."""
    return int((time.time() - origin) * 1000)


def stamp(milliseconds: int) -> str:
    """Good for 28 minutes, which is what four digits to the base 36 hold."""
    text = ""
    for _ in range(LENGTH - 1):
        milliseconds, digit = divmod(milliseconds, 36)
        text = DIGITS[digit] + text
    return HEAD + text


def stamps(text: str) -> list[int]:
    """The milliseconds of all stamps in a text that holds nothing else."""
    return [int(digits, 36) for digits in text.split(HEAD) if digits]
