"""The event log: one Redis stream per topic, to resume from, and one feed with the events of all topics.

The rows are authoritative, not the log. When Redis loses events, the epoch changes, and readers send a snapshot from
the rows. Keys hold opaque ids only.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import redis
from redis.commands.core import Script

from workers import connections
from workers.away import Away
from workers.events.wire import EPOCH, FEED, WATCHED, Event, log_key

logger = logging.getLogger(__name__)

REPORTER = "events:turn"
"""Lock with an expiry: the one process that has it reports the progress of waiting and running work."""
WATCHED_SECONDS = 15
"""How long a topic counts as watched after a web process has reported a reader."""
FEED_SECONDS = 300
"""How long the feed keeps an entry. A web process that was away longer sends snapshots to its readers."""
TOPIC_LENGTH = 4_000
"""Entries; a four-item letter at one entry every 50 ms is about 400."""
TOPIC_SECONDS = 3600
"""How long a log stays after its last event. A reader who comes later gets a snapshot. Limits the use of memory."""
CLOSED_SECONDS = 3600
"""How long the last event of a closed topic stays, for readers who come late. Its texts are deleted at once."""

PUBLISH = Path(__file__).parent / "lua" / "publish.lua"


@cache
def _publish_script() -> Script:
    return connections.events().register_script(PUBLISH.read_text())


_missed = threading.Event()
_silent = Away()
"""After a timeout, publish nothing for a while: one request publishes several events and must not wait for each."""
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


def tell(topic: str, name: str, data: Mapping[str, Any]) -> None:
    """Append one event about a change that is already in a row. When Redis is away, readers get a snapshot later."""
    try:
        publish([Event(topic, name, data)])
    except redis.RedisError:
        note_missed()
        logger.warning("event log away: %s was not published", name)


def note_missed() -> None:
    """An event could not be published: when Redis is back, readers get a snapshot."""
    _missed.set()


def heal() -> None:
    """Set a new epoch if this process could not publish an event. Every reader then sends a snapshot.

    Raises redis.RedisError while the log is still away.
    """
    if _missed.is_set():
        connections.events().set(EPOCH, uuid.uuid4().hex)
        _missed.clear()


def watched(every: float) -> list[str]:
    """The topics that have readers now. Only one caller in `every` seconds gets them; the others get an empty list."""
    connection = connections.events()
    if not connection.set(REPORTER, "1", nx=True, px=int(every * 1000)):
        return []
    now = time.time()
    connection.zremrangebyscore(WATCHED, "-inf", now - WATCHED_SECONDS)
    return [topic.decode() for topic in connection.zrange(WATCHED, 0, -1)]  # type: ignore[union-attr]


def is_reported() -> bool:
    """Whether a process has just reported the progress of watched work. Raises redis.RedisError."""
    return bool(connections.events().exists(REPORTER))


def close(topic: str) -> None:
    """Delete the topic's log and append the last event, `deleted`. Later events are discarded."""
    try:
        connection = connections.events()
        connection.delete(log_key(topic))
        publish([Event(topic, "deleted", {})])
        connection.expire(log_key(topic), CLOSED_SECONDS)
        connection.set(f"events:closed:{topic}", "1", ex=TOPIC_SECONDS)
    except redis.RedisError:
        note_missed()
        logger.warning("event log away: a deletion was not published")
