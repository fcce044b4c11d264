"""Three ways to count a quota. AWS does not publish its way, so the limiter must work with each of them."""

from __future__ import annotations

from collections import deque
from typing import Any, Protocol


class Quota(Protocol):
    def admit(self, now: float) -> bool:
        """Whether a call at this second is within the quota. If so, it is counted."""
        ...


class TokenBucket:
    """Refills evenly, up to `burst` calls."""

    def __init__(self, limit: int, window: float, burst: float | None = None) -> None:
        self._rate = limit / window
        self._burst = burst if burst is not None else max(1.0, self._rate)
        self._tokens = self._burst
        self._at: float | None = None

    def admit(self, now: float) -> bool:
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class FixedWindow:
    """Counts from zero when the clock begins a new window."""

    def __init__(self, limit: int, window: float) -> None:
        self._limit, self._window = limit, window
        self._current, self._count = -1, 0

    def admit(self, now: float) -> bool:
        current = int(now // self._window)
        if current != self._current:
            self._current, self._count = current, 0
        if self._count >= self._limit:
            return False
        self._count += 1
        return True


class SlidingWindow:
    """Counts the calls that were admitted within the last `window` seconds."""

    def __init__(self, limit: int, window: float) -> None:
        self._limit, self._window = limit, window
        self._admitted: deque[float] = deque()

    def admit(self, now: float) -> bool:
        while self._admitted and self._admitted[0] <= now - self._window:
            self._admitted.popleft()
        if len(self._admitted) >= self._limit:
            return False
        self._admitted.append(now)
        return True


KINDS = {"bucket": TokenBucket, "fixed": FixedWindow, "sliding": SlidingWindow}


def quota(kind: str, limit: int, window: float = 60.0, **more: Any) -> Quota:
    made: Quota = KINDS[kind](limit, window, **more)
    return made
