"""The thread in every worker process that recovers and admits, once a second."""

from __future__ import annotations

import logging
import threading
import time

from celery.signals import worker_ready
from django.db import close_old_connections

from workers import admission
from workers.policies import policies
from workers.signals import hour_passed

logger = logging.getLogger(__name__)


HOUR = 3600.0


def _tick_for_ever() -> None:
    pause = policies().tick.total_seconds()
    chores_due = time.monotonic()
    while True:
        close_old_connections()
        try:
            admission.tick()
            if time.monotonic() >= chores_due:
                chores_due += HOUR
                hour_passed.send(sender=None)
        except Exception:
            logger.warning("tick failed", exc_info=True)
        time.sleep(pause)


@worker_ready.connect  # type: ignore[untyped-decorator]
def start(**_: object) -> None:
    threading.Thread(target=_tick_for_ever, name="admission", daemon=True).start()
