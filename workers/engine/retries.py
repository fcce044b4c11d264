"""The one owner of retries. The error's verdict becomes a decision, and the decision is carried out here."""

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
    """What becomes of a step whose try ended badly."""

    code: str
    """Goes into the step's row."""
    pause: timedelta | None
    """How long until it is tried again; None: it is given up."""
    counts: bool = False
    """Whether this try is used up."""


def settle(held: Claim, error: StepError) -> None:
    """Put the step back or give it up, as its error says. Raises LeaseLost when another holds it now."""
    if error.slows_quota:
        _slow_down(held)
    breaker.note(held.step.kind, error.provider or held.attempt.provider, error)
    decision = decide(held, error)
    if decision.pause is None:
        _give_up(held, decision)
    else:
        held.postpone(database_now() + decision.pause, code=decision.code, counts=decision.counts)
        metrics.retried(held.step.kind, type(error).__name__)


def decide(held: Claim, error: StepError) -> Decision:
    """Read the error's verdict for this step."""
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
    """Whether this error would end the step for good; a step that has something to show may end well instead."""
    if isinstance(error, (LeaseLost, *DATABASE_AWAY)):
        return False
    return decide(held, error if isinstance(error, StepError) else Surprise(type(error).__name__)).pause is None


def hand_back(held: Claim) -> None:
    """Put a step back that is still being worked on, by a worker that must stop. The work's result is not taken."""
    try:
        held.postpone(database_now(), code=HandedBack.code, counts=False)
    except (LeaseLost, *DATABASE_AWAY):
        logger.warning("step %s is left to its lease", held.step.pk)
    held.lose()


def _slow_down(held: Claim) -> None:
    try:
        for name in needs(held.step.kind):
            limiter.slow_down(name)
        held.slots.settle(refused=True)
    except QuotaAway:
        logger.warning("the quota of %s cannot be slowed down: Redis is away, and calls stop anyway", held.step.kind)


def _give_up(held: Claim, decision: Decision) -> None:
    with transaction.atomic():
        held.fail(decision.code)
        registry.failed(held.step.kind, held.subject, decision.code)
    announce(held.step)


def _has_used_up(held: Claim, error: StepError) -> bool:
    """Whether so many tries ended like this one that no further one is made.

    Tries that ended otherwise do not count: passing faults do not use up what a bad answer gets.
    """
    if error.most_tries is None:
        return False
    ended = held.step.attempt_rows.filter(outcome=error.code, started_at__gte=held.step.created_at)
    return ended.count() + 1 >= error.most_tries


def _failing_for(held: Claim) -> timedelta:
    """Since the first failed try. Time in the queue, or while the breaker held the kind, is nobody's fault."""
    since = max(held.step.created_at, breaker.closed_at(held.step.kind))
    blameless = [each.code for each in every_class() if not each.ages]
    failed = held.step.attempt_rows.filter(started_at__gte=since).exclude(outcome__in=blameless)
    first = failed.order_by("pk").first()
    return database_now() - first.started_at if first else timedelta(0)
