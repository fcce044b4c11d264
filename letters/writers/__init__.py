"""One module per provider of text; `settings.LETTER_BACKEND` chooses as Django chooses a cache."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Protocol

from letters.brief import Brief


class Writer(Protocol):
    name: str
    """The provider's name in attempt rows and metrics."""
    model: str

    def write(self, brief: Brief, numbers: Sequence[int], seed: int = 0) -> Generator[str, None, None]:
        """Stream the asked-for items as text with markers (see `letters.markers`), in rising order.

        Chunks are cut anywhere. `seed` varies the wording (an item written anew). Raises the engine's
        error classes, also in mid-stream.
        """
        ...
