"""The feed: one reader per web process, which distributes events to all open event streams.

A blocking reader for each stream would need a Redis connection for each.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict

from redis.exceptions import RedisError

from workers import connections
from workers.errors import location_of
from workers.events.log import WATCHED_SECONDS, heal
from workers.events.wire import EPOCH, FEED, WATCHED, Entry, log_key, topic_of

logger = logging.getLogger(__name__)

BLOCK_MILLISECONDS = 1000
"""How long one read blocks."""
EPOCH_EVERY = 0.5
"""Seconds between two checks of the epoch. Not before every read, because most reads bring one entry."""
LOGS_AT_ONCE = 8
"""Connections for reading logs. When all streams need a snapshot at once, their logs are read a few at a time."""
BATCH = 1000
QUEUE_LENGTH = 2000
"""How many entries a slow client may lag behind. Then it gets a snapshot instead."""


class Subscription:
    """The entries that one client has not been sent yet. `None` in the queue means: send a snapshot."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Entry | None] = asyncio.Queue(QUEUE_LENGTH)

    def put(self, entry: Entry | None) -> None:
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            entry = None
        self.queue.put_nowait(entry)


class Feed:
    """Reads the feed and puts each entry into the subscriptions of its topic."""

    def __init__(self) -> None:
        self._topics: dict[str, set[Subscription]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        # The reader has its own connection, so it never waits for reads of logs. Its timeout exceeds the block time.
        self._following = connections.follower(BLOCK_MILLISECONDS / 1000)
        self._logs = connections.log_readers(LOGS_AT_ONCE)
        self._last: str | None = None
        self._epoch: bytes | None = None
        self._epoch_due = float("-inf")
        self._reported_at = float("-inf")

    def subscribe(self, topic: str) -> Subscription:
        """Collect entries from now on. Call it before reading rows or log, so that no event is missed between."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._follow(), name="event feed")
        subscription = Subscription()
        self._topics[topic].add(subscription)
        # Report the new topic as watched with the next read.
        self._reported_at = float("-inf")
        return subscription

    def unsubscribe(self, topic: str, subscription: Subscription) -> None:
        self._topics[topic].discard(subscription)
        if not self._topics[topic]:
            del self._topics[topic]

    async def log(self, topic: str) -> list[Entry]:
        """All entries of the topic's log; empty when Redis is away or has lost it."""
        try:
            rows = await self._logs.xrange(log_key(topic))
        except (RedisError, OSError):
            logger.warning("event log away: a snapshot comes from the rows alone")
            return []
        return [Entry.of(entry_id, fields) for entry_id, fields in rows]

    async def _follow(self) -> None:
        while True:
            try:
                await self._read()
            except (RedisError, OSError):
                logger.warning("event log away: reading again in a second")
            except Exception as error:  # noqa: BLE001 - logged without its message, which may hold an event
                # All streams depend on this reader: no error may end it.
                logger.error("event feed broke: reading again in a second: %s", location_of(error))
            await asyncio.sleep(1)

    async def _read(self) -> None:
        if self._last is None:
            newest = await self._following.xrevrange(FEED, count=1)
            self._last = newest[0][0].decode() if newest else "0-0"
        # Events before this moment may have been missed, at the start and after each outage.
        self._show_all()
        self._epoch_due = float("-inf")
        while True:
            if time.monotonic() >= self._epoch_due:
                await asyncio.to_thread(heal)
                await self._watch_epoch()
                self._epoch_due = time.monotonic() + EPOCH_EVERY
            await self._report_watched()
            answer = await self._following.xread({FEED: self._last}, count=BATCH, block=BLOCK_MILLISECONDS)
            for _, rows in answer or ():
                for row_id, fields in rows:
                    self._last = row_id.decode()
                    self._hand_out(fields)

    async def _report_watched(self) -> None:
        """Report which topics have readers: workers publish progress for these only."""
        if self._topics and time.monotonic() - self._reported_at > WATCHED_SECONDS / 3:
            self._reported_at = time.monotonic()
            await self._following.zadd(WATCHED, dict.fromkeys(self._topics, time.time()))

    async def _watch_epoch(self) -> None:
        """Read the epoch. When it is new, entries were lost, so every client gets a snapshot."""
        epoch = await self._following.get(EPOCH)
        if epoch != self._epoch:
            self._epoch = epoch
            self._show_all()

    def _hand_out(self, fields: dict[bytes, bytes]) -> None:
        subscriptions = self._topics.get(topic_of(fields))
        if not subscriptions:
            return
        entry = Entry.of_feed(fields)
        for subscription in subscriptions:
            subscription.put(entry)

    def _show_all(self) -> None:
        for subscriptions in self._topics.values():
            for subscription in subscriptions:
                subscription.put(None)


feed = Feed()
"""The feed of this process. Its task starts with the first subscription, in the server's event loop."""
