"""Admission: due rows become messages, in order, no faster than they can be worked on.

Runs in every worker process once a second and, so that an idle system answers at once, after each commit
that plans work. Any number may run at the same time: every decision is a compare-and-set on a row.
Recovery after a crash is the same pass: a lease that ran out makes its row due again.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from datetime import datetime

from celery import chain, current_app
from django.db import transaction
from django.db.models import F, Q, QuerySet
from kombu.exceptions import OperationalError as BrokerAway

from workers.away import Away
from workers.clock import database_now
from workers.engine import breaker, holders, keeping, registry
from workers.engine.configuration import engine, queues
from workers.errors import DATABASE_AWAY, NoSlot, QuotaAway, location_of
from workers.models import Attempt, Step
from workers.operations import metrics
from workers.quota import limiter
from workers.quota.policy import needs
from workers.signals import step_ended

logger = logging.getLogger(__name__)

TROUBLE_SECONDS = 5.0


def tick() -> None:
    """One pass: recover what was lost, announce what was not, admit what is due."""
    if not _leases_trusted:
        recover()
    announce_late()
    admit()


_leases_trusted = Away()


def trust_leases() -> None:
    """The database was away: heartbeats could not be written either, so none is missed for a while."""
    _leases_trusted.leave_alone(2 * engine().heartbeat.total_seconds())


_outage = Away()
"""While it lasts this process leaves admission to the ticks: a person's request must not wait for Redis twice."""
_wished: set[str] = set()
_admitting = threading.Lock()


def admit_soon(queue: str) -> None:
    """Admit now; when broker or database cannot be had, the next tick does it. Raises nothing.

    Whoever comes while this process is at it leaves the wish and goes on: one pass serves many.
    """
    _wished.add(queue)
    # One pass for whoever came meanwhile, and then the tick: no caller works for all the others.
    for _ in range(2):
        if not _wished or not _admitting.acquire(blocking=False):
            return
        try:
            _admit_wished()
        finally:
            _admitting.release()


def _admit_wished() -> None:
    with suppress(KeyError):
        queue = _wished.pop()
        if _outage:
            return
        try:
            admit(queue)
        except (BrokerAway, *DATABASE_AWAY):
            _outage.leave_alone(TROUBLE_SECONDS)
            logger.warning("broker or database away: due steps wait for the next tick")


def admit(queue: str | None = None) -> int:
    """Send due steps up to each queue's number in flight. Returns how many went out."""
    held = breaker.open_kinds()
    return sum(_Pass(each, set(held)).run() for each in ([queue] if queue else queues()))


def in_order(queue: str, now: datetime) -> QuerySet[Step]:
    """Due steps of a queue, the next first."""
    return Step.objects.filter(state=Step.State.DUE, queue=queue, due_at__lte=now).order_by("virtual_time", "pk")


def goes_on(kind: str) -> bool:
    """Whether a link of a running chain may begin at once: nothing to queue for, nobody to be passed."""
    return not needs(kind) and not breaker.lately_open(kind)


class _Pass:
    """One queue's admission, once. Kinds that cannot go now must not hide those behind them that can."""

    def __init__(self, queue: str, held: set[str]) -> None:
        self._queue = queue
        self._passed_over = held
        self._sent = 0

    def run(self) -> int:
        now = database_now()
        if self._passed_over and self._room():
            for kind in sorted(self._passed_over):
                self._probe(kind, now)
        more = True
        # Counted anew each time: others admit at the same time.
        while more and (wanted := self._room()):
            steps = list(in_order(self._queue, now).exclude(kind__in=set(self._passed_over))[:wanted])
            for step in steps:
                if step.kind not in self._passed_over:
                    self._admit(step)
            # Behind those that had no slot there may be others that need none.
            more = len(steps) == wanted
        metrics.admitted(self._queue, self._sent)
        return self._sent

    def _probe(self, kind: str, now: datetime) -> None:
        """One step shows whether the provider is back; the others wait for what becomes of it.

        First one that has only files to save, which shows for nothing whether the store is back. Then the least tried:
        an input that alone provokes the fault must not be the only witness.
        """
        due = in_order(self._queue, now).filter(kind=kind).annotate(kept=keeping.of_step())
        step = due.order_by("-kept", "attempts", "virtual_time", "pk").first()
        slot = step is not None and (step.kept or not needs(kind) or self._slot_soon(kind))
        if step is not None and slot and breaker.may_probe(kind):
            self._admit(step)

    def _room(self) -> int:
        in_flight = Step.objects.filter(queue=self._queue, state__in=(Step.State.SENT, Step.State.RUNNING))
        return max(0, engine().at_once[self._queue] + engine().sent_ahead - in_flight.count())

    def _admit(self, step: Step) -> None:
        """The row first, then the slot: whoever loses the row to another process has taken no slot."""
        # What is paid and only to be saved needs no slot.
        units = needs(step.kind)
        if units and keeping.waits(step.subject):
            units = {}
        if units and not self._slot_soon(step.kind):
            return
        now = database_now()
        due = Step.objects.filter(pk=step.pk, state=Step.State.DUE, fence=step.fence)
        lease = now + engine().sent_lease
        if not due.update(state=Step.State.SENT, lease_until=lease, slot_at=None):
            return
        if units and not self._take_slot(step):
            return
        _send(step)
        self._sent += 1

    def _slot_soon(self, kind: str) -> bool:
        try:
            soon = limiter.look_ahead(needs(kind)) <= limiter.HORIZON
        except (NoSlot, QuotaAway):
            soon = False
        if not soon:
            self._passed_over.add(kind)
        return soon

    def _take_slot(self, step: Step) -> bool:
        sent = Step.objects.filter(pk=step.pk, state=Step.State.SENT, fence=step.fence)
        try:
            wait = limiter.reserve(needs(step.kind), holder=f"{step.pk}/{step.fence + 1}")
        except (NoSlot, QuotaAway):
            self._passed_over.add(step.kind)
            sent.update(state=Step.State.DUE, lease_until=None)
            return False
        slot_at = database_now() + wait
        sent.update(slot_at=slot_at, lease_until=slot_at + engine().sent_lease)
        return True


