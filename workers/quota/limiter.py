"""The quota limiter: one queue per policy for all processes, on Redis's clock, in atomic scripts.

Three ways to count. Calls are paced: each has its moment, a slot (the generic cell rate algorithm with a burst of
one), and at that moment passes a gate that lets no more through in any window than the quota: a process that comes late
with its call would otherwise crowd the window behind it. So it holds whether the provider counts by bucket, by fixed or
by sliding windows. Tokens are counted as the strictest provider does: what the last minute's calls have used and what
those that still run may use, by the largest answer that is allowed; what was not used is given back. What runs at once
is counted by leases that its holders renew. Several policies are taken together or not at all.

A refusal by the provider (429) slows everybody. The rate comes back as TCP CUBIC's does (RFC 9438, section 4.2): fast
to where it was refused, slowly past it, and faster and faster once that was well received. Of the slots given out
before the refusal, only the share that fits the new rate stands.

Weaknesses, known and accepted: a slot taken by a process that dies is lost (at most `HORIZON` of them). A restarted
Redis has forgotten the last minute: it begins with a pause of a second, and then learns by being refused. Pacing adds
a wait to short bursts of calls that the provider would have let through; tokens are not paced, so a backlog of letters
may use up a minute's quota in the first part of the minute. What others spend of the same quota is seen only by being
refused, and while the quota is far below what settings say, a probe is refused every ten seconds or so.
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

from workers.errors import NotReady
from workers.operations import metrics

logger = logging.getLogger(__name__)

HORIZON = timedelta(seconds=2)
"""How far ahead slots are given out: long enough to reach a worker, short enough that a dead one wastes little."""
HORIZON_OF_BEGUN = timedelta(seconds=30)
"""The same for the further calls of a step that has begun: it ends before others begin, and never has to come back."""
CAUTION = 0.99
"""Share of the published quota that is used, and of a window that it is spread over: calls travel unevenly, so their
arrivals may lie closer together than their slots, by 1 % of the window. A refusal costs more than that."""
SLOW_DOWN = 0.7
"""What a refusal leaves of the present rate …"""
SLOW_DOWN_AGAIN = 0.4
"""… and one that follows within `AGAIN_SECONDS`: the limit is much lower than believed …"""
AGAIN_SECONDS = 2.5
SLOWEST = 0.02
"""… but never less than this share of the quota."""
GROWTH = 0.0015
"""Of the rate after a refusal: share of the quota per cubic second. From 70 % the old rate is back after 5.8 s; twice
the rate of a lasting limit of 50 % would be reached after 13 s."""
ONE_SLOW_DOWN_SECONDS = 1.0
"""Refusals within this time count once: they are answers to calls made at the same rate."""
PAUSE_AFTER_RESTART = 1.0
"""Seconds. An emptied Redis does not know what was spent a moment ago."""
PAUSE_WITHOUT_LIMIT = 1.0
"""Seconds for which everybody waits after a refusal where settings name no limit to slow down."""
HOLD = timedelta(seconds=30)
"""How long a place among those at once is kept without being renewed: from admission through a late heartbeat."""


TOKEN_SLICES = 120
"""Into how many parts a token policy's window is cut: what was used leaves the count up to a part too late."""


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
    def gate(self) -> tuple[int, int, int, int]:
        """How many calls are let through in how many microseconds: of a whole window, and of a second.

        The second is for providers that fill a small bucket. Whole calls: 2.5 a minute are 2 in 48 s, and 1 in 24 s.
        """
        interval = self.seconds / self.amount * 1_000_000
        whole, second = max(1, math.floor(self.amount)), max(1, math.floor(self.amount / self.seconds))
        return whole, math.ceil(whole * interval / CAUTION), second, math.ceil(second * interval)


class NoSlot(NotReady):
    """No slot soon: put the step back and let admission bring it when there is one."""

    code = "waiting_for_quota"

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"next slot in {wait.total_seconds():.1f} s")
        self.wait = wait


class QuotaAway(NotReady):
    """Redis cannot be asked. Paid calls stop until it is back: better late than paid beyond the quota."""

    code = "quota_away"


# Per policy a hash: `next` (when the next slot is, microseconds); once refused, `slowed` (when), `rate` and `limit`
# (the shares of the quota after and before it), `doubtful` (until when slots given out before it reach), `kept` (the
# share of those that stands) and `credit` (what that share has added up to). Beside it `…:calls`, the moments of the
# calls that passed the gate, or `…:spent`, tokens by slice of time. Of those at once a sorted set: holders by the end
# of their lease.
_COMMON = """
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
local function share(key, now, growth)
  local row = redis.call('HMGET', key, 'rate', 'limit', 'slowed')
  local rate, limit, slowed = tonumber(row[1]), tonumber(row[2]), tonumber(row[3])
  if not rate then return 1 end
  local seconds = (now - slowed) / 1000000 - ((limit - rate) / growth) ^ (1 / 3)
  return math.max(rate, math.min(1, limit + growth * seconds ^ 3))
end
"""

