"""Admission: due rows become messages, in order, no faster than they can be worked on.

Runs in every worker process once a second and, so that an idle system answers at once, after each commit
that plans work. Any number may run at the same time: every decision is a compare-and-set on a row.
Recovery after a crash is the same pass: a lease that ran out makes its row due again.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime

from celery import chain, current_app
from django.db import DatabaseError, transaction
from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from kombu.exceptions import OperationalError as BrokerAway

from workers import quota, registry
from workers.clock import database_now
from workers.models import Attempt, Step
from workers.policies import policies
from workers.queues import Queue
from workers.signals import step_ended

logger = logging.getLogger(__name__)

TROUBLE_SECONDS = 5.0


def tick() -> None:
    """One pass: recover what was lost, announce what was not, admit what is due."""
    recover()
    announce_late()
    admit()


_trouble_until = 0.0
"""Until when this process leaves admission to the ticks: a person's request must not wait for Redis twice."""


def admit_soon() -> None:
    """Admit now; when broker or database cannot be had, the next tick does it. Raises nothing."""
    global _trouble_until
    if time.monotonic() < _trouble_until:
        return
    try:
        admit()
    except (BrokerAway, DatabaseError):
        _trouble_until = time.monotonic() + TROUBLE_SECONDS
        logger.warning("broker or database away: due steps wait for the next tick")


def admit() -> int:
    """Send due steps up to each queue's number in flight. Returns how many went out."""
    return sum(_admit_queue(queue) for queue in Queue)


def _admit_queue(queue: Queue) -> int:
    now = database_now()
    busy = Step.objects.filter(queue=queue, state__in=(Step.State.SENT, Step.State.RUNNING)).count()
    room = policies().at_once[queue] + policies().sent_ahead - busy
    sent = 0
    full: set[str] = set()
    while room > sent:
        # Kinds without a slot must not hide those behind them that need none.
        step = in_order(queue, now).exclude(kind__in=full).first()
        if step is None:
            break
        try:
            wait = quota.reserve(quota.needs(step.kind))
        except (quota.NoSlot, quota.QuotaAway):
            full.add(step.kind)
            continue
        due = Step.objects.filter(pk=step.pk, state=Step.State.DUE)
        if due.update(state=Step.State.SENT, lease_until=now + wait + policies().sent_lease, slot_at=now + wait):
            _send(step)
            sent += 1
        else:
            _give_back(step)
    return sent


def _give_back(step: Step) -> None:
    """Another process admitted the step at the same moment: its slot is enough."""
    for name, units in quota.needs(step.kind).items():
        quota.give_back(name, units)


def in_order(queue: Queue, now: datetime) -> QuerySet[Step]:
    """Due steps of a queue: by class, then turn by turn among people, then by age."""
    turn = Window(RowNumber(), partition_by=[F("priority"), F("owner")], order_by=["due_at", "pk"])
    return (
        Step.objects.filter(state=Step.State.DUE, queue=queue, due_at__lte=now)
        .annotate(turn=turn)
        .order_by("priority", "turn", "due_at", "pk")
    )


def _send(step: Step) -> None:
    """Send the chain of what is unfinished. When the broker is away the row is due again at once."""
    rest = Step.objects.filter(chain=step.chain, place__gte=step.place).order_by("place")
    links = [current_app.signature(link.kind, args=(link.pk,), immutable=True, queue=link.queue) for link in rest]
    try:
        chain(*links).apply_async()
    except BrokerAway:
        Step.objects.filter(pk=step.pk, state=Step.State.SENT).update(state=Step.State.DUE, lease_until=None)
        raise


def recover() -> int:
    """Make due again what a dead process held or a lost message meant. Returns how many rows."""
    now = database_now()
    lost = Step.objects.filter(state__in=(Step.State.SENT, Step.State.RUNNING), lease_until__lt=now).order_by(
        "lease_until"
    )[:200]
    recovered = 0
    for step in lost:
        try:
            recovered += _recover_step(step, now)
        except Exception:
            # One bad row must not stop the house; it stays for the next pass and in the log.
            logger.exception("step %s (%s) cannot be recovered", step.pk, step.kind)
    return recovered


def _recover_step(step: Step, now: datetime) -> bool:
    same = Step.objects.filter(pk=step.pk, state=step.state, fence=step.fence, lease_until=step.lease_until)
    if step.state == Step.State.SENT:
        return bool(same.update(state=Step.State.DUE, lease_until=None))
    crashes = step.crashes + 1
    poison = crashes >= policies().most_crashes
    with transaction.atomic():
        changed = same.update(
            state=Step.State.FAILED if poison else Step.State.DUE,
            fence=F("fence") + 1,
            crashes=crashes,
            lease_until=None,
            due_at=now,
            **({"code": "failed", "ended_at": now, "announced": False} if poison else {}),
        )
        if not changed:
            return False
        Attempt.objects.create(
            step=step,
            fence=step.fence,
            outcome="poison" if poison else "lost",
            waiting_seconds=0,
            working_seconds=(now - step.started_at).total_seconds() if step.started_at else 0,
            started_at=step.started_at or now,
        )
        if poison:
            registry.failed(step.kind, step.subject, "failed")
    logger.warning("step %s (%s) lost its process, crash %s", step.pk, step.kind, crashes)
    if poison:
        announce(Step.objects.get(pk=step.pk))
    return True


def announce(step: Step) -> None:
    """Tell the floors above that a step ended, and remember that they were told."""
    step_ended.send(sender=Step, step=step)
    Step.objects.filter(pk=step.pk).update(announced=True)


def announce_late() -> None:
    """Announce what ended while its process died between commit and news."""
    before = database_now() - policies().announce_after
    for step in Step.objects.filter(announced=False, ended_at__lt=before).order_by("ended_at")[:200]:
        try:
            announce(step)
        except Exception:
            logger.exception("step %s (%s) cannot be announced", step.pk, step.kind)


def depth() -> dict[str, int]:
    """Unfinished steps by state."""
    counts = Step.objects.exclude(state__in=(Step.State.DONE, Step.State.CANCELLED)).values("state")
    return {row["state"]: row["number"] for row in counts.annotate(number=Count("pk"))}
