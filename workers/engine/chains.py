"""Plan, retry and cancel chains of steps: what the floors above ask of the engine."""

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
"""Each class of `Step.Priority` stands this much behind the one before it."""
FAIR_SHARE = timedelta(minutes=1)
"""Each further piece of work of the same person stands this much further behind, so that people take turns."""


def plan(kinds: Sequence[str], *, queue: str, subject: str, topic: str, owner: str, priority: Step.Priority) -> str:
    """Write the steps of a chain in the caller's transaction; they go out when it commits. Returns the chain's id.

    The queue is ordered by virtual time: the moment of asking, moved back by minutes for a lower class and for each
    chain that the same person already has under way. Later comers have later times, so nobody is starved.

    Raises ValueError for a queue that settings do not name: nobody would ever take its work.
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
    """How many chains of this person are under way in the queue."""
    under_way = (Step.State.DUE, Step.State.SENT, Step.State.RUNNING)
    return Step.objects.filter(owner=owner, queue=queue, state__in=under_way).count()


def retry(subject: str) -> int:
    """Make the failed steps of a subject due again, with a clean slate. Returns how many."""
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
    """Stop all unfinished work on a subject; a worker that holds a step loses it. Returns how many steps."""
    with _locked(subject) as steps:
        return steps.filter(state__in=UNFINISHED).update(
            state=Step.State.CANCELLED, fence=F("fence") + 1, lease_until=None, ended_at=database_now()
        )


def forget(subject: str) -> None:
    """Delete every row about a subject. A worker that still holds a step of it loses it."""
    with _locked(subject) as steps:
        Attempt.objects.filter(step__in=steps).delete()
        steps.delete()
        Artifact.objects.filter(subject=subject).delete()


@contextmanager
def _locked(subject: str) -> Iterator[QuerySet[Step]]:
    """The subject's steps, in a transaction. A worker that ends one of them now waits, and then finds it lost.

    One order for all who lock several: they wait for one another instead of meeting in a deadlock.
    """
    steps = Step.objects.filter(subject=subject)
    with transaction.atomic():
        list(steps.select_for_update().order_by("pk").values_list("pk", flat=True))
        yield steps
