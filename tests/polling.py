"""Waiting for what no event tells."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(what: Callable[[], bool], seconds: float, every: float = 0.1) -> None:
    """Rows, logs and pages."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "not seen in time"
        time.sleep(every)
