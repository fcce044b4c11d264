"""The one owner of retries: an error's class decides, nobody else tries again."""

from __future__ import annotations

import logging
import random
from datetime import timedelta

from django.db import transaction

from workers.clock import database_now
from workers.engine import breaker, registry
from workers.engine.admission import announce
from workers.engine.claims import Claim
from workers.engine.policies import policies
from workers.errors import (
    DATABASE_AWAY,
    BadAnswer,
    HandedBack,
    LeaseLost,
    Misconfigured,
    NotReady,
    StepError,
    Throttled,
    Transient,
)
from workers.operations import metrics
from workers.quota import limiter

logger = logging.getLogger(__name__)


def settle(held: Claim, error: StepError) -> None:
    """Put the step back or end it, as its error says. Raises LeaseLost when another holds it now."""
    if isinstance(error, Throttled):
        _slow_down(held)
    breaker.note_fault(held.step.kind, held.provider, error)
    delay = _delay(held, error)
    if delay is None:
        _give_up(held, error)
    else:
        counts = isinstance(error, Transient | BadAnswer | Surprise)
        held.postpone(database_now() + delay, code=error.code, counts=counts)
        metrics.retried(held.step.kind, type(error).__name__)


def hand_back(held: Claim) -> None:
    """Put a step back that is still being worked on, by a worker that must go; what comes of that work is not taken."""
    try:
        held.postpone(database_now(), code=HandedBack.code, counts=False)
    except (LeaseLost, *DATABASE_AWAY):
        logger.warning("step %s is left to its lease", held.step.pk)
    held.lose()


class Surprise(StepError):
    """An error that nobody foresaw: a bug or a broken machine. A few tries, then a clear failure."""


def _slow_down(held: Claim) -> None:
    try:
        for name in limiter.needs(held.step.kind):
            limiter.slow_down(name)
        held.settle_tokens(refused=True)
    except limiter.QuotaAway:
        logger.warning("the quota of %s cannot be slowed down: Redis is away, and calls stop anyway", held.step.kind)


def _give_up(held: Claim, error: StepError) -> None:
    code = error.code if error.permanent else "failed"
    with transaction.atomic():
        held.fail(code)
        registry.failed(held.step.kind, held.subject, code)
    announce(held.step)


def _delay(held: Claim, error: StepError) -> timedelta | None:
    """How long to wait before the next try; None to give up. Full jitter after Brooker (AWS Architecture Blog)."""
    if error.permanent:
        return None
    if isinstance(error, HandedBack):
        return timedelta(0)
    if isinstance(error, Misconfigured | Transient) and breaker.lately_open(held.step.kind):
        # Back to its place in line, where the breaker holds it.
        return timedelta(0)
    if isinstance(error, Misconfigured):
        return _jitter(timedelta(seconds=60))
    if isinstance(error, limiter.NoSlot):
        # Back in the queue when its slot comes within admission's reach. A backlog is no reason to give up.
        return max(timedelta(0), error.wait - limiter.HORIZON / 2)
    if _tried_for(held) > policies().give_up_after:
        return None
    if isinstance(error, Throttled):
        return error.retry_after or _jitter(timedelta(seconds=5))
    if isinstance(error, NotReady):
        return error.retry_after or timedelta(seconds=random.uniform(5, 30))
    if isinstance(error, BadAnswer) and _times(held, error) >= policies().most_bad_answers:
        return None
    if isinstance(error, Surprise) and _times(held, error) >= policies().most_surprises:
        return None
    tries = held.step.attempts + 1
    backoff = _jitter(min(policies().backoff_longest, policies().backoff_base * 2**tries))
    return max(backoff, error.retry_after or backoff)


def _times(held: Claim, error: StepError) -> int:
    """How often a try ended so, this one included: passing faults before it do not use up what a bad answer gets."""
    ended = held.step.attempt_rows.filter(outcome=error.code, started_at__gte=held.step.created_at)
    return ended.count() + 1


def _tried_for(held: Claim) -> timedelta:
    """Since the first try that failed for another reason than waiting: time in the queue, or while the breaker held
    its kind, is nobody's fault.
    """
    waited = (limiter.NoSlot.code, limiter.QuotaAway.code, Misconfigured.code, HandedBack.code)
    first = (
        held.step.attempt_rows.filter(started_at__gte=max(held.step.created_at, breaker.closed_at(held.step.kind)))
        .exclude(outcome__in=waited)
        .order_by("pk")
        .first()
    )
    return database_now() - first.started_at if first else timedelta(0)


def _jitter(longest: timedelta) -> timedelta:
    return timedelta(seconds=random.uniform(0, longest.total_seconds()))
