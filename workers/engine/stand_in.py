"""Tells those who watch how their work stands while no worker process does so: all of them may be frozen or gone."""

from __future__ import annotations

from workers.engine.ticker import tell_watchers
from workers.events import log

LOOK_SECONDS = 1.0
UNHEARD_LOOKS = 3
"""A living worker leaves no gap longer than one tick, so this many looks in a row without news mean that none tells."""


class StandIn:
    """Of a process that is no worker. Any number may look: one of them tells, as among workers."""

    def __init__(self) -> None:
        self._unheard = 0

    def look(self) -> None:
        """To be called every `LOOK_SECONDS`. Raises redis.RedisError, and whatever the database raises."""
        self._unheard = 0 if log.is_told() else self._unheard + 1
        if self._unheard >= UNHEARD_LOOKS:
            tell_watchers()
