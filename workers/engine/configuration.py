"""Every number of the engine with its reason beside it. Settings may override one by name (`WORKERS`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.conf import settings

DEFAULT_QUEUE = "default"
"""For small chores that nobody watches."""


@dataclass(frozen=True)
class Configuration:
    lease: timedelta = timedelta(seconds=20)
    """How long a running step is believed alive without a heartbeat: four heartbeats."""
    heartbeat: timedelta = timedelta(seconds=5)
    sent_lease: timedelta = timedelta(seconds=5)
    """How long a sent message may stay unclaimed before its row is due again: no more are sent than there are free
    places, so a living worker claims at once. A second message is harmless."""
    tick: timedelta = timedelta(seconds=1)
    """How often each worker process recovers and admits."""
    hand_back_after: timedelta = timedelta(seconds=5)
    """What a worker that is being stopped has not ended by then goes back to its position in the queue: most calls end
    in time, and a deploy does not wait for the others."""
    announce_after: timedelta = timedelta(seconds=5)
    """A step that ended this long ago and was not announced lost its process in between."""
    give_up_after: timedelta = timedelta(hours=1)
    """Age at which a step with passing faults is given up: nobody waits longer at a page."""
    most_crashes: int = 3
    """A step that killed its process, or hung, this often without getting anywhere is poison."""
    at_once: dict[str, int] = field(default_factory=lambda: {DEFAULT_QUEUE: 4})
    """Every queue by name, and how many of its steps all workers together run at once.

    This names the queues that there are. The numbers must follow when workers are added.
    """
    sent_ahead: int = 0
    """Steps sent beyond that. None: who ends a step admits the next, and chains sent ahead would take turns with the
    one before them, so that all of them end late."""
    worker_silence: timedelta = timedelta(seconds=20)
    """A queue whose workers have not reported for so long has no living one: four reports are missing. With the news
    that follows, those who wait are told within half a minute."""
    news_every: timedelta = timedelta(seconds=3)
    """How often those who watch are told where their waiting or running work stands."""


def engine() -> Configuration:
    """The numbers in force."""
    return replace(Configuration(), **getattr(settings, "WORKERS", {}))


def queues() -> tuple[str, ...]:
    """The names of all queues, as settings give them."""
    return tuple(engine().at_once)
