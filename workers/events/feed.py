"""One reader of the event log per process, for however many open event streams.

A thousand blocking readers would be a thousand connections; one that fans out is one.
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
"""How long one read waits."""
EPOCH_EVERY = 0.5
"""Seconds. A change of epoch is seen after this and one more read, not before every read: most bring one entry."""
LOGS_AT_ONCE = 8
"""Connections for logs. When everybody is shown the rows at once, a thousand logs are read in turn."""
BATCH = 1000
QUEUE_LENGTH = 2000
"""Entries a slow client may lag behind before it is shown a snapshot instead."""


class Subscription:
    """What one client has not been sent yet. `None` in the queue means: show a snapshot."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Entry | None] = asyncio.Queue(QUEUE_LENGTH)

    def put(self, entry: Entry | None) -> None:
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            entry = None
        self.queue.put_nowait(entry)


class Feed:
    """Follows the feed and hands each entry to the subscriptions of its topic."""

    def __init__(self) -> None:
        self._topics: dict[str, set[Subscription]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        # The follower has a connection of its own, with a timeout above the block, and never waits for clients' logs.
        self._following = connections.follower(BLOCK_MILLISECONDS / 1000)
        self._logs = connections.log_readers(LOGS_AT_ONCE)
        self._last: str | None = None
        self._epoch: bytes | None = None
        self._epoch_due = float("-inf")
        self._said = float("-inf")

    def subscribe(self, topic: str) -> Subscription:
        """Entries from now on. Call before reading rows or log, so that nothing falls between."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._follow(), name="event feed")
        subscription = Subscription()
        self._topics[topic].add(subscription)
        # A new topic is watched from its first second on.
        self._said = float("-inf")
        return subscription

    def unsubscribe(self, topic: str, subscription: Subscription) -> None:
        self._topics[topic].discard(subscription)
        if not self._topics[topic]:
            del self._topics[topic]

    async def log(self, topic: str) -> list[Entry]:
        """The topic's whole log; empty when Redis is away or has lost it."""
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
            except Exception as error:  # noqa: BLE001 - told without its message, which may repeat an event
                # The one reader of all streams must outlive whatever a single read meets.
                logger.error("event feed broke: reading again in a second: %s", location_of(error))
            await asyncio.sleep(1)

    async def _read(self) -> None:
        if self._last is None:
            newest = await self._following.xrevrange(FEED, count=1)
            self._last = newest[0][0].decode() if newest else "0-0"
        # Whatever came before this moment may have been missed: at the start, and after each time away.
        self._show_all()
        self._epoch_due = float("-inf")
        while True:
            if time.monotonic() >= self._epoch_due:
                await asyncio.to_thread(heal)
                await self._watch_epoch()
                self._epoch_due = time.monotonic() + EPOCH_EVERY
            await self._say_what_is_watched()
            answer = await self._following.xread({FEED: self._last}, count=BATCH, block=BLOCK_MILLISECONDS)
            for _, rows in answer or ():
                for row_id, fields in rows:
                    self._last = row_id.decode()
                    self._hand_out(fields)

    async def _say_what_is_watched(self) -> None:
        """Workers tell the progress of those alone whom somebody watches."""
        if self._topics and time.monotonic() - self._said > WATCHED_SECONDS / 3:
            self._said = time.monotonic()
            await self._following.zadd(WATCHED, dict.fromkeys(self._topics, time.time()))

    async def _watch_epoch(self) -> None:
        """A new epoch: entries were lost, so every client is shown the rows."""
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
"""Of this process; its task starts with the first subscription, in the server's own loop."""
