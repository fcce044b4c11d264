"""Whether a queue has a living worker: one that takes messages and runs what they ask for.

A process that merely runs does not prove it. Its connection to the broker may be gone, or all threads of its pool may
hang. So each worker process sends a small message into every queue that it consumes, and the time is written by the
task, which came through the broker, the consumer and the pool. Whoever claims a step writes it too. A process whose
threads are all busy cannot run that task; while it holds a claim within its deadline, its ticker reports for it.

The time is one row per queue, by the database's clock. Redis holds none of it: an emptied Redis loses one message, and
the next one follows before the queue counts as silent.

Weaknesses. A step that hangs counts as work until its deadline. A queue counts as alive while one of its worker
processes lives, so a second one that is frozen shows only in the waiting. Claims are known to the process that holds
them: a pool of child processes would look silent while all of them are busy, so workers run threads.
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
"""So many reports in a row must fail before a queue counts as silent: a lost message or a slow second is no alarm."""
NEVER = datetime.min.replace(tzinfo=UTC)


@shared_task(name="workers.report_liveness", send_events=False)  # type: ignore[untyped-decorator]
def report_liveness(queue: str) -> None:
    """Whoever runs this is a living worker of the queue. Flower is not told: there is one every few seconds."""
    try:
        report([queue])
    except DATABASE_AWAY:
        logger.warning("database away: %s is not reported alive", queue)
        connection.close()


def report(queues: Collection[str]) -> None:
    """A worker of these queues lives now."""
    now = database_now()
    for queue in queues:
        if not Liveness.objects.filter(queue=queue).update(reported_at=now):
            Liveness.objects.get_or_create(queue=queue, defaults={"reported_at": now})


def prove(queues: Sequence[str]) -> None:
    """One round of a worker process that consumes these queues.

    Raises redis.RedisError or kombu's OperationalError when the broker is away, and whatever the database raises.
    """
    if heartbeat.at_work():
        report(queues)
        return
    for queue in queues:
        # A message that nobody takes is not joined by another: they would heap up for as long as that lasts.
        if not connections.broker().llen(queue):
            report_liveness.apply_async((queue,), queue=queue)


def pause() -> timedelta:
    """Between two rounds of `prove`."""
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