_RESERVE = (
    _COMMON
    + """
local now = clock()
local take, holder = ARGV[1], ARGV[2]
local horizon, growth, pause, hold = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local slices = tonumber(ARGV[7])
local function room_at(key, row)
  local spent, leaving = 0, {}
  local slots = redis.call('HGETALL', key)
  for i = 1, #slots, 2 do
    local leaves = (tonumber(slots[i]) + 1) * row.window / slices + row.window
    if leaves <= now then
      redis.call('HDEL', key, slots[i])
    else
      spent = spent + tonumber(slots[i + 1])
      table.insert(leaving, {leaves, tonumber(slots[i + 1])})
    end
  end
  if spent + row.units <= row.allowed then return now end
  table.sort(leaving, function(a, b) return a[1] < b[1] end)
  local free = now
  for _, each in ipairs(leaving) do
    free, spent = each[1], spent - each[2]
    if spent + row.units <= row.allowed then break end
  end
  return free
end
local start, rows = now, {}
for i, key in ipairs(KEYS) do
  local at = 7 + 5 * (i - 1)
  local row = {counts = ARGV[at + 1], units = tonumber(ARGV[at + 2]), amount = tonumber(ARGV[at + 3])}
  row.interval, row.window = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  if row.counts == 'at_once' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    if not redis.call('ZSCORE', key, holder) and redis.call('ZCARD', key) >= row.amount then return {0, 1000000} end
  else
    row.next = tonumber(redis.call('HGET', key, 'next')) or (row.interval > 0 and now + pause or now)
    row.share = share(key, now, growth)
    start = math.max(start, row.next)
    if row.counts == 'tokens' then
      row.allowed = row.amount * row.share
      start = math.max(start, room_at(key .. ':spent', row))
    end
  end
  rows[i] = row
end
if start - now > horizon then return {0, start - now} end
if take == '0' then return {1, start - now} end
for i, key in ipairs(KEYS) do
  local row = rows[i]
  if row.counts == 'at_once' then
    redis.call('ZADD', key, start + hold, holder)
  elseif row.counts == 'tokens' then
    redis.call('HSETNX', key, 'next', string.format('%.0f', now))
    local slice = string.format('%.0f', math.floor(start * slices / row.window))
    redis.call('HINCRBYFLOAT', key .. ':spent', slice, row.units)
    redis.call('EXPIRE', key .. ':spent', 86400)
  elseif row.interval > 0 then
    redis.call('HSET', key, 'next', string.format('%.0f', start + row.units * row.interval / row.share))
  end
  redis.call('EXPIRE', key, 86400)
end
return {1, start - now}
"""
)

_PASS_GATE = (
    _COMMON
    + """
local now, wait = clock(), 0
for i, key in ipairs(KEYS) do
  local row = redis.call('HMGET', key, 'doubtful', 'kept', 'credit')
  if now < (tonumber(row[1]) or 0) then
    local credit = tonumber(row[3]) + tonumber(row[2])
    redis.call('HSET', key, 'credit', tostring(credit % 1))
    if credit < 1 then return -1 end
  end
  for at = 4 * i - 3, 4 * i - 1, 2 do
    local first = tonumber(redis.call('LINDEX', key .. ':calls', -tonumber(ARGV[at])))
    if first then wait = math.max(wait, first + tonumber(ARGV[at + 1]) - now) end
  end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  redis.call('RPUSH', key .. ':calls', string.format('%.0f', now))
  redis.call('LTRIM', key .. ':calls', -tonumber(ARGV[4 * i - 3]), -1)
  redis.call('EXPIRE', key .. ':calls', 86400)
end
return 0
"""
)

_SLOW_DOWN = (
    _COMMON
    + """
local now, key = clock(), KEYS[1]
local factor, factor_again, slowest, growth = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local once, soon, pause = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local row = redis.call('HMGET', key, 'next', 'slowed')
local next, before = tonumber(row[1]) or now, now - (tonumber(row[2]) or 0)
local present = share(key, now, growth)
local rate = present
if before > once then
  local limit = present
  if before < soon then
    factor, limit = factor_again, present * (1 + factor_again) / 2
  end
  rate = math.max(math.min(slowest, present), present * factor)
  limit = math.max(limit, rate)
  redis.call('HSET', key, 'rate', tostring(rate), 'limit', tostring(limit), 'slowed', string.format('%.0f', now))
  redis.call('HSET', key, 'doubtful', string.format('%.0f', next), 'kept', tostring(rate / present), 'credit', '0')
end
redis.call('HSET', key, 'next', string.format('%.0f', math.max(next, now + pause)))
redis.call('EXPIRE', key, 86400)
return tostring(rate)
"""
)

_GIVE_BACK = (
    _COMMON
    + """
local reserved, used, called, late = tonumber(ARGV[1]), tonumber(ARGV[2]), clock() - ARGV[3], tonumber(ARGV[4])
local function add(moment, units)
  redis.call('HINCRBYFLOAT', KEYS[1] .. ':spent', string.format('%.0f', math.floor(moment * ARGV[6] / ARGV[5])), units)
end
add(called - late, -reserved)
add(called, used)
return redis.status_reply('OK')
"""
)


