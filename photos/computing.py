"""How many pictures a process computes on at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_cores = threading.BoundedSemaphore(os.cpu_count() or 1)


@contextmanager
def computing() -> Iterator[None]:
    """A turn at a processor, for work on whole pictures. Nothing is waited for inside.

    A worker that waits for providers has many threads. Were all that were answered to compute at once, each would take
    as long as all together, a paid picture would lie unstored meanwhile, and heartbeats would come late.
    """
    with _cores:
        yield
