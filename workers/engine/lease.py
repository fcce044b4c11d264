"""Lease and fence: one worker at a time works on a step.

A lease says until when the holder of a step counts as alive; the heartbeat renews it. The fence is a number that grows
with every claim. Every write checks it, so a worker that lost its lease may go on computing but changes nothing.
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
    """This worker's lease on one running step."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.fence = step.fence
        self.lost = threading.Event()
        """Set when another worker has, or may have, the step now."""
        self.stopping = False
        """Whether this worker is shutting down. Long work gives its step back at the next `require`."""
        self._interrupted = threading.Event()
        """Set when the lease is lost or the worker stops, to wake a thread in `sleep`."""

    @property
    def holder(self) -> str:
        """Identifies this try in quotas that count what runs at once. An earlier try may still be ending."""
        return f"{self.step.pk}/{self.fence}"

    def lose(self) -> None:
        self.lost.set()
        self._interrupted.set()

    def stop(self) -> None:
        """This worker is shutting down."""
        self.stopping = True
        self._interrupted.set()

    def require(self) -> None:
        """Check whether to go on. Call it regularly in long work.

        Raises LeaseLost when the heartbeat has found the lease lost, HandedBack when this worker is shutting down.
        """
        if self.lost.is_set():
            raise LeaseLost(f"step {self.step.pk}")
        if self.stopping:
            raise HandedBack(f"step {self.step.pk}")

    def sleep(self, seconds: float) -> None:
        """Wait, until the lease is lost or the worker stops. Raises as `require` does."""
        if self._interrupted.wait(seconds):
            self.require()

    @contextmanager
    def guard(self) -> Iterator[None]:
        """A transaction that only the current holder of the step can commit. Raises LeaseLost."""
        with transaction.atomic():
            if not self._rows().select_for_update().exists():
                raise LeaseLost(f"step {self.step.pk}")
            yield

    def change(self, changes: dict[str, Any]) -> None:
        """Update the step's row. Raises LeaseLost when another worker holds the step."""
        if not self._rows().update(**changes):
            raise LeaseLost(f"step {self.step.pk}")
        for name, value in changes.items():
            setattr(self.step, name, value)

    def progressed(self) -> None:
        """Reset the crash count: this try stored a result that the next try will use, so the step is not poison."""
        if self.step.crashes:
            self._rows().update(crashes=0)
            self.step.crashes = 0

    def _rows(self) -> StepQuerySet:
        return Step.objects.held(self.step.pk, self.fence)
