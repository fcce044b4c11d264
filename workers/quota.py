"""The quota limiter: one queue per policy for all processes, on Redis's clock, in one atomic script.

Three ways to count. Calls are paced: each has its moment, a slot (the generic cell rate algorithm with a burst of
one), so it holds whether the provider counts by bucket, by fixed or by sliding windows. Tokens fill a bucket of one
minute, are taken by the largest answer that is allowed, and what was not used is given back. What runs at once is
counted by leases that its holders renew. Several policies are taken together or not at all. A refusal by the provider
(429) slows everybody; without refusals the rate recovers.

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
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

import redis
from django.conf import settings

from workers import metrics
from workers.errors import NotReady

logger = logging.getLogger(__name__)

HORIZON = timedelta(seconds=2)
"""How far ahead slots are given out: long enough to reach a worker, short enough that a dead one wastes little."""
HORIZON_OF_BEGUN = timedelta(seconds=30)
"""The same for the further calls of a step that has begun: it ends before others begin, and never has to come back."""
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
PAUSE_WITHOUT_LIMIT = 1.0
"""Seconds for which everybody waits after a refusal where settings name no limit to slow down."""
HOLD = timedelta(seconds=30)
"""How long a place among those at once is kept without being renewed: from admission through a late heartbeat."""


class Counts(StrEnum):
    """What a policy counts."""

    CALLS = "calls"
    TOKENS = "tokens"
    AT_ONCE = "at_once"


@dataclass(frozen=True)
class Policy:
    """`amount` units in `seconds`; of calls, or of tokens. Of what is counted at once, `amount` at any moment."""

    name: str
    amount: float
    seconds: float = 60.0
    counts: Counts = Counts.CALLS

    @property
    def interval(self) -> int:
        """Microseconds between two units."""
        return max(1, math.ceil(self.seconds / self.amount / CAUTION * 1_000_000))

    @property
    def burst(self) -> int:
        """Microseconds' worth of units that may be taken at once: a bucket of the whole period for tokens.

        A reservation is several times what is used, so pacing by it would leave most of the quota idle.
        """
        return int(self.seconds * 1_000_000) if self.counts == Counts.TOKENS else 0


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
# `slowed` (when it was last slowed down). Of those at once a sorted set: holders by the end of their lease.
_RESERVE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local take, holder = ARGV[1], ARGV[2]
local horizon, recovery, pause, hold = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local start, rows = now, {}
for i, key in ipairs(KEYS) do
  local at = 6 + 4 * (i - 1)
  local row = {counts = ARGV[at + 1], interval = tonumber(ARGV[at + 2]), units = tonumber(ARGV[at + 3])}
  local more = tonumber(ARGV[at + 4])
  if row.counts == 'at_once' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    if not redis.call('ZSCORE', key, holder) and redis.call('ZCARD', key) >= more then return {0, 1000000} end
  else
    local kept = redis.call('HMGET', key, 'next', 'rate', 'since')
    row.next = tonumber(kept[1]) or (row.interval > 0 and now + pause or now)
    row.rate = math.min(1, (tonumber(kept[2]) or 1) + (now - (tonumber(kept[3]) or now)) / 1000000 * recovery)
    row.cost = row.units * row.interval / row.rate
    start = math.max(start, row.next - math.max(0, more - row.cost))
  end
  rows[i] = row
end
if start - now > horizon then return {0, start - now} end
if take == '0' then return {1, start - now} end
for i, key in ipairs(KEYS) do
  local row = rows[i]
  if row.counts == 'at_once' then
    redis.call('ZADD', key, start + hold, holder)
  elseif row.interval > 0 then
    local next = math.max(row.next, start) + row.cost
    redis.call('HSET', key, 'next', string.format('%.0f', next), 'rate', tostring(row.rate), 'since', string.format('%.0f', now))
  end
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
local row = redis.call('HMGET', KEYS[1], 'next', 'rate')
local next, rate = tonumber(row[1]), tonumber(row[2]) or 1
if next then
  redis.call('HSET', KEYS[1], 'next', string.format('%.0f', next - ARGV[1] * ARGV[2] / rate))
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


def reserve(needs: Mapping[str, float], horizon: timedelta = HORIZON, *, holder: str = "") -> timedelta:
    """Take a slot in every named policy at once. Returns how long to wait for it, at most `horizon`.

    `needs` = units by policy name; a name without a limit costs nothing, but a refusal pauses it. `holder` = who keeps
    a place among those at once; asking again keeps the same place. Raises NoSlot, QuotaAway.
    """
    if not needs:
        return timedelta(0)
    wait = _reserve(needs, horizon, holder, take=True)
    for name, units in needs.items():
        metrics.slot_taken(name, units)
    return wait


def look_ahead(needs: Mapping[str, float]) -> timedelta:
    """How long until the next slot, without taking it. Raises QuotaAway."""
    return _reserve(needs, timedelta(days=1), "", take=False) if needs else timedelta(0)


def interval(needs: Mapping[str, float]) -> float:
    """Seconds between two such calls at the present rate, by the policy that allows the fewest. Raises QuotaAway."""
    limits = policies()
    paced = [limits[name] for name in needs if name in limits and limits[name].counts != Counts.AT_ONCE]
    seconds = [needs[policy.name] * policy.interval / 1_000_000 / rate(policy.name) for policy in paced]
    return max(seconds, default=0.0)


def rate(name: str) -> float:
    """The present share of the quota, as refusals have left it. Raises QuotaAway."""
    try:
        kept, since = cast(list[bytes | None], _connection().hmget(_key(name), "rate", "since"))
        seconds, microseconds = _connection().time()
    except redis.RedisError as error:
        raise QuotaAway(type(error).__name__) from error
    if kept is None or since is None:
        return 1.0
    recovered = (seconds + microseconds / 1_000_000 - float(since) / 1_000_000) * RECOVERY_PER_SECOND
    return min(1.0, float(kept) + recovered)


def _reserve(needs: Mapping[str, float], horizon: timedelta, holder: str, *, take: bool) -> timedelta:
    arguments: list[Any] = [
        int(take),
        holder,
        int(horizon.total_seconds() * 1_000_000),
        RECOVERY_PER_SECOND,
        int(PAUSE_AFTER_RESTART * 1_000_000),
        int(HOLD.total_seconds() * 1_000_000),
    ]
    for name, units in needs.items():
        policy = policies().get(name)
        if policy is None:
            arguments += [Counts.CALLS, 0, units, 0]
        elif policy.counts == Counts.AT_ONCE:
            arguments += [policy.counts, 0, units, policy.amount]
        else:
            arguments += [policy.counts, policy.interval, units, policy.burst]
    granted, microseconds = _run(_RESERVE, [_key(name) for name in needs], arguments)
    wait = timedelta(microseconds=float(microseconds))
    if not int(granted):
        raise NoSlot(wait)
    return wait


def keep(needs: Mapping[str, float], holder: str) -> None:
    """Renew the holder's places among those at once. Raises QuotaAway."""
    for name in _at_once(needs):
        try:
            seconds, microseconds = _connection().time()
            until = seconds * 1_000_000 + microseconds + int(HOLD.total_seconds() * 1_000_000)
            _connection().zadd(_key(name), {holder: until}, xx=True)
        except redis.RedisError as error:
            raise QuotaAway(type(error).__name__) from error