def _send(step: Step) -> None:
    """Send the chain of what is unfinished. When the broker is away the row is due again at once."""
    rest = Step.objects.filter(chain=step.chain, link__gte=step.link).order_by("link")
    links = [current_app.signature(link.kind, args=(link.pk,), immutable=True, queue=link.queue) for link in rest]
    try:
        chain(*links).apply_async()
    except BrokerAway:
        Step.objects.filter(pk=step.pk, state=Step.State.SENT).update(state=Step.State.DUE, lease_until=None)
        raise


def recover() -> int:
    """Make due again what a dead process held or a lost message meant. Returns how many rows."""
    now = database_now()
    ran_out = Q(state__in=(Step.State.SENT, Step.State.RUNNING), lease_until__lt=now)
    held_by_nobody = Q(state=Step.State.RUNNING, holder__in=_dead_holders())
    lost = Step.objects.filter(ran_out | held_by_nobody).order_by("lease_until", "started_at")[:200]
    recovered = 0
    for step in lost:
        try:
            recovered += _recover_step(step, now)
        except Exception as error:  # noqa: BLE001 - told without its message, which may repeat what a person gave
            # One bad row must not stop the house; it stays for the next pass and in the log.
            logger.error("step %s (%s) cannot be recovered: %s", step.pk, step.kind, location_of(error))
    return recovered


def _dead_holders() -> list[str]:
    """Of the processes on this machine that hold steps those that are gone: nobody waits for their leases."""
    here = Step.objects.filter(state=Step.State.RUNNING, holder__startswith=f"{holders.PID_SPACE}:")
    return [holder for holder in here.values_list("holder", flat=True).distinct() if holders.is_dead(holder)]


def _recover_step(step: Step, now: datetime) -> bool:
    same = Step.objects.filter(pk=step.pk, state=step.state, fence=step.fence, lease_until=step.lease_until)
    if step.state == Step.State.SENT:
        recovered = bool(same.update(state=Step.State.DUE, lease_until=None))
        if recovered:
            metrics.recovered(step.kind, "sent")
        return recovered
    crashes = step.crashes + _is_blamed(step)
    poison = crashes >= engine().most_crashes
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
    metrics.recovered(step.kind, "poison" if poison else "running")
    logger.warning("step %s (%s) lost its process, crash %s", step.pk, step.kind, crashes)
    if poison:
        announce(Step.objects.get(pk=step.pk))
    return True


def _is_blamed(step: Step) -> bool:
    """Whether this step may have killed its process: of those that died with it, the one that was begun last.

    A poison step kills soon after it begins, and dies again and again; those beside it do not. One that passed its
    deadline was blamed by its own process and has no holder any more. Weakness: a step that kills late, with others
    always begun after it, takes several more crashes to be found out.
    """
    if not step.holder or step.started_at is None:
        return False
    beside = Step.objects.filter(state=Step.State.RUNNING, holder=step.holder)
    return not beside.filter(started_at__gt=step.started_at).exists()


def announce(step: Step) -> None:
    """Tell the floors above that a step ended, and remember that they were told."""
    step_ended.send(sender=Step, step=step)
    Step.objects.filter(pk=step.pk).update(announced=True)


def announce_late() -> None:
    """Announce what ended while its process died between commit and news."""
    before = database_now() - engine().announce_after
    for step in Step.objects.filter(announced=False, ended_at__lt=before).order_by("ended_at")[:200]:
        try:
            announce(step)
        except Exception as error:  # noqa: BLE001 - told without its message, which may repeat what a person gave
            logger.error("step %s (%s) cannot be announced: %s", step.pk, step.kind, location_of(error))
