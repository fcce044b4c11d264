"""The quota limiter: one paced queue per policy for all processes, on Redis's clock, in one atomic script.

A policy paces: each unit of quota has its moment, a slot (the generic cell rate algorithm with a burst of one). So it
holds whether the provider counts by bucket, by fixed or by sliding windows. Several policies are taken together or not
at all. A refusal by the provider (429) slows everybody; without refusals the rate recovers.

Weaknesses, known and accepted: a slot taken by a process that dies is lost (at most `HORIZON` of them). A restarted
Redis has forgotten the last minute: it begins with a pause. Pacing adds a wait to short bursts that the provider would
have let through. What others spend of the same quota is seen only by being refused.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, cast

import redis
from django.conf import settings

from workers.errors import NotReady

logger = logging.getLogger(__name__)

HORIZON = timedelta(seconds=2)
"""How far ahead slots are given out: long enough to reach a worker, short enough that a dead one wastes little."""
CAUTION = 0.985
"""Share of the published quota that is used: arrival times jitter against ours, and a refusal costs more than 1.5 %."""
SLOW_DOWN = 0.7
"""What a refusal leaves of the present rate …"""
SLOWEST = 0.02
"""… but never less than this share of the quota."""
RECOVERY_PER_SECOND = 0.02
"""Share of the quota by which the rate grows back each second."""
ONE_SLOW_DOWN_SECONDS = 1.0
"""Refusals within this time count once: they are answers to calls made at the same rate."""
PAUSE_AFTER_RESTART = 1.0
"""Seconds. An emptied Redis does not know what was spent a moment ago."""


@dataclass(frozen=True)
class Policy:
    """`amount` units in `seconds`; of calls, or of tokens."""

    name: str
    amount: float
    seconds: float = 60.0

    @property
    def interval(self) -> int:
        """Microseconds between two units."""
        return max(1, math.ceil(self.seconds / self.amount / CAUTION * 1_000_000))


class NoSlot(NotReady):
    """No slot soon: put the step back and let admission bring it when there is one."""

    code = "waiting_for_quota"

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"next slot in {wait.total_seconds():.1f} s")
        self.wait = wait


class QuotaAway(NotReady):
    """Redis cannot be asked. Paid calls stop until it is back: better late than paid beyond the quota."""

    code = "quota_away"


# Per policy a hash: `next` (when the next slot is, microseconds), `rate` (share of the quota at `since`), `since`,
# `slowed` (when it was last slowed down).
_RESERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local horizon, recovery, pause = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local start, planned = now, {}
for i, key in ipairs(KEYS) do
  local interval, weight = tonumber(ARGV[2 + 2 * i]), tonumber(ARGV[3 + 2 * i])
  local row = redis.call('HMGET', key, 'next', 'rate', 'since')
  local next = tonumber(row[1]) or (now + pause)
  local rate = tonumber(row[2]) or 1
  rate = math.min(1, rate + (now - (tonumber(row[3]) or now)) / 1000000 * recovery)
  start = math.max(start, next)
  planned[i] = {weight * interval / rate, rate}
end
if start - now > horizon then return {0, start - now} end
for i, key in ipairs(KEYS) do
  redis.call('HSET', key, 'next', string.format('%.0f', start + planned[i][1]), 'rate', tostring(planned[i][2]), 'since', string.format('%.0f', now))
  redis.call('EXPIRE', key, 86400)
end
return {1, start - now}
"""  # noqa: E501

_SLOW_DOWN = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local factor, slowest, recovery, once = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local pause = tonumber(ARGV[5])
local row = redis.call('HMGET', KEYS[1], 'next', 'rate', 'since', 'slowed')
local next = math.max(tonumber(row[1]) or now, now + pause)
local rate = math.min(1, (tonumber(row[2]) or 1) + (now - (tonumber(row[3]) or now)) / 1000000 * recovery)
if now - (tonumber(row[4]) or 0) > once then
  rate = math.max(slowest, rate * factor)
  redis.call('HSET', KEYS[1], 'slowed', string.format('%.0f', now))
end
redis.call('HSET', KEYS[1], 'next', string.format('%.0f', next), 'rate', tostring(rate), 'since', string.format('%.0f', now))
redis.call('EXPIRE', KEYS[1], 86400)
return tostring(rate)
"""  # noqa: E501

_GIVE_BACK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local row = redis.call('HMGET', KEYS[1], 'next', 'rate')
local next, rate = tonumber(row[1]), tonumber(row[2]) or 1
if next then
  redis.call('HSET', KEYS[1], 'next', string.format('%.0f', math.max(now, next - ARGV[1] * ARGV[2] / rate)))
end
return redis.status_reply('OK')
"""


@lru_cache(maxsize=1)
def _connection() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1, retry=None)


def policies() -> dict[str, Policy]:
    """The limits in force, by name; a quota that settings leave empty has no limit."""
    return {policy.name: policy for policy in settings.QUOTAS}


def _key(name: str) -> str:
    return f"quota:{name}"


def needs(kind: str) -> Mapping[str, float]:
    """What one call of this step kind takes of which policy: `STEP_QUOTAS`."""
    units: Mapping[str, float] = settings.STEP_QUOTAS.get(kind, {})
    return units


def reserve(needs: Mapping[str, float], horizon: timedelta = HORIZON) -> timedelta:
    """Take a slot in every named policy at once. Returns how long to wait for it, at most `horizon`.

    `needs` = units by policy name; names without a limit cost nothing. Raises NoSlot, QuotaAway.
    """
    limited = {name: units for name, units in needs.items() if name in policies()}
    if not limited:
        return timedelta(0)
    arguments: list[Any] = [
        int(horizon.total_seconds() * 1_000_000),
        RECOVERY_PER_SECOND,
        int(PAUSE_AFTER_RESTART * 1_000_000),
    ]
    for name, units in limited.items():
        arguments += [policies()[name].interval, units]
    granted, microseconds = _run(_RESERVE, [_key(name) for name in limited], arguments)
    wait = timedelta(microseconds=float(microseconds))
    if not int(granted):
        raise NoSlot(wait)
    return wait


def slow_down(name: str) -> float:
    """The provider refused: everybody calls more rarely. Returns the new share of the quota. Raises QuotaAway."""
    policy = policies().get(name)
    if policy is None:
        return 1.0
    arguments = [
        SLOW_DOWN,
        SLOWEST,
        RECOVERY_PER_SECOND,
        int(ONE_SLOW_DOWN_SECONDS * 1_000_000),
        policy.interval,
    ]
    rate = float(_run(_SLOW_DOWN, [_key(name)], arguments))
    logger.warning("quota %s: refused, going on at %.0f %%", name, rate * 100)
    return rate


def give_back(name: str, units: float) -> None:
    """Units reserved and not used (tokens that a letter did not need). Raises QuotaAway."""
    policy = policies().get(name)
    if policy is not None and units > 0:
        _run(_GIVE_BACK, [_key(name)], [units, policy.interval])


def _run(script: str, keys: list[str], arguments: list[Any]) -> Any:
    try:
        return cast(Any, _connection().eval(script, len(keys), *keys, *arguments))
    except redis.RedisError as error:
        raise QuotaAway(type(error).__name__) from error
