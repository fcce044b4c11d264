"""The operators' figures at one moment: counters from Redis, queues and breakers from the rows.

The metrics and the operations page both use them. A figure that cannot be read is absent, never zero, because zero
would look like an idle service.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import redis
from django.db.models import Count, Min, Q

from workers import connections
from workers.clock import database_now
from workers.engine import breaker, keeping, liveness
from workers.engine.chains import UNFINISHED
from workers.engine.configuration import queues
from workers.errors import DATABASE_AWAY, every_class
from workers.models import Breaker, Step
from workers.operations import metrics
from workers.quota import limiter
from workers.quota.limiter import Standing
from workers.quota.policy import Counts, Policy, limits

logger = logging.getLogger(__name__)

Labels = tuple[str, ...]
Counters = Mapping[str, Mapping[Labels, float]]

OVERDUE = timedelta(seconds=5)
"""Several ticks: a living worker would have recovered the step by then."""

WITHOUT_CALL = frozenset({"lost", "poison", *(error.code for error in every_class() if not error.reaches_provider)})
"""Outcomes of tries without an answer of a provider."""


@dataclass(frozen=True)
class QueueFigures:
    queue: str
    steps: Mapping[str, int]
    """Number of unfinished steps by state."""
    oldest_seconds: float
    """Age of the oldest step that has not begun; 0 when no step waits."""
    overdue: int
    """Leases that expired more than `OVERDUE` ago and were not recovered: no worker lives, or none works properly."""
    worker_up: bool
    """Whether a worker of the queue receives and runs messages."""
    reported_seconds: float | None
    """Seconds since a worker of the queue last reported; None = never."""


@dataclass(frozen=True)
class QuotaFigures:
    policy: str
    counts: str
    """As workers.quota.policy.Counts."""
    limit: float | None
    """Units in `seconds`, or at any moment for what runs at once. None = no limit in settings."""
    seconds: float
    rate: float
    """Share of the limit that the limiter uses now, 0–1; below 1 after refusals."""
    next_slot_seconds: float | None
    """Until the next slot; 0 = now, None = the policy is not paced (tokens, and what runs at once)."""
    used: float
    """Units in the last minute; for what runs at once, the number that runs now."""
    slots_last_minute: float
    refused_last_minute: float

    @property
    def at_once(self) -> bool:
        return self.counts == Counts.AT_ONCE


@dataclass(frozen=True)
class Histogram:
    bounds: tuple[float, ...]
    counts: tuple[float, ...]
    """One more than `bounds`: the last counts values beyond them. Not cumulative."""
    sum: float

    @property
    def count(self) -> float:
        return sum(self.counts)

    def quantile(self, share: float) -> float | None:
        """Seconds by linear interpolation within a bucket; inf beyond the last bound, None when nothing was counted."""
        rank, below, lower = share * self.count, 0.0, 0.0
        if not self.count:
            return None
        for bound, count in zip(self.bounds, self.counts, strict=False):
            if count and below + count >= rank:
                return lower + (bound - lower) * (rank - below) / count
            below, lower = below + count, bound
        return float("inf")


@dataclass(frozen=True)
class Figures:
    database_up: bool = False
    redis_up: bool = False
    queues: tuple[QueueFigures, ...] = ()
    breakers: tuple[Breaker, ...] = ()
    """One per step kind that ever failed. Open: its work is held."""
    kept_files: int = 0
    """Paid files that are not in the file store yet."""
    kept_bytes: int = 0
    quotas: tuple[QuotaFigures, ...] = ()
    counters: Mapping[str, Mapping[Labels, float]] = field(default_factory=dict)
    """By name as in `workers.operations.metrics`, then by labels."""
    waiting: Mapping[str, Histogram] = field(default_factory=dict)
    """By step kind."""
    working: Mapping[str, Histogram] = field(default_factory=dict)
    finished: int = 0

    @property
    def cost_usd(self) -> float:
        return sum(self.counters.get("cost", {}).values())

    @property
    def cost_per_finished_usd(self) -> float | None:
        """All costs, unfinished and repeated work included, divided by the finished topics; None without any."""
        return self.cost_usd / self.finished if self.finished else None


def present() -> Figures:
    """Read everything. Raises nothing when database or Redis is away."""
    return Figures(**_from_database(), **_from_redis())  # type: ignore[arg-type]


# --- rows ----------------------------------------------------------------------------------------


def _from_database() -> dict[str, object]:
    try:
        kept_files, kept_bytes = keeping.kept()
        return {
            "database_up": True,
            "queues": _queues(),
            "breakers": tuple(breaker.states()),
            "kept_files": kept_files,
            "kept_bytes": kept_bytes,
        }
    except DATABASE_AWAY as error:
        logger.warning("figures without rows: %s", type(error).__name__)
        return {"database_up": False}


def _queues() -> tuple[QueueFigures, ...]:
    now = database_now()
    rows = (
        Step.objects.filter(state__in=UNFINISHED)
        .values("queue", "state")
        .annotate(
            steps=Count("pk"), oldest=Min("created_at"), overdue=Count("pk", filter=Q(lease_until__lt=now - OVERDUE))
        )
        .order_by("queue", "state")
    )
    by_queue: dict[str, dict[str, dict[str, object]]] = {queue: {} for queue in queues()}
    for row in rows:
        by_queue.setdefault(row["queue"], {})[row["state"]] = dict(row)
    reports = liveness.last_reports()
    return tuple(_queue(queue, states, reports.get(queue, liveness.NEVER), now) for queue, states in by_queue.items())


def _queue(
    queue: str, states: Mapping[str, Mapping[str, object]], reported_at: datetime, now: datetime
) -> QueueFigures:
    unbegun = [row["oldest"] for state, row in states.items() if state in (Step.State.DUE, Step.State.SENT)]
    oldest = min((moment for moment in unbegun if isinstance(moment, datetime)), default=now)
    return QueueFigures(
        queue=queue,
        steps={str(state): _number(states.get(state), "steps") for state in UNFINISHED},
        oldest_seconds=max(0.0, (now - oldest).total_seconds()),
        overdue=sum(_number(row, "overdue") for row in states.values()),
        worker_up=not liveness.is_silent(reported_at, now),
        reported_seconds=None if reported_at == liveness.NEVER else max(0.0, (now - reported_at).total_seconds()),
    )


def _number(row: Mapping[str, object] | None, name: str) -> int:
    value = row[name] if row else 0
    return value if isinstance(value, int) else 0


# --- Redis ---------------------------------------------------------------------------------------


def _from_redis() -> dict[str, object]:
    try:
        return {"redis_up": True, **_counted()}
    except redis.RedisError as error:
        logger.warning("figures without counters: %s", type(error).__name__)
        return {"redis_up": False}


def _counted() -> dict[str, object]:
    slices = _slices(time.time())
    pipeline = connections.counters().pipeline(transaction=False)
    pipeline.hgetall(metrics.COUNTERS)
    pipeline.pfcount(metrics.FINISHED)
    for moment, _ in slices:
        pipeline.hgetall(metrics.slice_key(moment))
    counted, finished, *hashes = pipeline.execute()
    counters = _counters(counted)
    return {
        "counters": counters,
        "finished": finished,
        "waiting": _histograms(counters, "waiting", metrics.WAITING_BOUNDS),
        "working": _histograms(counters, "working", metrics.WORKING_BOUNDS),
        "quotas": _quotas(counters, _last_minute(hashes, [share for _, share in slices])),
    }


def _slices(now: float) -> list[tuple[float, float]]:
    """The slices that the last minute overlaps: a moment in each, and the share of the slice that counts."""
    whole = 60 // metrics.SLICE_SECONDS
    gone = now % metrics.SLICE_SECONDS / metrics.SLICE_SECONDS
    recent = [(now - index * metrics.SLICE_SECONDS, 1.0) for index in range(whole)]
    return [*recent, (now - whole * metrics.SLICE_SECONDS, 1.0 - gone)]


def _last_minute(hashes: Iterable[Mapping[bytes, bytes]], shares: Iterable[float]) -> Counters:
    minute: dict[str, dict[Labels, float]] = defaultdict(lambda: defaultdict(float))
    for row, share in zip(hashes, shares, strict=True):
        for name, by_labels in _counters(row).items():
            for labels, amount in by_labels.items():
                minute[name][labels] += amount * share
    return minute


def _counters(row: Mapping[bytes, bytes]) -> Counters:
    counters: dict[str, dict[Labels, float]] = defaultdict(dict)
    for key, amount in sorted(row.items()):
        name, *labels = key.decode().split(metrics.SEPARATOR)
        counters[name][tuple(labels)] = float(amount)
    return counters


def _histograms(counters: Counters, name: str, bounds: tuple[float, ...]) -> dict[str, Histogram]:
    buckets: dict[str, dict[str, float]] = defaultdict(dict)
    for (kind, bound), count in counters.get(f"{name}_bucket", {}).items():
        buckets[kind][bound] = count
    names = (*map(str, bounds), metrics.BEYOND)
    sums = counters.get(f"{name}_sum", {})
    return {
        kind: Histogram(bounds, tuple(counts.get(bound, 0.0) for bound in names), sums.get((kind,), 0.0))
        for kind, counts in buckets.items()
    }


def _quotas(counters: Counters, minute: Counters) -> tuple[QuotaFigures, ...]:
    """Every policy with a limit in settings, and every other that was used or refused."""
    present = limits()
    seen = {labels[0] for name in ("slots", "refused") for labels in counters.get(name, {})}
    names = [*present, *sorted(seen - present.keys())]
    return tuple(
        _quota(name, present.get(name), standing, minute)
        for name, standing in zip(names, limiter.standings(names), strict=True)
    )


def _quota(name: str, policy: Policy | None, standing: Standing, minute: Counters) -> QuotaFigures:
    at_once = policy is not None and policy.at_once
    paced = policy is None or policy.counts == Counts.CALLS
    used = _of_minute(minute, "units", name) - _of_minute(minute, "units_given_back", name)
    return QuotaFigures(
        policy=name,
        counts=policy.counts if policy else Counts.CALLS,
        limit=policy.amount if policy else None,
        seconds=policy.seconds if policy else 60.0,
        rate=1.0 if at_once else standing.rate,
        next_slot_seconds=standing.next_slot_seconds if paced else None,
        used=standing.taken if at_once else max(0.0, used),
        slots_last_minute=_of_minute(minute, "slots", name),
        refused_last_minute=_of_minute(minute, "refused", name),
    )


def _of_minute(minute: Counters, name: str, policy: str) -> float:
    return minute.get(name, {}).get((policy,), 0.0)
