"""Makes every Redis connection of the project, with timeouts that fit its use.

No connection retries by itself: the caller decides what a failure means.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import redis
import redis.asyncio
from django.conf import settings

CONNECT_SECONDS = 1
BLOCKING_MARGIN_SECONDS = 5
"""Added to the blocking time of a read: how much later than that the answer may come."""


@cache
def limiter() -> redis.Redis:
    """For the quota limiter. No paid call is made while it does not answer."""
    return _client(answer_seconds=2)


@cache
def events() -> redis.Redis:
    """For publishing events. Work does not wait for them: readers get a lost event from the rows later."""
    return _client(answer_seconds=2, max_connections=64)


@cache
def counters() -> redis.Redis:
    """For the operators' counters. The timeouts are short, because work must not wait for statistics."""
    return _client(answer_seconds=0.5, connect_seconds=0.5)


@cache
def broker() -> redis.Redis:
    """For a worker that checks whether messages wait in its queues. Celery has its own connections for messages."""
    return _client(answer_seconds=2)


def answers() -> bool:
    """Whether Redis answers now. Opens a new connection, since a pooled one may still look healthy."""
    try:
        return bool(_client(answer_seconds=1).ping())
    except redis.RedisError:
        return False


def follower(block_seconds: float) -> Any:
    """For the process's one reader of new events, an asyncio client. A read blocks for up to `block_seconds`.

    Typed as Any: the stubs of redis-py return a union of all answer forms.
    """
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=BLOCKING_MARGIN_SECONDS + block_seconds,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_keepalive=True,
        retry=None,
    )


def log_readers(at_once: int) -> Any:
    """For reading whole event logs, an asyncio client with `at_once` connections. A caller waits up to 5 s for one."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        settings.REDIS_URL,
        max_connections=at_once,
        timeout=5,
        socket_timeout=2,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=None,
    )
    return redis.asyncio.Redis.from_pool(pool)


def _client(answer_seconds: float, connect_seconds: float = CONNECT_SECONDS, **options: Any) -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=answer_seconds, socket_connect_timeout=connect_seconds, retry=None, **options
    )
