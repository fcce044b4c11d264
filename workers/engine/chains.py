"""Plan, retry, cancel and delete chains of steps. The apps above the engine call these functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, QuerySet

from workers.clock import database_now
from workers.engine import admission
from workers.engine.configuration import queues
from workers.identifiers import new_id
from workers.models import Artifact, Attempt, Step

UNFINISHED = (Step.State.BLOCKED, Step.State.DUE, Step.State.SENT, Step.State.RUNNING)


CLASS_DELAY = timedelta(minutes=10)
"""How much later the virtual time of each class of `Step.Priority` is than that of the class before."""
FAIR_SHARE = timedelta(minutes=1)
"""How much later each further chain of the same person is, so that one person cannot fill the queue."""


def plan(kinds: Sequence[str], *, queue: str, subject: str, topic: str, owner: str, priority: Step.Priority) -> str:
    """Write the steps of a chain in the caller's transaction; admission runs when it commits. Returns the chain's id.

    The queue is ordered by virtual time: the time of the request, plus minutes for a lower class and for each chain
    that the same person has under way. Later requests get later times, so no chain starves.

    Raises ValueError for a queue that settings do not name, because no worker consumes it.
    """
    if queue not in queues():
        raise ValueError(f"settings name no queue {queue!r}")
    chain = new_id()
    now = database_now()
    virtual_time = now + priority * CLASS_DELAY + _at_once(owner, queue) * FAIR_SHARE
    Step.objects.bulk_create(
        Step(
            chain=chain,
            link=number,
            kind=kind,
            queue=queue,
            subject=subject,
            topic=topic,
            owner=owner,
            priority=priority,
            state=Step.State.BLOCKED if number else Step.State.DUE,
            virtual_time=virtual_time,
            due_at=now,
            created_at=now,
        )
        for number, kind in enumerate(kinds)
    )
    transaction.on_commit(partial(admission.admit_soon, queue))
    return chain


def _at_once(owner: str, queue: str) -> int:
    """How many chains of this person wait or run in the queue."""
    under_way = (Step.State.DUE, Step.State.SENT, Step.State.RUNNING)
    return Step.objects.filter(owner=owner, queue=queue, state__in=under_way).count()


def retry(subject: str) -> int:
    """Make the failed steps of a subject due again, with their counts at zero. Returns how many chains."""
    now = database_now()
    failed = Step.objects.filter(subject=subject, state__in=(Step.State.FAILED, Step.State.CANCELLED))
    first_of_chain = {step.chain: step for step in failed.order_by("-link")}
    for step in first_of_chain.values():
        Step.objects.filter(chain=step.chain, link__gt=step.link).update(state=Step.State.BLOCKED, announced=True)
        Step.objects.filter(pk=step.pk).update(
            state=Step.State.DUE, due_at=now, created_at=now, attempts=0, crashes=0, code="", announced=True
        )
    for queue in {step.queue for step in first_of_chain.values()}:
        transaction.on_commit(partial(admission.admit_soon, queue))
    return len(first_of_chain)


def cancel(subject: str) -> int:
    """Cancel all unfinished steps of a subject. A worker that runs one loses its lease. Returns how many steps."""
    with _locked(subject) as steps:
        return steps.filter(state__in=UNFINISHED).update(
            state=Step.State.CANCELLED, fence=F("fence") + 1, lease_until=None, ended_at=database_now()
        )


def forget(subject: str) -> None:
    """Delete all rows of a subject. A worker that runs one of its steps loses its lease."""
    with _locked(subject) as steps:
        Attempt.objects.filter(step__in=steps).delete()
        steps.delete()
        Artifact.objects.filter(subject=subject).delete()


@contextmanager
def _locked(subject: str) -> Iterator[QuerySet[Step]]:
    """The subject's steps, locked in a transaction. A worker that ends one of them waits, and then gets LeaseLost.

    Rows are always locked in the order of their keys, which prevents deadlocks.
    """
    steps = Step.objects.filter(subject=subject)
    with transaction.atomic():
        list(steps.select_for_update().order_by("pk").values_list("pk", flat=True))
        yield steps
