"""Admission: sends due steps as messages, in order, and no more than may run at once.

It runs once a second in every worker process, and after each commit that plans work, so that an idle system starts the
work at once. Several processes may run it at the same time: every decision is a compare-and-set on a row. The same pass
recovers from crashes: a step whose lease has expired is due again.
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
    """One pass: recover lost steps, announce ended steps that were not announced, admit due steps."""
    if not _leases_trusted:
        recover()
    announce_late()
    admit()


_leases_trusted = Away()


def trust_leases() -> None:
    """Do not recover for two heartbeats: while the database was away, no process could renew its leases."""
    _leases_trusted.leave_alone(2 * engine().heartbeat.total_seconds())


_outage = Away()
"""While it lasts, this process admits only in ticks, so that a person's request does not wait for Redis again."""
_requested: set[str] = set()
"""Queues for which admission was requested and has not run yet."""
_admitting = threading.Lock()


def admit_soon(queue: str) -> None:
    """Admit now; when broker or database is away, the next tick does it. Raises nothing.

    A caller that comes while another thread admits adds its queue to `_requested` and returns. One pass serves many.
    """
    _requested.add(queue)
    # The second pass is for queues added during the first. Later ones wait for the tick: a caller must return soon.
    for _ in range(2):
        if not _requested or not _admitting.acquire(blocking=False):
            return
        try:
            _admit_requested()
        finally:
            _admitting.release()


def _admit_requested() -> None:
    with suppress(KeyError):
        queue = _requested.pop()
        if _outage:
            return
        try:
            admit(queue)
        except (BrokerAway, *DATABASE_AWAY):
            _outage.leave_alone(TROUBLE_SECONDS)
            logger.warning("broker or database away: due steps wait for the next tick")


def admit(queue: str | None = None) -> int:
    """Send due steps, up to each queue's limit of steps at once. Returns how many were sent."""
    held = breaker.open_kinds()
    return sum(_Pass(each, set(held)).run() for each in ([queue] if queue else queues()))


def in_order(queue: str, now: datetime) -> QuerySet[Step]:
    """The due steps of a queue in queue order."""
    return Step.objects.filter(state=Step.State.DUE, queue=queue, due_at__lte=now).order_by("virtual_time", "pk")


def goes_on(kind: str) -> bool:
    """Whether a link of a running chain may start at once: it needs no quota, and its breaker is closed."""
    return not needs(kind) and not breaker.lately_open(kind)


class _Pass:
    """One admission pass over one queue. It skips step kinds that cannot start now and goes on with the others."""

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
        # The free room is counted again in each round, because other processes admit at the same time.
        while more and (wanted := self._room()):
            steps = list(in_order(self._queue, now).exclude(kind__in=set(self._passed_over))[:wanted])
            for step in steps:
                if step.kind not in self._passed_over:
                    self._admit(step)
            # After steps that got no slot there may be steps that need none.
            more = len(steps) == wanted
        metrics.admitted(self._queue, self._sent)
        return self._sent

    def _probe(self, kind: str, now: datetime) -> None:
        """Send one step of a held kind, to see whether its provider is back. The others wait for its outcome.

        A step that has only files to save goes first: it tests the file store without cost. Otherwise the step with the
        fewest attempts goes first, so that one input that always fails does not keep the breaker open.
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
        """Take the row first and the slot second: a process that does not get the row takes no slot."""
        # A step whose paid files only have to be saved needs no slot.
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
    """Send the unfinished links of the step's chain. When the broker is away, the row is due again at once."""
    rest = Step.objects.filter(chain=step.chain, link__gte=step.link).order_by("link")
    links = [current_app.signature(link.kind, args=(link.pk,), immutable=True, queue=link.queue) for link in rest]
    try:
        chain(*links).apply_async()
    except BrokerAway:
        Step.objects.filter(pk=step.pk, state=Step.State.SENT).update(state=Step.State.DUE, lease_until=None)
        raise


def recover() -> int:
    """Make steps due again whose process died or whose message was lost. Returns how many."""
    now = database_now()
    ran_out = Q(state__in=(Step.State.SENT, Step.State.RUNNING), lease_until__lt=now)
    of_dead_process = Q(state=Step.State.RUNNING, holder__in=_dead_holders())
    lost = Step.objects.filter(ran_out | of_dead_process).order_by("lease_until", "started_at")[:200]
    recovered = 0
    for step in lost:
        try:
            recovered += _recover_step(step, now)
        except Exception as error:  # noqa: BLE001 - logged without its message, which may hold personal data
            # One bad row must not stop the recovery of the others. The next pass tries it again.
            logger.error("step %s (%s) cannot be recovered: %s", step.pk, step.kind, location_of(error))
    return recovered


def _dead_holders() -> list[str]:
    """The processes of this machine that hold steps and have ended. Their leases need not expire first."""
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
    """Whether the crash of the process counts for this step: only for the step that began last in that process.

    A poison step kills its process soon after it begins, every time. Other steps of the process do not. A step that
    passed its deadline has no holder any more: its own process counted the crash (see `heartbeat`). Weakness: a step
    that kills late, after others have begun, is found only after several more crashes.
    """
    if not step.holder or step.started_at is None:
        return False
    same_process = Step.objects.filter(state=Step.State.RUNNING, holder=step.holder)
    return not same_process.filter(started_at__gt=step.started_at).exists()


def announce(step: Step) -> None:
    """Send `step_ended` to the apps above, and mark the step as announced."""
    step_ended.send(sender=Step, step=step)
    Step.objects.filter(pk=step.pk).update(announced=True)


def announce_late() -> None:
    """Announce steps that ended, but whose process died between the commit and the announcement."""
    before = database_now() - engine().announce_after
    for step in Step.objects.filter(announced=False, ended_at__lt=before).order_by("ended_at")[:200]:
        try:
            announce(step)
        except Exception as error:  # noqa: BLE001 - logged without its message, which may hold personal data
            logger.error("step %s (%s) cannot be announced: %s", step.pk, step.kind, location_of(error))
