"""Limits how many pictures a process computes on at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_cores = threading.BoundedSemaphore(os.cpu_count() or 1)


@contextmanager
def computing() -> Iterator[None]:
    """Hold a core for work on whole pictures. A process runs one such block per core. It must not wait.

    A worker that waits for providers has many threads. If all computed at once, each would take as long as all of them
    together. Meanwhile paid pictures would not be stored, and heartbeats would be late.
    """
    with _cores:
        yield
