"""A worker's claim on a step: taken by compare-and-set, and ended in one transaction with the step's result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from workers.clock import database_now
from workers.engine import admission, artifacts, holders
from workers.engine.artifacts import Inputs, Make
from workers.engine.attempts import AttemptRecord
from workers.engine.call_slots import CallSlots
from workers.engine.configuration import engine
from workers.engine.lease import Lease
from workers.models import Step
from workers.signals import step_started


class Claim(Lease):
    """The lease on a running step, together with the slots and the record of this try."""

    def __init__(self, step: Step, waited: timedelta) -> None:
        super().__init__(step)
        self.attempt = AttemptRecord(waited)
        self.slots = CallSlots(self, self.attempt)
        self.next_waits = False
        """Whether the next link of the chain has to queue. Then admission sends it, and not Celery's chain."""

    @property
    def subject(self) -> str:
        return self.step.subject

    @property
    def topic(self) -> str:
        return self.step.topic

    def by(self, provider: str, model: str) -> None:
        """Record which provider and model do the work."""
        self.attempt.provider, self.attempt.model = provider, model

    def tell_started(self) -> None:
        """Send `step_started` to the apps above. Call it after the app's own rows say that the work has begun."""
        step_started.send(sender=Step, step=self.step)

    def artifact(self, inputs: Inputs, make: Make) -> dict[str, Any]:
        """The result of `make` for these inputs, made now or in an earlier try: see `artifacts.found_or_made`."""
        return artifacts.found_or_made(self, self.slots, self.attempt, inputs, make)

    @contextmanager
    def commit(self) -> Iterator[None]:
        """As `guard`. When the block succeeds, the step is done and the next link of its chain may start."""
        now = database_now()
        with transaction.atomic():
            self._end(Step.State.DONE, now)
            yield
            self._unblock_next(now)
            self._record("done", now)

    def fail(self, code: str) -> None:
        """End the step as failed. Call it in the transaction that also writes the failure to the app's rows."""
        now = database_now()
        self._end(Step.State.FAILED, now, code=code)
        self._record(code, now)

    def postpone(self, due_at: datetime, *, code: str, counts: bool) -> None:
        """Put the step back into its queue. Admission sends it again at `due_at`. `counts`: whether this try counts."""
        now = database_now()
        changes: dict[str, Any] = {"state": Step.State.DUE, "due_at": due_at, "lease_until": None, "code": code}
        if counts:
            changes["attempts"] = self.step.attempts + 1
        with transaction.atomic():
            self.change(changes)
            self._record(code, now)

    def _end(self, state: Step.State, now: datetime, *, code: str = "") -> None:
        self.change({"state": state, "code": code, "ended_at": now, "lease_until": None, "announced": False})

    def _record(self, outcome: str, now: datetime) -> None:
        self.attempt.write(self.step, self.fence, outcome, now)

    def _unblock_next(self, now: datetime) -> None:
        """Mark the next link as sent, since Celery's chain delivers it, or as due when it has to queue."""
        following = Step.objects.filter(chain=self.step.chain, link=self.step.link + 1, state=Step.State.BLOCKED)
        kind = following.values_list("kind", flat=True).first()
        if kind is None:
            return
        self.next_waits = not admission.goes_on(kind)
        if self.next_waits:
            following.update(state=Step.State.DUE, due_at=now)
        else:
            following.update(state=Step.State.SENT, due_at=now, lease_until=now + engine().sent_lease)


def claim(step_id: int) -> Claim | None:
    """Claim the sent step. None when it cannot be claimed: done, claimed by another, cancelled or deleted."""
    step = Step.objects.filter(pk=step_id, state=Step.State.SENT).first()
    if step is None:
        return None
    now = database_now()
    changes: dict[str, Any] = {
        "state": Step.State.RUNNING,
        "fence": step.fence + 1,
        "lease_until": now + engine().lease,
        "started_at": now,
        "holder": holders.this_process(),
    }
    sent = Step.objects.filter(pk=step_id, state=Step.State.SENT, fence=step.fence)
    if not sent.update(**changes):
        return None
    for name, value in changes.items():
        setattr(step, name, value)
    return Claim(step, waited=now - step.due_at)
