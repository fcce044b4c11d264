"""The threads in every worker process that recover and admit, tell news, and do the chores."""

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


def _for_ever(act: Callable[[], None], seconds: float) -> None:
    """Again and again, whatever one round meets."""
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
        except Exception as error:  # noqa: BLE001 - told without its message, which may repeat what a person gave
            logger.error("a round of %s failed: %s", threading.current_thread().name, location_of(error))
        time.sleep(seconds)


def _tick() -> None:
    admission.tick()
    log.heal()


def _chores() -> None:
    hour_passed.send(sender=None)


def tell_watchers() -> None:
    """Send `still_working` for what is watched and unfinished; one process in the house does so at a time."""
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
    # Whoever supervises waits for this line, whatever the level of the log that Celery leads standard output into.
    print("worker ready.", file=sys.__stdout__, flush=True)
    tick = engine().tick.total_seconds()
    # Each in a thread of its own: neither long chores nor much news may keep work from being admitted.
    prove = partial(liveness.prove, _queues(sender))
    rounds: dict[str, tuple[Callable[[], None], float]] = {
        "tick": (_tick, tick),
        "tell_watchers": (tell_watchers, tick),
        "liveness": (prove, liveness.pause().total_seconds()),
        "chores": (_chores, HOUR),
    }
    for name, arguments in rounds.items():
        threading.Thread(target=_for_ever, args=arguments, name=name, daemon=True).start()
    watchdog.start()
    breaker.probe_now()


def _queues(consumer: Any) -> list[str]:
    """Which of our queues this worker was started for."""
    consumed = {queue.name for queue in consumer.task_consumer.queues}
    return [queue for queue in queues() if queue in consumed]
