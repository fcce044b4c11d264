"""Ends a worker process in which no Python thread can run, because C code does not release the interpreter lock.

Such a process renews no lease, so other workers recover its steps. But it does no new work, and its supervisor does not
restart it while it lives. After the watchdog has ended it, the supervisor starts it again. The step that blocked it
counts a crash; after `most_crashes` of them it is given up.
"""

from __future__ import annotations

import faulthandler
import sys
import threading
import time

from workers.engine.configuration import engine


def start() -> None:
    """Watch this process for as long as it lives."""
    threading.Thread(target=_rearm, name="watchdog", daemon=True).start()


def _rearm() -> None:
    """Every tick, set the timer again to one lease. A process that misses that has lost the leases of all its steps.

    The timer is a C thread that needs no interpreter lock. It writes the stacks of all threads to standard error, as
    names of functions without values. Then it ends the process at once with status 1. No work is lost: it is in rows.
    """
    # Celery redirects `sys.stderr` to its log, which needs the interpreter lock.
    output = sys.__stderr__ or sys.stderr
    while True:
        faulthandler.dump_traceback_later(engine().lease.total_seconds(), exit=True, file=output)
        time.sleep(engine().tick.total_seconds())
