"""Letters without a model: composed from written sentences, streamed at a readable pace. Needs no network."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from itertools import count

from django.conf import settings

from letters.brief import Brief
from letters.markers import MARKERS
from letters.writers.offline_prose import compose_item

SECONDS_PER_CHUNK = 0.05
"""As often as the letter's page is written to anyway."""

UNPACED = float("inf")


class OfflineWriter:
    """Streams composed prose. Weakness: it arranges written sentences, so its variety has an end."""

    name = "offline"
    model = "offline-1"

    def __init__(
        self,
        characters_per_second: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`characters_per_second` as the settings say if None; `UNPACED` does not wait.

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
        """The first chunk at once; chunk n is due n × `SECONDS_PER_CHUNK` after it, so that delays do not add up."""
        if self._pace == UNPACED:
            yield text
            return
        started = self._clock()
        sent = 0
        for place in count():
            due = started + place * SECONDS_PER_CHUNK
            wait = due - self._clock()
            if wait > 0:
                self._sleep(wait)
            end = max(1, int((place + 1) * SECONDS_PER_CHUNK * self._pace))
            if end > sent:
                yield text[sent:end]
                sent = end
            if sent >= len(text):
                return
