"""`/metrics`: the operators' figures for Prometheus. Any web process answers for the whole service.

Prometheus computes rates and shares. Gauges are read at the time of the scrape. Figures that cannot be read are absent,
and `ai_resume_redis_up` or `ai_resume_database_up` is 0.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from workers.errors import DATABASE_AWAY
from workers.operations import figures
from workers.operations.figures import Figures, Histogram, Labels
from workers.operations.metrics import NO_PROVIDER

PREFIX = "ai_resume_"

COUNTERS = {
    "attempts": ("attempts", "Ended tries of steps, by outcome.", ("kind", "provider", "outcome")),
    "reused": ("attempts_reused", "Tries that found their result made earlier and paid nothing.", ("kind",)),
    "retries": ("retries", "Steps put back for another try, by class of error.", ("kind", "class")),
    "admitted": ("admitted", "Steps sent out as messages.", ("queue",)),
    "recovered": ("recovered", "Expired leases: a lost message, a dead process, or a poison step.", ("kind", "state")),
    "slots": ("quota_slots", "Slots that the limiter gave out.", ("policy",)),
    "units": ("quota_units", "Units (calls or tokens) of these slots.", ("policy",)),
    "units_given_back": ("quota_units_given_back", "Units reserved and not needed.", ("policy",)),
    "refused": ("quota_refused", "Calls that the provider refused because the quota was used up.", ("policy",)),
    "cost": ("cost_usd", "Spent at providers, US dollars by their price lists.", ("provider",)),
}
"""Metric, help and labels by the counter's name in workers.operations.metrics."""

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")
"""A request with one of these headers came through a proxy, even if its address is local."""


@never_cache
@require_safe
def scrape(request: HttpRequest) -> HttpResponse:
    """For clients on this machine, requests with METRICS_TOKEN, and signed-in staff. 403 for others."""
    if not (_on_this_machine(request) or _bears_token(request) or _is_staff(request)):
        raise PermissionDenied
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Present())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


def _on_this_machine(request: HttpRequest) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _bears_token(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    said = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(said.encode(), f"Bearer {token}".encode())


def _is_staff(request: HttpRequest) -> bool:
    try:
        return request.user.is_active and request.user.is_staff
    except DATABASE_AWAY:
        # Sessions are in the database: while it is away, nobody is signed in.
        return False


class Present:
    """A Prometheus collector of the current figures of `workers.operations.figures`."""

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        present = figures.present()
        yield _gauge("redis_up", "1 when Redis answers; without it there are no counters.", present.redis_up)
        yield _gauge("database_up", "1 when the database answers; without it there are no queues.", present.database_up)
        if present.database_up:
            yield from _of_rows(present)
        if present.database_up and present.redis_up:
            yield _of_workers(present)
        if present.redis_up:
            yield from _of_counters(present)
            yield from _of_quotas(present)


def _of_rows(present: Figures) -> Iterator[Metric]:
    queues = present.queues
    yield _labelled(
        "steps",
        "Unfinished steps.",
        ("queue", "state"),
        {(queue.queue, state): count for queue in queues for state, count in queue.steps.items()},
    )
    yield _labelled(
        "oldest_waiting_seconds",
        "Age of the oldest step that has not begun; 0 when none waits.",
        ("queue",),
        {(queue.queue,): queue.oldest_seconds for queue in queues},
    )
    yield _labelled(
        "leases_overdue",
        "Expired leases that were not recovered; stays above 0 when no worker lives.",
        ("queue",),
        {(queue.queue,): queue.overdue for queue in queues},
    )
    yield _labelled(
        "breaker_open",
        "1 while the work of a step kind is held; code says why.",
        ("kind", "provider", "code"),
        {(row.kind, row.provider or NO_PROVIDER, row.code if row.open else ""): row.open for row in present.breakers},
    )
    yield _gauge("kept_files", "Paid files that the file store does not have yet.", present.kept_files)
    yield _gauge("kept_bytes", "Bytes of these.", present.kept_bytes)


def _of_workers(present: Figures) -> Metric:
    """Absent while Redis is away: then no worker can work, and `redis_up` is 0."""
    return _labelled(
        "worker_up",
        "1 while a worker of the queue receives and runs messages; 0 after WORKER_SILENCE_SECONDS without one.",
        ("queue",),
        {(queue.queue,): queue.worker_up for queue in present.queues},
    )


def _of_counters(present: Figures) -> Iterator[Metric]:
    for counter, (name, text, labels) in COUNTERS.items():
        family = CounterMetricFamily(PREFIX + name, text, labels=labels)
        for values, count in present.counters.get(counter, {}).items():
            family.add_metric(values, count)
        yield family
    yield _histogram("waiting_seconds", "Waiting time of each try, from due to begun.", present.waiting)
    yield _histogram("working_seconds", "Working time of tries that made their result.", present.working)
    yield CounterMetricFamily(
        f"{PREFIX}finished", "Résumés whose portrait and letter were once both done.", value=present.finished
    )
    each = present.cost_per_finished_usd
    if each is not None:
        yield _gauge("cost_per_resume_usd", "All that was spent by résumé finished, since counting began.", each)


def _of_quotas(present: Figures) -> Iterator[Metric]:
    quotas = present.quotas
    limited = [quota for quota in quotas if quota.limit is not None]
    texts = {
        "quota_limit": "Units allowed within quota_period_seconds, or at once where that is absent.",
        "quota_period_seconds": "The period of quota_limit.",
        "quota_rate_ratio": "Share of the limit that the limiter uses now; below 1 after refusals.",
        "quota_used": "Units used in the last minute; for what runs at once, the number that runs now.",
        "quota_next_slot_seconds": "Until the next paced call; 0 is now.",
    }
    values: dict[str, dict[Labels, float]] = {
        "quota_limit": {(quota.policy,): quota.limit or 0.0 for quota in limited},
        "quota_period_seconds": {(quota.policy,): quota.seconds for quota in limited if not quota.at_once},
        "quota_rate_ratio": {(quota.policy,): quota.rate for quota in quotas},
        "quota_used": {(quota.policy,): quota.used for quota in quotas},
        "quota_next_slot_seconds": {
            (quota.policy,): quota.next_slot_seconds for quota in quotas if quota.next_slot_seconds is not None
        },
    }
    for name, text in texts.items():
        yield _labelled(name, text, ("policy",), values[name])


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=float(value))


def _labelled(name: str, text: str, labels: Iterable[str], values: Mapping[Labels, float]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, text, labels=list(labels))
    for names, value in values.items():
        family.add_metric(names, float(value))
    return family


def _histogram(name: str, text: str, by_kind: Mapping[str, Histogram]) -> Metric:
    family = HistogramMetricFamily(PREFIX + name, text, labels=["kind"])
    for kind, histogram in by_kind.items():
        total, buckets = 0.0, []
        for bound, count in zip((*map(str, histogram.bounds), "+Inf"), histogram.counts, strict=True):
            total += count
            buckets.append((bound, total))
        family.add_metric([kind], buckets, histogram.sum)
    return family
