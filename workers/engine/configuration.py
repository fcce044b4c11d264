"""The engine's numbers, each with its reason. Settings may override each by name (`WORKERS`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.conf import settings

DEFAULT_QUEUE = "default"
"""The queue of small background tasks that no person waits for."""


@dataclass(frozen=True)
class Configuration:
    lease: timedelta = timedelta(seconds=20)
    """How long a running step counts as alive without a heartbeat: four heartbeats."""
    heartbeat: timedelta = timedelta(seconds=5)
    sent_lease: timedelta = timedelta(seconds=5)
    """How long a sent message may stay unclaimed before its row is due again. No more messages are sent than there are
    free threads, so a living worker claims at once. A second message for one row is harmless."""
    tick: timedelta = timedelta(seconds=1)
    """How often each worker process recovers and admits."""
    hand_back_after: timedelta = timedelta(seconds=5)
    """How long a worker that is shutting down lets its steps run. Then they go back to their position in the queue.
    Most calls end in this time, and a deploy does not wait for the others."""
    announce_after: timedelta = timedelta(seconds=5)
    """The process of a step that ended this long ago and was not announced must have died in between."""
    give_up_after: timedelta = timedelta(hours=1)
    """How long a step may fail with temporary faults before it is given up. Nobody waits longer at a page."""
    most_crashes: int = 3
    """A step that killed its process, or hung, this often without storing a result is a poison step."""
    at_once: dict[str, int] = field(default_factory=lambda: {DEFAULT_QUEUE: 4})
    """All queues by name, each with the number of steps that all its workers together run at once.

    Only these queues exist. Raise the numbers when workers are added.
    """
    sent_ahead: int = 0
    """How many steps are sent beyond that. 0, because the end of each step admits the next one at once. Chains sent
    ahead would share the workers with the chains before them, and all would end later."""
    worker_silence: timedelta = timedelta(seconds=20)
    """A queue counts as having no living worker when none has reported for this long: four reports are missing. Waiting
    people learn of it within half a minute."""
    news_every: timedelta = timedelta(seconds=3)
    """How often readers of an event stream get the progress of their waiting or running work."""


def engine() -> Configuration:
    """The numbers in force, settings included."""
    return replace(Configuration(), **getattr(settings, "WORKERS", {}))


def queues() -> tuple[str, ...]:
    """The names of all queues, as settings give them."""
    return tuple(engine().at_once)
