"""Lease and fence: that one worker at a time works on a step, and how the others are kept out.

A lease says until when a step's holder is believed alive; the heartbeat renews it. A fence is a number that grows with
every claim and that every write is checked against: who lost the lease may still compute, but changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from workers.errors import HandedBack, LeaseLost
from workers.models import Step, StepQuerySet


class Lease:
    """This worker's hold on one running step."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.fence = step.fence
        self.lost = threading.Event()
        """Another holds the step now, or may."""
        self.stopping = False
        """Whether this worker is being stopped: long work gives its step back at the next `require`."""
        self._interrupted = threading.Event()
        """Set with either of the two, so that whoever waits looks again."""

    @property
    def holder(self) -> str:
        """Names this try among those that the quota counts at once: the try before it may still be ending."""
        return f"{self.step.pk}/{self.fence}"

    def lose(self) -> None:
        self.lost.set()
        self._interrupted.set()

    def stop(self) -> None:
        """This worker is being stopped."""
        self.stopping = True
        self._interrupted.set()

    def require(self) -> None:
        """To be called now and then in long work.

        Raises LeaseLost once the heartbeat has seen that another holds the step, HandedBack when this worker stops.
        """
        if self.lost.is_set():
            raise LeaseLost(f"step {self.step.pk}")
        if self.stopping:
            raise HandedBack(f"step {self.step.pk}")

    def sleep(self, seconds: float) -> None:
        """Wait, unless the lease is lost or the worker stops meanwhile. Raises as `require` does."""
        if self._interrupted.wait(seconds):
            self.require()

    @contextmanager
    def guard(self) -> Iterator[None]:
        """A transaction that only the present holder of the step can commit. Raises LeaseLost."""
        with transaction.atomic():
            if not self._rows().select_for_update().exists():
                raise LeaseLost(f"step {self.step.pk}")
            yield

    def change(self, changes: dict[str, Any]) -> None:
        """Write the step's row. Raises LeaseLost when another holds it."""
        if not self._rows().update(**changes):
            raise LeaseLost(f"step {self.step.pk}")
        for name, value in changes.items():
            setattr(self.step, name, value)

    def progressed(self) -> None:
        """Something was stored that the next try finds. Whatever kills this process, it was not this step so far."""
        if self.step.crashes:
            self._rows().update(crashes=0)
            self.step.crashes = 0

    def _rows(self) -> StepQuerySet:
        return Step.objects.held(self.step.pk, self.fence)
