"""Every connection to Redis of this project is made here, each with the timeouts that its use can bear.

None tries a second time: who waits for Redis decides what a failure means.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import redis
import redis.asyncio
from django.conf import settings

CONNECT_SECONDS = 1
BLOCKING_MARGIN_SECONDS = 5
"""How much later than its own end a blocking read may answer."""


@cache
def limiter() -> redis.Redis:
    """Of the quota limiter: a paid call waits for it, and does not go without it."""
    return _client(answer_seconds=2)


@cache
def events() -> redis.Redis:
    """Of those who tell events. An event that cannot be told now is told by the rows; work must not wait for it."""
    return _client(answer_seconds=2, max_connections=64)


@cache
def counters() -> redis.Redis:
    """Of the operators' counters: work never waits for its statistics."""
    return _client(answer_seconds=0.5, connect_seconds=0.5)


@cache
def broker() -> redis.Redis:
    """Of a worker that looks whether messages wait in its queues. Celery has connections of its own for messages."""
    return _client(answer_seconds=2)


def answers() -> bool:
    """Whether Redis answers now. Makes a connection of its own, so that no pool hides the truth."""
    try:
        return bool(_client(answer_seconds=1).ping())
    except redis.RedisError:
        return False


def follower(block_seconds: float) -> Any:
    """Of the one reader that waits for new events, for up to `block_seconds` a read. asyncio.

    Untyped: the client's stubs allow every form that an answer may have under other settings.
    """
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=BLOCKING_MARGIN_SECONDS + block_seconds,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_keepalive=True,
        retry=None,
    )


def log_readers(at_once: int) -> Any:
    """Of those who read whole logs, `at_once` at a time; the others wait up to 5 s for a connection. asyncio."""
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
