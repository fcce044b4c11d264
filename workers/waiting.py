"""The place in the queue and the seconds to go: read off the rows, like everything else."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import mean

from workers.admission import in_order
from workers.clock import database_now
from workers.models import Attempt, Step
from workers.policies import policies
from workers.queues import Queue

UNBEGUN = (Step.State.SENT, Step.State.DUE)


@dataclass(frozen=True)
class Waiting:
    position: int
    """1 = next."""
    seconds: int
    """Estimated until the step begins, ≥ 1."""


def waiting(subject: str) -> Waiting | None:
    """The place of a subject whose work has not begun or was put back; None when it is being worked on."""
    step = Step.objects.filter(subject=subject, state__in=UNBEGUN).first()
    return line(Queue(step.queue)).get(subject) if step else None


def line(queue: Queue) -> dict[str, Waiting]:
    """Everybody who waits in a queue: those already sent, then the due ones in admission's order, then those put back.

    A link between two steps of a running chain does not wait. Weakness: the estimate takes the mean of the last
    fifty working times and the number of workers as the rate; it does not foresee a quota.
    """
    now = database_now()
    sent = Step.objects.filter(queue=queue, state=Step.State.SENT, place=0).order_by("lease_until", "pk")
    later = Step.objects.filter(queue=queue, state=Step.State.DUE, due_at__gt=now).order_by("due_at", "pk")
    rows = [
        *sent.values_list("subject", "due_at"),
        *in_order(queue, now).values_list("subject", "due_at"),
        *later.values_list("subject", "due_at"),
    ]
    if not rows:
        return {}
    per_start = _seconds_per_start(queue)
    running = Step.objects.filter(queue=queue, state=Step.State.RUNNING).count()
    # Somebody being worked on is half done on average.
    ahead = 0.5 * per_start * min(1, running)
    return {
        subject: Waiting(
            position=place + 1,
            seconds=max(1, round(max(ahead + place * per_start, (due_at - now).total_seconds()))),
        )
        for place, (subject, due_at) in enumerate(rows)
    }


def _seconds_per_start(queue: Queue) -> float:
    recent = Attempt.objects.filter(step__queue=queue, outcome="done").order_by("-pk")
    times: dict[str, list[float]] = defaultdict(list)
    for kind, seconds in recent.values_list("step__kind", "working_seconds")[:50]:
        times[kind].append(seconds)
    whole_chain = sum(mean(of_kind) for of_kind in times.values())
    return (whole_chain or 1.0) / policies().at_once[queue]
