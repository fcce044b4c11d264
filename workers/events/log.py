"""The event log: one Redis stream per topic to resume from, one feed for all that readers follow.

It is a hint like every message: rows hold the truth. When Redis loses it, its epoch changes, and readers
show the rows again. Keys hold opaque ids only.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import redis
from redis.commands.core import Script

from workers import connections
from workers.away import Away
from workers.events.wire import EPOCH, FEED, WATCHED, Event, log_key

logger = logging.getLogger(__name__)

TURN = "events:turn"
"""Held for a while by the one process that tells the news of waiting and running work."""
WATCHED_SECONDS = 15
"""How long a topic counts as watched after a reader said so."""
FEED_SECONDS = 300
"""How long the feed keeps an entry: a reader that was away longer shows the rows again."""
TOPIC_LENGTH = 4_000
"""Entries; a four-item letter at one entry every 50 ms is about 400."""
TOPIC_SECONDS = 3600
"""After its last event; who comes back later is shown the rows. Redis holds an hour of letters, not a day."""
CLOSED_SECONDS = 3600
"""How long a closed topic's last event stays for readers that come late; its texts go at once."""

PUBLISH = Path(__file__).parent / "lua" / "publish.lua"


@cache
def _publish_script() -> Script:
    return connections.events().register_script(PUBLISH.read_text())


_missed = threading.Event()
_silent = Away()
"""A Redis that is silent is left alone for a while: a request tells several events and must not wait for each."""
SILENT_SECONDS = 1.0


def publish(events: Iterable[Event]) -> None:
    """Append events in order, all in one round trip. Raises redis.RedisError when the log is away."""
    arguments = [argument for event in events for argument in event.arguments()]
    if not arguments:
        return
    if _silent:
        raise redis.TimeoutError("silent a moment ago")
    try:
        heal()
        limits = (FEED_SECONDS, TOPIC_LENGTH, TOPIC_SECONDS)
        _publish_script()(keys=[FEED, EPOCH], args=[*limits, *arguments], client=connections.events())
    except redis.TimeoutError:
        _silent.leave_alone(SILENT_SECONDS)
        raise


def tell(topic: str, name: str, data: dict[str, Any]) -> None:
    """Append one event about what a row already says. When the log is away, readers show the rows later."""
    try:
        publish([Event(topic, name, data)])
    except redis.RedisError:
        note_missed()
        logger.warning("event log away: %s was not told", name)


def note_missed() -> None:
    """Something was not told: as soon as the log is back, readers are shown the rows."""
    _missed.set()


def heal() -> None:
    """If this process could not tell something: a new epoch, which makes every reader show the rows again.

    Raises redis.RedisError while the log is still away.
    """
    if _missed.is_set():
        connections.events().set(EPOCH, uuid.uuid4().hex)
        _missed.clear()


def watched(every: float) -> list[str]:
    """The topics that somebody watches now, for one caller in `every` seconds; nothing for all the others."""
    connection = connections.events()
    if not connection.set(TURN, "1", nx=True, px=int(every * 1000)):
        return []
    now = time.time()
    connection.zremrangebyscore(WATCHED, "-inf", now - WATCHED_SECONDS)
    return [topic.decode() for topic in connection.zrange(WATCHED, 0, -1)]  # type: ignore[union-attr]


def is_told() -> bool:
    """Whether a process has just told how watched work stands: its turn lasts. Raises redis.RedisError."""
    return bool(connections.events().exists(TURN))


def close(topic: str) -> None:
    """Tell `deleted`, the last event, and drop all that the topic's log holds; later events are not taken."""
    try:
        connection = connections.events()
        connection.delete(log_key(topic))
        publish([Event(topic, "deleted", {})])
        connection.expire(log_key(topic), CLOSED_SECONDS)
        connection.set(f"events:closed:{topic}", "1", ex=TOPIC_SECONDS)
    except redis.RedisError:
        note_missed()
        logger.warning("event log away: a deletion was not told")
