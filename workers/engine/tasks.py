"""The task that every step is: claim, work, settle. A craft adds one function that takes an id."""

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
    """Make a craft's function the task of a step kind.

    The function gets the subject's id and the claim, and ends the step by `with claim.commit():`. `failed` is
    called with (subject, code) in the transaction that gives the step up. A message that finds nothing to claim, and a
    step put back, end their Celery chain: admission sends what is unfinished when it is due.
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
            # What this step no longer occupies is free for the next one.
            admit_soon(held.step.queue)
            if held.next_waits:
                raise Ignore

        task: Task = run
        return task

    return decorate


def _work(work: Work, held: Claim) -> None:
    try:
        # Before any news, which would say that the step waits for a worker: of one that was away and is back.
        liveness.report([held.step.queue])
        with receipts.collected() as held.attempt.receipts:
            try:
                work(held.subject, held)
            finally:
                _settle_tokens(held)
        if held.attempt.receipts or not held.attempt.reused:
            note_success(held.step.kind)
        elif held.attempt.stored:
            note_answer(held.step.kind, StoreAway.provider)
    except LeaseLost:
        logger.warning("step %s was lost to another worker", held.step.pk)
        raise Ignore from None
    except StepError as error:
        logger.info("step %s (%s) ended as %s", held.step.pk, held.step.kind, error.code)
        _settle(held, error)
        raise Ignore from None
    except DATABASE_AWAY as error:
        logger.warning("database away in step %s (%s)", held.step.pk, held.step.kind, exc_info=True)
        # What broke stays broken: the next query gets a connection of its own.
        connection.close()
        _settle(held, DatabaseAway(type(error).__name__))
        raise Ignore from None
    except Exception as error:  # noqa: BLE001 - told without its traceback's end, and raised in another form
        logger.error(
            "step %s (%s) failed in a way nobody foresaw: %s", held.step.pk, held.step.kind, location_of(error)
        )
        # Flower is told no more than the log.
        name = type(error).__name__
        _settle(held, Surprise(name))
        raise Surprise(name) from None
    announce(held.step)


def _settle_tokens(held: Claim) -> None:
    try:
        held.slots.settle()
    except QuotaAway:
        logger.warning("step %s: tokens are not given back, Redis is away", held.step.pk)


def _settle(held: Claim, error: StepError) -> None:
    try:
        settle(held, error)
    except LeaseLost:
        logger.warning("step %s was lost before it could be put back", held.step.pk)
    except DATABASE_AWAY:
        # The lease runs out and the row is due again, with nothing written here.
        logger.warning("database away: step %s is left to its lease", held.step.pk)
