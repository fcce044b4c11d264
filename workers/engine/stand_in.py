"""Reports progress to readers while no worker process does, because all of them are frozen or gone."""

from __future__ import annotations

from workers.engine.ticker import report_progress
from workers.events import log

LOOK_SECONDS = 1.0
SILENT_LOOKS = 3
"""A living worker reports once in each tick. After this many checks in a row without a report, no worker does."""


class StandIn:
    """Runs in processes that are no workers. Several may run at once: one of them reports at a time."""

    def __init__(self) -> None:
        self._silent_looks = 0

    def look(self) -> None:
        """Call it every `LOOK_SECONDS`. Raises redis.RedisError, and whatever the database raises."""
        self._silent_looks = 0 if log.is_reported() else self._silent_looks + 1
        if self._silent_looks >= SILENT_LOOKS:
            report_progress()
