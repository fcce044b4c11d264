"""The circuit breaker: holds the work of a step kind while its provider is misconfigured or down.

There is one breaker per step kind, and a kind has one provider at a time. Held work stays in the rows. An open breaker
lets one step through from time to time, the probe; when it succeeds, the breaker closes. The state is a row, so every
process sees it and a restart does not lose it. The log reports each opening and each closing once.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from django.db.models import F

from workers.clock import database_now
from workers.errors import OnBreaker, StepError
from workers.models import Breaker

logger = logging.getLogger(__name__)

FAULTS_IN_A_ROW = 8
"""So many temporary faults without a success between them mean that the provider is down."""
FIRST_PROBE = timedelta(seconds=5)
LAST_PROBE = timedelta(seconds=30)
"""The pause between probes doubles from `FIRST_PROBE` to `LAST_PROBE`, the longest."""


_faulty: dict[str, bool] = {}
"""Kinds with faults since their last success, and whether their breaker is open, as this process last read them.

Other kinds need no query after a success.
"""


def open_kinds() -> set[str]:
    """Step kinds whose work is held."""
    faulty = dict(Breaker.objects.filter(faults__gt=0).values_list("kind", "open"))
    _faulty.clear()
    _faulty.update(faulty)
    return {kind for kind, is_open in faulty.items() if is_open}


def lately_open(kind: str) -> bool:
    """Whether the kind's work was held when this process last admitted."""
    return _faulty.get(kind, False)


def states() -> list[Breaker]:
    """Every breaker that ever saw a fault, for operators."""
    return list(Breaker.objects.order_by("kind"))


def closed_at(kind: str) -> datetime:
    """When the kind's breaker last closed; the year 1 when it never opened."""
    moment = Breaker.objects.filter(kind=kind).values_list("closed_at", flat=True).first()
    return moment or datetime.min.replace(tzinfo=UTC)


def may_probe(kind: str) -> bool:
    """Whether this caller may send a probe now. True for one caller each time a probe is due."""
    now = database_now()
    breaker = Breaker.objects.filter(kind=kind, open=True, probe_at__lte=now).first()
    if breaker is None:
        return False
    same = Breaker.objects.filter(kind=kind, open=True, probe_at=breaker.probe_at)
    return bool(same.update(probe_at=now + _pause(breaker.probes + 1), probes=F("probes") + 1))


def note(kind: str, provider: str, error: StepError) -> None:
    """Apply the error of a failed try to the breaker of its kind."""
    if error.on_breaker is OnBreaker.CLOSES:
        note_answer(kind, provider)
    elif error.on_breaker in (OnBreaker.OPENS, OnBreaker.COUNTS):
        _note_fault(kind, provider, error)


def _note_fault(kind: str, provider: str, error: StepError) -> None:
    _faulty.setdefault(kind, False)
    breaker, _ = Breaker.objects.get_or_create(kind=kind)
    Breaker.objects.filter(kind=kind).update(faults=F("faults") + 1)
    if error.on_breaker is OnBreaker.COUNTS and breaker.faults + 1 < FAULTS_IN_A_ROW:
        return
    now = database_now()
    opened = Breaker.objects.filter(kind=kind, open=False, faults__gt=0).update(
        open=True, provider=provider, code=error.code, said=str(error)[:200], opened_at=now, probes=0,
        probe_at=now + FIRST_PROBE,
    )  # fmt: skip
    if opened:
        _faulty[kind] = True
        logger.error("%s: %s is held, %s (%s); its work waits and goes on by itself", kind, provider, error.code, error)


def note_success(kind: str) -> None:
    """A step succeeded: close the breaker of its kind."""
    if kind not in _faulty:
        return
    _faulty.pop(kind, None)
    closed = Breaker.objects.filter(kind=kind, open=True).update(open=False, faults=0, closed_at=database_now())
    if closed:
        logger.warning("%s: the provider answers again, waiting work goes on", kind)
    else:
        Breaker.objects.filter(kind=kind).update(faults=0)


def note_answer(kind: str, provider: str) -> None:
    """`provider` answered. Closes the breaker unless another one opened it, such as the file store."""
    if kind not in _faulty:
        return
    if not Breaker.objects.filter(kind=kind, open=True).exclude(provider=provider).exists():
        note_success(kind)


def probe_now() -> None:
    """Make a probe of every open breaker due now: a starting process may have a corrected configuration."""
    Breaker.objects.filter(open=True).update(probe_at=database_now(), probes=0)


def _pause(probes: int) -> timedelta:
    return min(LAST_PROBE, FIRST_PROBE * (1 << min(probes, 10)))
