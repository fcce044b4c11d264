"""After a failure, do not ask a service again for a while."""

from __future__ import annotations

import time


class Away:
    """Until when this process treats a service as unreachable, by the monotonic clock. True while that lasts."""

    def __init__(self) -> None:
        self._until = float("-inf")

    def __bool__(self) -> bool:
        return time.monotonic() < self._until

    def leave_alone(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def is_back(self) -> None:
        self._until = float("-inf")
