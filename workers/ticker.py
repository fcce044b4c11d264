"""The thread in every worker process that recovers and admits, once a second."""

from __future__ import annotations

import logging
import sys
import threading
import time

import redis
from celery.signals import worker_ready, worker_shutting_down
from django.db import close_old_connections
from kombu.exceptions import OperationalError as BrokerAway

from workers import admission, breaker, event_log, retries
from workers.chains import UNFINISHED
from workers.claims import heart
from workers.models import Step
from workers.policies import policies
from workers.signals import hour_passed, still_working

logger = logging.getLogger(__name__)


HOUR = 3600.0


def _tick_for_ever() -> None:
    pause = policies().tick.total_seconds()
    fresh = True
    chores_due = time.monotonic()
    while True:
        try:
            close_old_connections()
            if fresh:
                breaker.probe_now()
                fresh = False
            admission.tick()
            event_log.heal()
            tell_watchers()
            if time.monotonic() >= chores_due:
                chores_due += HOUR
                hour_passed.send(sender=None)
        except (BrokerAway, redis.RedisError):
            logger.warning("Redis away: nothing goes out until it is back")
        except Exception:
            logger.warning("tick failed", exc_info=True)
        time.sleep(pause)


def tell_watchers() -> None:
    """Send `still_working` for what is watched and unfinished; one process in the house does so at a time."""
    try:
        topics = event_log.watched(policies().news_every.total_seconds())
    except redis.RedisError:
        return
    unfinished = Step.objects.filter(topic__in=topics, state__in=UNFINISHED).values_list("topic", flat=True)
    if unfinished:
        still_working.send(sender=None, topics=sorted(set(unfinished)))


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def stop(**_: object) -> None:
    heart.stop()
    threading.Thread(target=_hand_back_late, name="handing back", daemon=True).start()


def _hand_back_late() -> None:
    time.sleep(policies().hand_back_after.total_seconds())
    for held in heart.claims():
        retries.hand_back(held)


@worker_ready.connect  # type: ignore[untyped-decorator]
def start(**_: object) -> None:
    # Whoever supervises waits for this line, whatever the level of the log.
    sys.stdout.write("worker ready.\n")
    sys.stdout.flush()
    threading.Thread(target=_tick_for_ever, name="admission", daemon=True).start()
