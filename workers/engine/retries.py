"""Retries: turns the error of a failed try into a decision, and carries it out. No other module retries steps."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from workers.clock import database_now
from workers.engine import breaker, registry
from workers.engine.admission import announce
from workers.engine.claims import Claim
from workers.engine.configuration import engine
from workers.errors import (
    DATABASE_AWAY,
    NO_PAUSE,
    HandedBack,
    LeaseLost,
    OnBreaker,
    QuotaAway,
    StepError,
    Surprise,
    every_class,
)
from workers.operations import metrics
from workers.quota import limiter
from workers.quota.policy import needs

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Decision:
    """What happens to a step after a failed try."""

    code: str
    """Written to the step's row."""
    pause: timedelta | None
    """How long until the next try; None: the step is given up."""
    counts: bool = False
    """Whether this try counts."""


def settle(held: Claim, error: StepError) -> None:
    """Put the step back or give it up, as the error decides. Raises LeaseLost when another worker has the step."""
    if error.slows_quota:
        slow_down(held)
    breaker.note(held.step.kind, error.provider or held.attempt.provider, error)
    decision = decide(held, error)
    if decision.pause is None:
        _give_up(held, decision)
    else:
        held.postpone(database_now() + decision.pause, code=decision.code, counts=decision.counts)
        metrics.retried(held.step.kind, type(error).__name__)


def decide(held: Claim, error: StepError) -> Decision:
    """The decision that the error's verdict means for this step. Changes nothing."""
    give_up = Decision(error.code if error.permanent else "failed", pause=None)
    if error.permanent or _has_used_up(held, error):
        return give_up
    may_hold = error.on_breaker in (OnBreaker.OPENS, OnBreaker.COUNTS)
    if may_hold and breaker.lately_open(held.step.kind):
        # Back to its position in the queue, where the breaker holds it.
        return Decision(error.code, NO_PAUSE, error.counts)
    if error.ages and _failing_for(held) > engine().give_up_after:
        return give_up
    return Decision(error.code, error.pause(held.step.attempts + 1), error.counts)


def gives_up(held: Claim, error: BaseException) -> bool:
    """Whether this error would end the step for good. A step with partial results may then end as done instead."""
    if isinstance(error, (LeaseLost, *DATABASE_AWAY)):
        return False
    return decide(held, error if isinstance(error, StepError) else Surprise(type(error).__name__)).pause is None


def hand_back(held: Claim) -> None:
    """Put back a step that still runs, because its worker shuts down. The running try can write nothing more."""
    try:
        held.postpone(database_now(), code=HandedBack.code, counts=False)
    except (LeaseLost, *DATABASE_AWAY):
        logger.warning("step %s is left to its lease", held.step.pk)
    held.lose()


def slow_down(held: Claim) -> None:
    """The provider refused a call of this step because the quota is used up: everybody calls more rarely."""
    try:
        for name in needs(held.step.kind):
            limiter.slow_down(name)
        held.slots.give_back_tokens(refused=True)
    except QuotaAway:
        logger.warning("the quota of %s cannot be slowed down: Redis is away, and calls stop anyway", held.step.kind)


def _give_up(held: Claim, decision: Decision) -> None:
    with transaction.atomic():
        held.fail(decision.code)
        registry.failed(held.step.kind, held.subject, decision.code)
    announce(held.step)


def _has_used_up(held: Claim, error: StepError) -> bool:
    """Whether the step has reached `most_tries` of this error.

    Only tries with the same code count: temporary faults do not use up the tries that a bad answer gets.
    """
    if error.most_tries is None:
        return False
    ended = held.step.attempt_rows.filter(outcome=error.code, started_at__gte=held.step.created_at)
    return ended.count() + 1 >= error.most_tries


def _failing_for(held: Claim) -> timedelta:
    """Time since the first failed try. Time in the queue, or while the breaker held the kind, does not count."""
    since = max(held.step.created_at, breaker.closed_at(held.step.kind))
    not_aging = [each.code for each in every_class() if not each.ages]
    failed = held.step.attempt_rows.filter(started_at__gte=since).exclude(outcome__in=not_aging)
    first = failed.order_by("pk").first()
    return database_now() - first.started_at if first else timedelta(0)
