"""The background threads of every worker process: admission and recovery, progress, liveness, hourly chores."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import redis
from celery.signals import worker_ready, worker_shutting_down
from django.db import close_old_connections, connection
from kombu.exceptions import OperationalError as BrokerAway

from workers.engine import admission, breaker, liveness, retries, watchdog
from workers.engine.chains import UNFINISHED
from workers.engine.configuration import engine, queues
from workers.engine.heartbeat import heartbeat
from workers.errors import DATABASE_AWAY, location_of
from workers.events import log
from workers.models import Step
from workers.signals import hour_passed, still_working

logger = logging.getLogger(__name__)


HOUR = 3600.0


def _repeat(act: Callable[[], None], seconds: float) -> None:
    """Call `act` for ever, with a pause of `seconds`. An error ends the round, never the loop."""
    while True:
        try:
            close_old_connections()
            act()
        except (BrokerAway, redis.RedisError):
            logger.warning("Redis away: nothing goes out until it is back")
        except DATABASE_AWAY:
            logger.warning("database away")
            admission.trust_leases()
            connection.close()
        except Exception as error:  # noqa: BLE001 - logged without its message, which may hold personal data
            logger.error("a round of %s failed: %s", threading.current_thread().name, location_of(error))
        time.sleep(seconds)


def _tick() -> None:
    admission.tick()
    log.heal()


def _chores() -> None:
    hour_passed.send(sender=None)


def report_progress() -> None:
    """Send `still_working` for the watched topics that have unfinished work. One process of all does so at a time."""
    try:
        topics = log.watched(engine().news_every.total_seconds())
    except redis.RedisError:
        return
    unfinished = Step.objects.filter(topic__in=topics, state__in=UNFINISHED).values_list("topic", flat=True)
    if unfinished:
        still_working.send(sender=None, topics=sorted(set(unfinished)))


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def stop(**_: object) -> None:
    heartbeat.stop()
    threading.Thread(target=_hand_back_late, name="handing back", daemon=True).start()


def _hand_back_late() -> None:
    time.sleep(engine().hand_back_after.total_seconds())
    for held in heartbeat.claims():
        retries.hand_back(held)


@worker_ready.connect  # type: ignore[untyped-decorator]
def start(sender: Any, **_: object) -> None:
    """`sender` is Celery's consumer."""
    # The supervisor waits for this line. Celery redirects `sys.stdout` to its log, which may hide it.
    print("worker ready.", file=sys.__stdout__, flush=True)
    tick = engine().tick.total_seconds()
    # Each has its own thread, so that long chores or many progress events do not delay admission.
    prove = partial(liveness.prove, _queues(sender))
    rounds: dict[str, tuple[Callable[[], None], float]] = {
        "tick": (_tick, tick),
        "progress": (report_progress, tick),
        "liveness": (prove, liveness.pause().total_seconds()),
        "chores": (_chores, HOUR),
    }
    for name, arguments in rounds.items():
        threading.Thread(target=_repeat, args=arguments, name=name, daemon=True).start()
    watchdog.start()
    breaker.probe_now()


def _queues(consumer: Any) -> list[str]:
    """The engine's queues that this worker consumes."""
    consumed = {queue.name for queue in consumer.task_consumer.queues}
    return [queue for queue in queues() if queue in consumed]
