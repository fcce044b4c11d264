"""Providers of text, one module each. `settings.LETTER_BACKEND` chooses one."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Protocol

from letters.brief import Brief


class Writer(Protocol):
    name: str
    """The provider's name in attempt rows and metrics."""
    model: str

    def write(self, brief: Brief, numbers: Sequence[int], seed: int = 0) -> Generator[str, None, None]:
        """Stream these items as text with markers (see `letters.markers`), in rising order.

        Chunks may be cut anywhere. Another `seed` gives another wording. Raises the engine's error classes, also in the
        middle of the stream.
        """
        ...
