"""The one owner of retries: an error's class decides, nobody else tries again."""

from __future__ import annotations

import logging
import random
from datetime import timedelta

from django.db import transaction

from workers import quota, registry
from workers.admission import announce
from workers.claims import Claim
from workers.clock import database_now
from workers.errors import BadAnswer, HandedBack, Misconfigured, NotReady, StepError, Throttled, Transient
from workers.policies import policies

logger = logging.getLogger(__name__)


def settle(held: Claim, error: StepError) -> None:
    """Put the step back or end it, as its error says. Raises LeaseLost when another holds it now."""
    if isinstance(error, Throttled):
        _slow_down(held)
    delay = _delay(held, error)
    if delay is None:
        _give_up(held, error)
    else:
        counts = isinstance(error, Transient | BadAnswer | Surprise)
        held.postpone(database_now() + delay, code=error.code, counts=counts)


class Surprise(StepError):
    """An error that nobody foresaw: a bug or a broken machine. A few tries, then a clear failure."""


def _slow_down(held: Claim) -> None:
    for name in quota.needs(held.step.kind):
        try:
            quota.slow_down(name)
        except quota.QuotaAway:
            logger.warning("quota %s cannot be slowed down: Redis is away, and calls stop anyway", name)


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
    if isinstance(error, Misconfigured):
        return _jitter(timedelta(seconds=60))
    age = database_now() - held.step.created_at
    if age > policies().give_up_after:
        return None
    if isinstance(error, quota.NoSlot):
        # Back in the queue when its slot comes within admission's reach.
        return max(timedelta(0), error.wait - quota.HORIZON / 2)
    if isinstance(error, Throttled):
        return error.retry_after or _jitter(timedelta(seconds=5))
    if isinstance(error, NotReady):
        return timedelta(seconds=random.uniform(5, 30))
    tries = held.step.attempts + 1
    if isinstance(error, BadAnswer) and tries >= policies().most_bad_answers:
        return None
    if isinstance(error, Surprise) and tries >= policies().most_surprises:
        return None
    return _jitter(min(policies().backoff_longest, policies().backoff_base * 2**tries))


def _jitter(longest: timedelta) -> timedelta:
    return timedelta(seconds=random.uniform(0, longest.total_seconds()))
