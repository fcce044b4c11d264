"""A worker's claim on a step: taken by compare-and-set, ended together with what the end means."""

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
    """The lease on a running step, with what its try needs: slots for its calls, and its record."""

    def __init__(self, step: Step, waited: timedelta) -> None:
        super().__init__(step)
        self.attempt = AttemptRecord(waited)
        self.slots = CallSlots(self, self.attempt)
        self.next_waits = False
        """Whether the chain's next link has to queue: then admission sends it."""

    @property
    def subject(self) -> str:
        return self.step.subject

    @property
    def topic(self) -> str:
        return self.step.topic

    def by(self, provider: str, model: str) -> None:
        """Who does the work."""
        self.attempt.provider, self.attempt.model = provider, model

    def tell_started(self) -> None:
        """Tell the rooms above that the work has begun. To be called when one's own rows say so."""
        step_started.send(sender=Step, step=self.step)

    def artifact(self, inputs: Inputs, make: Make) -> dict[str, Any]:
        """What `make` made of these inputs, now or in an earlier try: see `artifacts.found_or_made`."""
        return artifacts.found_or_made(self, self.slots, self.attempt, inputs, make)

    @contextmanager
    def commit(self) -> Iterator[None]:
        """As `guard`; when the block ends well the step is done and the next one of the chain is on its way."""
        now = database_now()
        with transaction.atomic():
            self._end(Step.State.DONE, now)
            yield
            self._unblock_next(now)
            self._record("done", now)

    def fail(self, code: str) -> None:
        """End the step for good. Call inside a transaction together with what the failure means above."""
        now = database_now()
        self._end(Step.State.FAILED, now, code=code)
        self._record(code, now)

    def postpone(self, due_at: datetime, *, code: str, counts: bool) -> None:
        """Put the step back; admission sends it again when it is due."""
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
        """Celery's chain brings the next link, unless it has to queue."""
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
    """Take the sent step, or None when there is nothing to take (done, taken, cancelled, deleted)."""
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
