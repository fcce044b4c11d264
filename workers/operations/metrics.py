"""Counters for operators. All processes count in one Redis hash, so any process can report for the whole service.

`workers.operations.figures` reads the counters. Labels are names from code and settings (step kinds, queues, policies,
providers, outcome codes), never personal data. After Redis was emptied, counting begins at zero, which Prometheus
treats as a restart. A count that cannot be written is lost: work neither waits for statistics nor fails because of
them.

Weakness: the use of the last minute is stored in slices of ten seconds by each host's own clock.
"""

from __future__ import annotations

import logging
import time
from bisect import bisect_left
from collections.abc import Iterable

import redis

from workers import connections
from workers.away import Away

logger = logging.getLogger(__name__)

COUNTERS = "metrics:counters"
"""Hash; a field is a counter's name and its labels, joined by `SEPARATOR`."""
FINISHED = "metrics:finished"
"""HyperLogLog of finished topics: counts each once (error below 1 %) and keeps no id."""
SLICE_SECONDS = 10
SLICE_KEPT_SECONDS = 90
"""More than the minute that is read."""
SEPARATOR = "|"
NO_PROVIDER = "none"
"""The provider label of steps that call no provider."""

WAITING_BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
"""Upper bounds of the buckets, seconds: from an idle service to the hour after which a step is given up."""
WORKING_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds of the buckets, seconds: from a check of a text to the longest deadline of a step."""
BEYOND = "+Inf"

TROUBLE_SECONDS = 5.0
"""How long this process counts nothing after Redis did not answer, so that a step does not wait for each count."""


def attempt_ended(
    kind: str,
    provider: str,
    outcome: str,
    waiting_seconds: float,
    working_seconds: float,
    price_usd: float,
    reused: bool,
) -> None:
    """One try of a step has ended. `outcome` is `done` or the error's code, as on the Attempt row.

    Waiting time counts for every try. Working time counts only for tries that made their result: refused, failed and
    reused ones are short and would make the provider look fast.
    """
    counted = [
        _field("attempts", kind, provider or NO_PROVIDER, outcome),
        _field("waiting_bucket", kind, _bucket(WAITING_BOUNDS, waiting_seconds)),
    ]
    sums = [(_field("waiting_sum", kind), max(0.0, waiting_seconds))]
    if outcome == "done" and not reused:
        counted.append(_field("working_bucket", kind, _bucket(WORKING_BOUNDS, working_seconds)))
        sums.append((_field("working_sum", kind), max(0.0, working_seconds)))
    if reused:
        counted.append(_field("reused", kind))
    if price_usd:
        sums.append((_field("cost", provider or NO_PROVIDER), float(price_usd)))
    _count([*((field, 1.0) for field in counted), *sums])


def retried(kind: str, error: str) -> None:
    """A step was put back for another try. `error` is the name of a class in workers.errors."""
    _count([(_field("retries", kind, error), 1.0)])


def admitted(queue: str, count: int) -> None:
    """`count` steps were sent as messages."""
    if count:
        _count([(_field("admitted", queue), float(count))])


def recovered(kind: str, state: str) -> None:
    """A lease expired. `state`: `sent` (lost message), `running` (dead process), `poison` (step given up)."""
    _count([(_field("recovered", kind, state), 1.0)])


def slot_taken(policy: str, units: float) -> None:
    """The limiter gave out a slot of `units` (calls, or tokens)."""
    _count([(_field("slots", policy), 1.0), (_field("units", policy), units)], policy)


def slot_given_back(policy: str, units: float) -> None:
    """`units` of a slot were not used. Negative: so many more were used than reserved."""
    _count([(_field("units_given_back" if units > 0 else "units", policy), abs(units))], policy)


def refused(policy: str) -> None:
    """The provider answered that its quota is used up (HTTP 429 and the like)."""
    _count([(_field("refused", policy), 1.0)], policy)


def finished(topic: str) -> None:
    """All work of a topic is done. Safe to call again: a topic counts once."""
    pipeline = _pipeline()
    if pipeline is not None:
        pipeline.pfadd(FINISHED, topic)
        _send(pipeline)


def slice_key(moment: float) -> str:
    """The hash that holds what policies used around `moment` (seconds since the epoch)."""
    return f"metrics:slice:{int(moment // SLICE_SECONDS)}"


_outage = Away()


def _field(name: str, *labels: str) -> str:
    return SEPARATOR.join((name, *labels))


def _bucket(bounds: tuple[float, ...], seconds: float) -> str:
    index = bisect_left(bounds, seconds)
    return str(bounds[index]) if index < len(bounds) else BEYOND


def _count(increments: Iterable[tuple[str, float]], policy: str | None = None) -> None:
    """Add to the counters in one round trip. With a `policy`, add to the current slice too."""
    pipeline = _pipeline()
    if pipeline is None:
        return
    increments = list(increments)
    for field, amount in increments:
        pipeline.hincrbyfloat(COUNTERS, field, amount)
    if policy is not None:
        key = slice_key(time.time())
        for field, amount in increments:
            pipeline.hincrbyfloat(key, field, amount)
        pipeline.expire(key, SLICE_KEPT_SECONDS)
    _send(pipeline)


def _pipeline() -> redis.client.Pipeline | None:
    """None while Redis counts as unreachable."""
    return None if _outage else connections.counters().pipeline(transaction=False)


def _send(pipeline: redis.client.Pipeline) -> None:
    try:
        pipeline.execute()
    except redis.RedisError as error:
        _outage.leave_alone(TROUBLE_SECONDS)
        logger.debug("not counted: %s", type(error).__name__)
