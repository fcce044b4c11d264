"""The circuit breaker: while a provider is misconfigured or down its work stays in the rows, and that is said once.

One breaker per step kind, which has one provider at a time. Open, it lets one step through now and then: if that ends
well, the rest follows. The state is a row, so that every process sees it and a restart changes nothing.
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
"""Passing faults, with no success between them, that mean that the provider is down and not one call unlucky."""
FIRST_PROBE = timedelta(seconds=5)
LAST_PROBE = timedelta(seconds=30)
"""The pause between probes doubles from the first to the last: one call in half a minute burdens nobody."""


_faulty: dict[str, bool] = {}
"""Kinds with faults since their last success, and whether open, as this process last saw: a success costs no query."""


def open_kinds() -> set[str]:
    """Step kinds that must wait."""
    faulty = dict(Breaker.objects.filter(faults__gt=0).values_list("kind", "open"))
    _faulty.clear()
    _faulty.update(faulty)
    return {kind for kind, is_open in faulty.items() if is_open}


def lately_open(kind: str) -> bool:
    """Whether the step kind must wait, as of this process's last admission."""
    return _faulty.get(kind, False)


def states() -> list[Breaker]:
    """Every breaker that was ever touched, for operators."""
    return list(Breaker.objects.order_by("kind"))


def closed_at(kind: str) -> datetime:
    """When work of this kind was last let go on; long ago where it was never held."""
    moment = Breaker.objects.filter(kind=kind).values_list("closed_at", flat=True).first()
    return moment or datetime.min.replace(tzinfo=UTC)


def may_probe(kind: str) -> bool:
    """Whether this caller is the one who may send a step to see if the provider is back."""
    now = database_now()
    breaker = Breaker.objects.filter(kind=kind, open=True, probe_at__lte=now).first()
    if breaker is None:
        return False
    same = Breaker.objects.filter(kind=kind, open=True, probe_at=breaker.probe_at)
    return bool(same.update(probe_at=now + _pause(breaker.probes + 1), probes=F("probes") + 1))


def note(kind: str, provider: str, error: StepError) -> None:
    """A try ended badly: do what the error says to the breaker."""
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
    """A step ended well."""
    if kind not in _faulty:
        return
    _faulty.pop(kind, None)
    closed = Breaker.objects.filter(kind=kind, open=True).update(open=False, faults=0, closed_at=database_now())
    if closed:
        logger.warning("%s: the provider answers again, waiting work goes on", kind)
    else:
        Breaker.objects.filter(kind=kind).update(faults=0)


def note_answer(kind: str, provider: str) -> None:
    """This one answered. It does not speak for another who is away: no provider for the file store, nor the reverse."""
    if kind not in _faulty:
        return
    if not Breaker.objects.filter(kind=kind, open=True).exclude(provider=provider).exists():
        note_success(kind)


def probe_now() -> None:
    """A process starts, perhaps with a mended configuration: what is held is tried at once."""
    Breaker.objects.filter(open=True).update(probe_at=database_now(), probes=0)


def _pause(probes: int) -> timedelta:
    return min(LAST_PROBE, FIRST_PROBE * (1 << min(probes, 10)))
