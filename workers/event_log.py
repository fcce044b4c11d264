"""The event log: one Redis stream per topic to resume from, one feed for all that readers follow.

It is a hint like every message: rows hold the truth. When Redis loses it, its epoch changes, and readers
show the rows again. Keys hold opaque ids only.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

FEED = "events:feed"
EPOCH = "events:epoch"
WATCHED = "events:watched"
"""Topics by the time when a reader last said that somebody watches them."""
WATCHED_SECONDS = 15
TURN = "events:turn"
"""Held for a while by the one process that tells the news of waiting and running work."""
FEED_LENGTH = 50_000
"""Entries; at 200 a second a reader may be away for four minutes."""
TOPIC_LENGTH = 4_000
"""Entries; a four-item letter at one entry every 50 ms is about 400."""
TOPIC_SECONDS = 6 * 3600

_PUBLISH = f"""
for i = 1, #ARGV, 3 do
  local log = 'events:log:' .. ARGV[i]
  local id = redis.call('XADD', log, 'MAXLEN', '~', {TOPIC_LENGTH}, '*', 'e', ARGV[i+1], 'd', ARGV[i+2])
  redis.call('EXPIRE', log, {TOPIC_SECONDS})
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', {FEED_LENGTH}, '*', 't', ARGV[i], 'i', id, 'e', ARGV[i+1], 'd', ARGV[i+2])
end
redis.call('SET', KEYS[2], redis.call('TIME')[1] .. redis.call('TIME')[2], 'NX')
return redis.status_reply('OK')
"""


@dataclass(frozen=True)
class Event:
    topic: str
    name: str
    data: dict[str, Any]


def log_key(topic: str) -> str:
    return f"events:log:{topic}"


@lru_cache(maxsize=1)
def _connection() -> redis.Redis:
    # Short timeouts: an event that cannot be told now is told by the rows; work must not wait for it.
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1, max_connections=64, retry=None
    )


_missed = threading.Event()


def publish(events: Iterable[Event]) -> None:
    """Append events in order, all in one round trip. Raises redis.RedisError when the log is away."""
    arguments: list[str] = []
    for event in events:
        arguments += [event.topic, event.name, json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))]
    if not arguments:
        return
    if _missed.is_set():
        # Something was not told: a new epoch makes every reader show the rows again.
        _connection().delete(EPOCH)
        _missed.clear()
    _connection().eval(_PUBLISH, 2, FEED, EPOCH, *arguments)


def tell(topic: str, name: str, data: dict[str, Any]) -> None:
    """Append one event about what a row already says. When the log is away, readers show the rows later."""
    try:
        publish([Event(topic, name, data)])
    except redis.RedisError:
        note_missed()
        logger.warning("event log away: %s was not told", name)


def note_missed() -> None:
    """Something was not told: with the next event that is, readers are shown the rows."""
    _missed.set()


def watched(every: float) -> list[str]:
    """The topics that somebody watches now, for one caller in `every` seconds; nothing for all the others."""
    connection = _connection()
    if not connection.set(TURN, "1", nx=True, px=int(every * 1000)):
        return []
    now = time.time()
    connection.zremrangebyscore(WATCHED, "-inf", now - WATCHED_SECONDS)
    return [topic.decode() for topic in connection.zrange(WATCHED, 0, -1)]  # type: ignore[union-attr]


def forget(topic: str) -> None:
    """Drop a topic's log, an hour after its last reader may have asked for it."""
    try:
        _connection().expire(log_key(topic), 3600)
    except redis.RedisError:
        logger.warning("event log away: a topic is left to run out by itself")
