"""What did not answer is left alone for a while."""

from __future__ import annotations

import time


class Away:
    """Until when something counts as away, for this process; by the monotonic clock."""

    def __init__(self) -> None:
        self._until = float("-inf")

    def __bool__(self) -> bool:
        return time.monotonic() < self._until

    def leave_alone(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def is_back(self) -> None:
        self._until = float("-inf")