def leave(needs: Mapping[str, float], holder: str) -> None:
    """Free the holder's places among those at once. Raises QuotaAway."""
    for name in _at_once(needs):
        try:
            _connection().zrem(_key(name), holder)
        except redis.RedisError as error:
            raise QuotaAway(type(error).__name__) from error


def _at_once(needs: Mapping[str, float]) -> list[str]:
    limits = policies()
    return [name for name in needs if name in limits and limits[name].counts == Counts.AT_ONCE]


def slow_down(name: str) -> float:
    """The provider refused: everybody calls more rarely. Returns the new share of the quota. Raises QuotaAway."""
    policy = policies().get(name)
    if policy is not None and policy.counts == Counts.AT_ONCE:
        return 1.0
    arguments = [
        SLOW_DOWN if policy else 1,
        SLOWEST,
        RECOVERY_PER_SECOND,
        int(ONE_SLOW_DOWN_SECONDS * 1_000_000),
        policy.interval if policy else int(PAUSE_WITHOUT_LIMIT * 1_000_000),
    ]
    rate = float(_run(_SLOW_DOWN, [_key(name)], arguments))
    metrics.refused(name)
    logger.warning("quota %s: refused, going on at %.0f %%", name, rate * 100)
    return rate


def settle(needs: Mapping[str, float], used_tokens: float) -> None:
    """Give back the tokens that were reserved and not used; more used than reserved is taken. Raises QuotaAway."""
    limits = policies()
    for name, units in needs.items():
        if name in limits and limits[name].counts == Counts.TOKENS:
            give_back(name, units - used_tokens)


def give_back(name: str, units: float) -> None:
    """Units reserved and not used. Raises QuotaAway."""
    policy = policies().get(name)
    if policy is not None and units:
        _run(_GIVE_BACK, [_key(name)], [units, policy.interval])
        metrics.slot_given_back(name, units)


def _run(script: str, keys: list[str], arguments: list[Any]) -> Any:
    try:
        return cast(Any, _connection().eval(script, len(keys), *keys, *arguments))
    except redis.RedisError as error:
        raise QuotaAway(type(error).__name__) from error
