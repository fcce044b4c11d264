"""Queue position of a subject, and the estimated seconds until its work begins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from statistics import mean

from django.db.models import Q

from workers.clock import database_now
from workers.engine import breaker
from workers.engine.configuration import engine
from workers.engine.liveness import silent_queues
from workers.errors import NoSlot, QuotaAway
from workers.models import Attempt, Step
from workers.quota import limiter
from workers.quota.policy import needs

UNBEGUN = Q(state=Step.State.DUE) | Q(state=Step.State.SENT, link=0)
"""Steps that have not begun. A later link that is sent belongs to a running chain and does not wait."""

RECENT_STEPS = 15
"""How many of a queue's latest steps its pace is estimated from: a few chains."""


class Reason(StrEnum):
    """What the work waits for."""

    QUEUE = "queue"
    """Other work is before it in the queue."""
    PROVIDER = "provider"
    """Its provider is misconfigured or down."""
    NO_WORKER = "no_worker"
    """The queue has no living worker."""


@dataclass(frozen=True)
class Waiting:
    position: int
    """1 = next."""
    seconds: int | None
    """Estimated seconds until the step begins, ≥ 1. None for every reason but the queue: then it is unknown."""
    reason: Reason


def waiting(subject: str) -> Waiting | None:
    """The position of a subject whose work has not begun or was put back; None while it is being worked on.

    Only steps of the same kind are counted: a step does not wait for steps that use another provider.
    """
    silent = silent_queues()
    step = Step.objects.filter(_waits(silent), subject=subject).first()
    if step is None:
        return None
    return _waiting(step, _ahead_of(step, silent), _Pace.of(step, silent), database_now())


def waiting_of_each(subjects: Iterable[str]) -> dict[str, Waiting]:
    """`waiting` of many subjects, with one query for each step kind."""
    now, found, silent = database_now(), {}, silent_queues()
    wanted = Step.objects.filter(_waits(silent), subject__in=list(subjects))
    by_kind: dict[str, list[Step]] = defaultdict(list)
    for step in wanted:
        by_kind[step.kind].append(step)
    for kind, steps in by_kind.items():
        pace = _Pace.of(steps[0], silent)
        everybody = Step.objects.filter(_waits(silent), kind=kind, queue=steps[0].queue).order_by("virtual_time", "pk")
        order = {pk: ahead for ahead, pk in enumerate(everybody.values_list("pk", flat=True))}
        for step in steps:
            # A step that was planned between the two queries counts as the last.
            found[step.subject] = _waiting(step, order.get(step.pk, len(order)), pace, now)
    return found


def _waits(silent: set[str]) -> Q:
    """Steps that have not begun. In a silent queue, begun steps too: their worker is frozen or gone."""
    return UNBEGUN | Q(state__in=(Step.State.SENT, Step.State.RUNNING), queue__in=silent)


def _ahead_of(step: Step, silent: set[str]) -> int:
    before = Q(virtual_time__lt=step.virtual_time) | Q(virtual_time=step.virtual_time, pk__lt=step.pk)
    return Step.objects.filter(_waits(silent), before, queue=step.queue, kind=step.kind).count()


@dataclass(frozen=True)
class _Pace:
    """How fast the queue of a kind moves."""

    seconds_per_start: float
    begun: float
    """Seconds until the first in the queue begins."""
    reason: Reason

    @classmethod
    def of(cls, step: Step, silent: set[str]) -> _Pace:
        """The slower of two estimates: workers, from recent working times, and quota, from the limiter.

        Weakness: a slower machine or a change of model shows only after some steps.
        """
        seconds = _seconds_of_work(step.queue)
        at_once = engine().at_once[step.queue]
        workers = (sum(seconds.values()) or 1.0) / at_once
        busy = _seconds_to_a_free_worker(step.queue, seconds, at_once)
        pace = cls(workers, busy, _reason(step, silent))
        units = needs(step.kind)
        if not units:
            return pace
        try:
            ahead, interval = limiter.look_ahead(units).total_seconds(), limiter.interval(units)
        except (NoSlot, QuotaAway):
            return pace
        return replace(pace, seconds_per_start=max(workers, interval * _calls(step.kind)), begun=max(busy, ahead))


def _reason(step: Step, silent: set[str]) -> Reason:
    """A missing worker comes before every other reason."""
    if step.queue in silent:
        return Reason.NO_WORKER
    return Reason.PROVIDER if step.kind in breaker.open_kinds() else Reason.QUEUE


def _waiting(step: Step, ahead: int, pace: _Pace, now: datetime) -> Waiting:
    in_queue = pace.begun + ahead * pace.seconds_per_start
    put_back = (step.due_at - now).total_seconds()
    seconds = max(1, round(max(in_queue, put_back))) if pace.reason == Reason.QUEUE else None
    return Waiting(position=ahead + 1, seconds=seconds, reason=pace.reason)


def _seconds_of_work(queue: str) -> dict[str, float]:
    """Working seconds of each step kind of the queue.

    The lower quartile of recent steps: a burst of requests slows the machine, but only for some seconds.
    """
    recent = Attempt.objects.filter(step__queue=queue, outcome="done", reused=False).order_by("-pk")
    times: dict[str, list[float]] = defaultdict(list)
    for kind, seconds in recent.values_list("step__kind", "working_seconds")[:RECENT_STEPS]:
        times[kind].append(seconds)
    return {kind: sorted(of_kind)[len(of_kind) // 4] for kind, of_kind in times.items()}


def _seconds_to_a_free_worker(queue: str, seconds: dict[str, float], at_once: int) -> float:
    """Seconds until the first of the running chains ends; 0 when a worker is free.

    When there are more running chains than workers, they share the workers, so each takes longer.
    """
    now = database_now()
    links = Step.objects.filter(queue=queue)
    left: dict[str, float] = {}
    for chain, kind, started_at in links.filter(state=Step.State.RUNNING).values_list("chain", "kind", "started_at"):
        left[chain] = max(0.0, seconds.get(kind, 1.0) - (now - (started_at or now)).total_seconds())
    for chain, kind in links.filter(state=Step.State.SENT, link__gt=0).values_list("chain", "kind"):
        left[chain] = seconds.get(kind, 1.0)
    if len(left) < at_once:
        return 0.0
    behind = links.filter(state=Step.State.BLOCKED, chain__in=list(left))
    for chain, kind in behind.values_list("chain", "kind"):
        left[chain] += seconds.get(kind, 1.0)
    return min(left.values()) * len(left) / at_once


def _calls(kind: str) -> float:
    """The mean number of calls of one step of the kind, from up to 20 recent steps; 1 when there is none."""
    recent = Attempt.objects.filter(step__kind=kind, outcome="done", calls__gt=0).order_by("-pk")
    return mean(recent.values_list("calls", flat=True)[:20] or [1])
