"""Whether a queue has a living worker: one that receives messages and runs their tasks.

A running process is no proof. Its connection to the broker may be gone, or all threads of its pool may hang. So each
worker process sends a small message into every queue that it consumes. The task of that message writes the time to the
queue's row: it has passed the broker, the consumer and the pool. A claim of a step writes the time too. A process whose
threads are all busy cannot run that task. While it has a claim within its deadline, its ticker writes the time instead.

There is one row per queue, with the database's clock. Nothing is stored in Redis: when Redis is emptied, one message is
lost, and the next one comes before the queue counts as silent.

Weaknesses. A step that hangs counts as work until its deadline. A queue counts as alive while one of its worker
processes lives, so one frozen process among several shows only in longer waiting. Each process knows only its own
claims: the parent of a pool of child processes would look silent while all children are busy, so workers run threads.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

from celery import shared_task
from django.db import connection

from workers import connections
from workers.clock import database_now
from workers.engine.configuration import engine, queues
from workers.engine.heartbeat import heartbeat
from workers.errors import DATABASE_AWAY
from workers.models import Liveness

logger = logging.getLogger(__name__)

REPORTS_WITHIN_SILENCE = 4
"""So many reports in a row must fail before a queue counts as silent. One lost message is no alarm."""
NEVER = datetime.min.replace(tzinfo=UTC)


@shared_task(name="workers.report_liveness", send_events=False)  # type: ignore[untyped-decorator]
def report_liveness(queue: str) -> None:
    """Report that a worker of the queue lives. Sends no events to Flower, because it runs every few seconds."""
    try:
        report([queue])
    except DATABASE_AWAY:
        logger.warning("database away: %s is not reported alive", queue)
        connection.close()


def report(queues: Collection[str]) -> None:
    """Write to the rows that a worker of these queues lives now."""
    now = database_now()
    for queue in queues:
        if not Liveness.objects.filter(queue=queue).update(reported_at=now):
            Liveness.objects.get_or_create(queue=queue, defaults={"reported_at": now})


def prove(queues: Sequence[str]) -> None:
    """Report or send messages that report, once, for a worker process that consumes these queues.

    Raises redis.RedisError or kombu's OperationalError when the broker is away, and whatever the database raises.
    """
    if heartbeat.at_work():
        report(queues)
        return
    for queue in queues:
        # Send nothing while messages wait in the queue: they would pile up when no worker takes them.
        if not connections.broker().llen(queue):
            report_liveness.apply_async((queue,), queue=queue)


def pause() -> timedelta:
    """The time between two calls of `prove`."""
    return engine().worker_silence / REPORTS_WITHIN_SILENCE


def last_reports() -> dict[str, datetime]:
    """When a worker of each queue last reported; `NEVER` where none ever did."""
    reported = dict(Liveness.objects.values_list("queue", "reported_at"))
    return {queue: reported.get(queue, NEVER) for queue in queues()}


def silent_queues() -> set[str]:
    """Queues without a living worker. Their work waits in the rows."""
    now = database_now()
    return {queue for queue, reported_at in last_reports().items() if is_silent(reported_at, now)}


def is_silent(reported_at: datetime, now: datetime) -> bool:
    return now - reported_at > engine().worker_silence
