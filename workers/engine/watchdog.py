"""Ends a worker process in which nothing gets on: C code that keeps the interpreter stops every thread with it.

Such a process renews no lease, so others take its steps over; but it takes no new ones, and nobody starts it again
while it lives. Once it has ended, its supervisor does, and the step that held it counts a crash: a step that does so
`most_crashes` times is given up.
"""

from __future__ import annotations

import faulthandler
import sys
import threading
import time

from workers.engine.configuration import engine


def start() -> None:
    """Watch this process for as long as it lives."""
    threading.Thread(target=_put_off, name="watchdog", daemon=True).start()


def _put_off() -> None:
    """Put the end off by a lease, every tick: who could renew nothing for a lease's time has lost all its steps.

    The timer is a thread of C, which needs no interpreter. It writes the stack of every thread, names of functions
    without any values, to standard error and ends the process with status 1, as SIGKILL would: the rows are the truth.
    """
    # Celery leads `sys.stderr` into its log, which needs the interpreter.
    output = sys.__stderr__ or sys.stderr
    while True:
        faulthandler.dump_traceback_later(engine().lease.total_seconds(), exit=True, file=output)
        time.sleep(engine().tick.total_seconds())
