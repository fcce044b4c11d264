"""Letters without a model or a network: composed from frames, streamed at a readable pace."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from itertools import count

from django.conf import settings

from letters.brief import Brief
from letters.markers import MARKERS
from letters.writers.offline_prose import compose_item

SECONDS_PER_CHUNK = 0.05
"""As often as the text is published: `letters.streaming.EVENTS_EVERY`."""

UNPACED = float("inf")


class OfflineWriter:
    """Streams composed prose. Weakness: it only combines frames, so its variety is limited."""

    name = "offline"
    model = "offline-1"

    def __init__(
        self,
        characters_per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`characters_per_second` None takes the setting; `UNPACED` does not wait.

        Raises ValueError for a pace that is not above zero.
        """
        pace = settings.OFFLINE_WRITER_CHARACTERS_PER_SECOND if characters_per_second is None else characters_per_second
        if not pace > 0:
            raise ValueError(f"{pace} characters per second")
        self._pace = pace
        self._clock = clock
        self._sleep = sleep

    def write(self, brief: Brief, numbers: Sequence[int], seed: int = 0) -> Generator[str, None, None]:
        """Each item's text depends on the brief, its number and the seed only."""
        text = "".join(f"{MARKERS[number - 1]}\n{compose_item(brief, number, seed)}\n" for number in numbers)
        yield from self._paced(text)

    def _paced(self, text: str) -> Generator[str, None, None]:
        """Chunk n is due n × `SECONDS_PER_CHUNK` after the first, which comes at once. So delays do not add up."""
        if self._pace == UNPACED:
            yield text
            return
        started = self._clock()
        sent = 0
        for chunk in count():
            due = started + chunk * SECONDS_PER_CHUNK
            wait = due - self._clock()
            if wait > 0:
                self._sleep(wait)
            end = max(1, int((chunk + 1) * SECONDS_PER_CHUNK * self._pace))
            if end > sent:
                yield text[sent:end]
                sent = end
            if sent >= len(text):
                return
