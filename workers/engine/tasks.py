"""Makes the Celery task of a step kind: claim, work, settle. An app adds one function that takes an id."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from celery import Task, shared_task
from celery.exceptions import Ignore
from django.db import connection

from workers.engine import liveness, receipts, registry
from workers.engine.admission import admit_soon, announce
from workers.engine.breaker import note_answer, note_success
from workers.engine.claims import Claim, claim
from workers.engine.heartbeat import heartbeat
from workers.engine.retries import settle
from workers.errors import (
    DATABASE_AWAY,
    DatabaseAway,
    LeaseLost,
    QuotaAway,
    StepError,
    StoreAway,
    Surprise,
    location_of,
)

logger = logging.getLogger(__name__)

Work = Callable[[str, Claim], None]


def step_task(name: str, *, deadline: timedelta, failed: Callable[[str, str], None]) -> Callable[[Work], Task]:
    """Make an app's function the task of a step kind.

    The function gets the subject's id and the claim, and ends the step by `with claim.commit():`. `failed` is called
    with (subject, code) in the transaction that gives the step up. The Celery chain ends when there is nothing to claim
    and when the step is put back; admission sends the unfinished links again when they are due.
    """

    def decorate(work: Work) -> Task:
        registry.register(name, failed)

        @shared_task(name=name)  # type: ignore[untyped-decorator]
        def run(step_id: int) -> None:
            held = claim(step_id)
            if held is None:
                raise Ignore
            with heartbeat.keeping(held, deadline):
                _work(work, held)
            # The thread of this step is free for the next one.
            admit_soon(held.step.queue)
            if held.next_waits:
                raise Ignore

        task: Task = run
        return task

    return decorate


def _work(work: Work, held: Claim) -> None:
    try:
        # First of all: after an outage of all workers, progress events would still say that no worker lives.
        liveness.report([held.step.queue])
        with receipts.collected() as held.attempt.receipts:
            try:
                work(held.subject, held)
            finally:
                _give_back_tokens(held)
        if held.attempt.receipts or not held.attempt.reused:
            note_success(held.step.kind)
        elif held.attempt.stored:
            note_answer(held.step.kind, StoreAway.provider)
    except LeaseLost:
        logger.warning("step %s was lost to another worker", held.step.pk)
        raise Ignore from None
    except StepError as error:
        logger.info("step %s (%s) ended as %s", held.step.pk, held.step.kind, error.code)
        _settle_safely(held, error)
        raise Ignore from None
    except DATABASE_AWAY as error:
        logger.warning("database away in step %s (%s)", held.step.pk, held.step.kind, exc_info=True)
        # A broken connection does not recover: the next query opens a new one.
        connection.close()
        _settle_safely(held, DatabaseAway(type(error).__name__))
        raise Ignore from None
    except Exception as error:  # noqa: BLE001 - logged without its message, and raised as Surprise
        logger.error(
            "step %s (%s) failed with an unexpected error: %s", held.step.pk, held.step.kind, location_of(error)
        )
        # Flower shows the raised error, so it carries no message either.
        name = type(error).__name__
        _settle_safely(held, Surprise(name))
        raise Surprise(name) from None
    announce(held.step)


def _give_back_tokens(held: Claim) -> None:
    try:
        held.slots.give_back_tokens()
    except QuotaAway:
        logger.warning("step %s: tokens are not given back, Redis is away", held.step.pk)


def _settle_safely(held: Claim, error: StepError) -> None:
    try:
        settle(held, error)
    except LeaseLost:
        logger.warning("step %s was lost before it could be put back", held.step.pk)
    except DATABASE_AWAY:
        # Nothing can be written now. The lease expires, and then the row is due again.
        logger.warning("database away: step %s is left to its lease", held.step.pk)