@lru_cache(maxsize=1)
def _connection() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1, retry=None)


def policies() -> dict[str, Policy]:
    """The limits in force, by name; a quota that settings leave empty has no limit."""
    return {policy.name: policy for policy in settings.QUOTAS}


def _key(name: str) -> str:
    policy = policies().get(name)
    # Places at once are kept in another form: a limit that is set or removed must not meet the old one.
    return f"quota:{name}:places" if policy and policy.counts == Counts.AT_ONCE else f"quota:{name}"


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
        kept = cast(list[bytes | None], _connection().hmget(_key(name), *RATE_FIELDS))
        seconds, microseconds = _connection().time()
    except redis.RedisError as error:
        raise QuotaAway(type(error).__name__) from error
    present, limit, slowed = (float(field) if field else None for field in kept)
    return share(present, limit, slowed, now=seconds * 1_000_000 + microseconds)


RATE_FIELDS = ("rate", "limit", "slowed")


def share(rate: float | None, limit: float | None, slowed: float | None, *, now: float) -> float:
    """The share of the quota in force at `now`, microseconds on Redis's clock; the same formula as in the scripts."""
    if rate is None or limit is None or slowed is None:
        return 1.0
    seconds = (now - slowed) / 1_000_000 - float(((limit - rate) / GROWTH) ** (1 / 3))
    return max(rate, min(1.0, limit + GROWTH * seconds**3))


def _reserve(needs: Mapping[str, float], horizon: timedelta, holder: str, *, take: bool) -> timedelta:
    arguments: list[Any] = [
        int(take),
        holder,
        int(horizon.total_seconds() * 1_000_000),
        GROWTH,
        int(PAUSE_AFTER_RESTART * 1_000_000),
        int(HOLD.total_seconds() * 1_000_000),
        TOKEN_SLICES,
    ]
    for name, units in needs.items():
        policy = policies().get(name)
        if policy is None:
            arguments += [Counts.CALLS, units, 0, 0, 0]
        elif policy.counts == Counts.AT_ONCE:
            arguments += [policy.counts, units, policy.amount, 0, 0]
        else:
            window = int(policy.seconds * 1_000_000)
            arguments += [policy.counts, units, policy.amount * CAUTION, policy.interval, window]
    granted, microseconds = _run(_RESERVE, [_key(name) for name in needs], arguments)
    wait = timedelta(microseconds=float(microseconds))
    if not int(granted):
        raise NoSlot(wait)
    return wait


def pass_gate(needs: Mapping[str, float]) -> timedelta:
    """To be asked when a slot's moment has come. Returns how long to wait before asking again; zero = call now.

    A wait comes from others who called late, or from a refusal since the slot was given out: then it is that of another
    slot. Raises NoSlot, QuotaAway.
    """
    limits = policies()
    paced = {name: units for name, units in needs.items() if name in limits and limits[name].counts == Counts.CALLS}
    if not paced:
        return timedelta(0)
    arguments = [number for name in paced for number in limits[name].gate]
    microseconds = float(_run(_PASS_GATE, [_key(name) for name in paced], arguments))
    if microseconds < 0:
        return _reserve(paced, HORIZON_OF_BEGUN, "", take=True)
    return timedelta(microseconds=microseconds)


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
        SLOW_DOWN_AGAIN if policy else 1,
        SLOWEST,
        GROWTH,
        int(ONE_SLOW_DOWN_SECONDS * 1_000_000),
        int(AGAIN_SECONDS * 1_000_000),
        policy.interval if policy else int(PAUSE_WITHOUT_LIMIT * 1_000_000),
    ]
    rate = float(_run(_SLOW_DOWN, [_key(name)], arguments))
    metrics.refused(name)
    if policy is None:
        logger.warning("%s: refused although settings name no quota; everybody waits a moment", name)
    else:
        logger.warning("quota %s: refused, going on at %.0f %%", name, rate * 100)
    return rate


def settle(
    needs: Mapping[str, float], used_tokens: float, held: timedelta = timedelta(0), late: timedelta = timedelta(0)
) -> None:
    """Give back the tokens that were reserved and not used; more used than reserved is taken. Raises QuotaAway.

    `held` = how long ago the call was made: a provider counts it then. `late` = how long after its slot that was.
    """
    limits = policies()
    for name, units in needs.items():
        unused = units - used_tokens
        if name in limits and limits[name].counts == Counts.TOKENS:
            window = int(limits[name].seconds * 1_000_000)
            ago, after = (int(each.total_seconds() * 1_000_000) for each in (held, late))
            _run(_GIVE_BACK, [_key(name)], [units, used_tokens, ago, after, window, TOKEN_SLICES])
            metrics.slot_given_back(name, unused)


def _run(script: str, keys: list[str], arguments: list[Any]) -> Any:
    try:
        return cast(Any, _connection().eval(script, len(keys), *keys, *arguments))
    except redis.RedisError as error:
        raise QuotaAway(type(error).__name__) from error
