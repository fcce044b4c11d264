"""The quota limiter: all processes share each policy through atomic scripts in Redis, on Redis's clock.

There are three ways to count. Calls are paced: each call gets a slot, its moment (generic cell rate algorithm with a
burst of one). At its slot the call passes a gate, which lets no more calls through in any window than the quota.
Without the gate, a late call would crowd the following window. So the quota holds whether the provider counts by token
bucket, fixed window or sliding window. Tokens are counted as the strictest provider does: what calls of the last minute
used, plus the largest possible answer of each call that still runs. Unused tokens are given back. What runs at once is
counted by leases that the holders renew. Several policies are taken together or not at all.

A refusal by the provider (HTTP 429) lowers the rate for all processes. The rate then grows as in TCP CUBIC (RFC 9438,
section 4.2): fast up to where it was refused, slowly near it, and faster again beyond it. Of the slots given out before
the refusal, only the share that fits the new rate stays valid.

Accepted weaknesses: slots of a process that dies are lost (those of at most `HORIZON`). A restarted Redis has lost the
counts of the last minute: the limiter begins with a pause of a second, and then refusals correct it. Pacing delays
short bursts that the provider would have accepted. Tokens are not paced, so a backlog may use a minute's quota in the
first part of the minute. Use of the same quota by others shows only in refusals. While the real quota is far below the
settings, a call is refused about every ten seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import redis
from redis.commands.core import Script

from workers import connections
from workers.errors import NoSlot, QuotaAway
from workers.operations import metrics
from workers.quota.policy import CAUTION, Counts, limits

logger = logging.getLogger(__name__)

HORIZON = timedelta(seconds=2)
"""How far ahead slots are given out: long enough for a message to reach a worker, short enough to waste few."""
HORIZON_OF_BEGUN = timedelta(seconds=30)
"""The same for further calls of a step that has begun, so that it ends before others begin."""
SLOW_DOWN = 0.7
"""A refusal multiplies the rate by this factor …"""
SLOW_DOWN_AGAIN = 0.4
"""… and by this one when it follows another within `AGAIN_SECONDS`: the real limit is much lower …"""
AGAIN_SECONDS = 2.5
SLOWEST = 0.02
"""… but the rate never falls below this share of the quota."""
GROWTH = 0.0015
"""Growth of the rate after a refusal: share of the quota per cubic second. From 70 % the old rate is back after 5.8 s.
When the real limit is 50 %, twice that limit would be reached after 13 s."""
ONE_SLOW_DOWN_SECONDS = 1.0
"""Refusals within this time count as one, because their calls were made at the same rate."""
PAUSE_AFTER_RESTART = 1.0
"""Seconds. An emptied Redis does not know what was used a moment ago."""
PAUSE_WITHOUT_LIMIT = 1.0
"""Seconds for which all processes wait after a refusal, when settings name no limit."""
HOLD = timedelta(seconds=30)
"""How long a holder counts without renewal: from admission to a late heartbeat."""
TOKEN_SLICES = 120
"""How many slices the window of a token policy has. Used tokens leave the count up to one slice late."""


LUA = Path(__file__).parent / "lua"


@cache
def _script(name: str) -> Script:
    """The script `common.lua` followed by `NAME.lua`. Redis caches it by its hash."""
    return connections.limiter().register_script((LUA / "common.lua").read_text() + (LUA / f"{name}.lua").read_text())


def _run(name: str, keys: list[str], arguments: list[Any]) -> Any:
    try:
        return _script(name)(keys=keys, args=arguments, client=connections.limiter())
    except redis.RedisError as error:
        raise QuotaAway(type(error).__name__) from error


def _key(name: str) -> str:
    policy = limits().get(name)
    # Holders have another data type in Redis. With another key, a changed setting does not meet the old data.
    return f"quota:{name}:holders" if policy and policy.at_once else f"quota:{name}"


def reserve(needs: Mapping[str, float], horizon: timedelta = HORIZON, *, holder: str = "") -> timedelta:
    """Take a slot in every named policy. Returns how long to wait for it, at most `horizon`.

    `needs` is units by policy name. A name without a limit costs nothing, but a refusal pauses it. `holder` identifies
    the caller in policies that count what runs at once; repeated calls count once. Raises NoSlot, QuotaAway.
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
    """Seconds between two such calls at the current rate, by the strictest policy. Raises QuotaAway."""
    present = limits()
    paced = [present[name] for name in needs if name in present and not present[name].at_once]
    seconds = [needs[policy.name] * policy.interval / 1_000_000 / rate(policy.name) for policy in paced]
    return max(seconds, default=0.0)


def rate(name: str) -> float:
    """The share of the quota that is used now; below 1 after refusals. Raises QuotaAway."""
    return float(_run("share", [_key(name)], [GROWTH]))


@dataclass(frozen=True)
class Standing:
    """The state of a policy at one moment, for operators."""

    rate: float
    """Share of the limit that is used now, 0–1; below 1 after refusals."""
    next_slot_seconds: float
    """Until the next slot; 0 = now. Has no meaning for policies that count what runs at once."""
    taken: int
    """How many holders a policy that counts what runs at once has now."""


def standings(names: Iterable[str]) -> list[Standing]:
    """The standings of several policies, in one round trip. Raises redis.RedisError."""
    names = list(names)
    pipeline = connections.limiter().pipeline(transaction=False)
    for name in names:
        _script("standing")(keys=[f"quota:{name}", f"quota:{name}:holders"], args=[GROWTH], client=pipeline)
    return [Standing(float(share), float(wait) / 1_000_000, int(taken)) for share, wait, taken in pipeline.execute()]


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
    present = limits()
    for name, units in needs.items():
        policy = present.get(name)
        if policy is None:
            arguments += [Counts.CALLS, units, 0, 0, 0]
        elif policy.at_once:
            arguments += [policy.counts, units, policy.amount, 0, 0]
        else:
            arguments += [policy.counts, units, policy.amount * CAUTION, policy.interval, policy.window]
    granted, microseconds = _run("reserve", [_key(name) for name in needs], arguments)
    wait = timedelta(microseconds=float(microseconds))
    if not int(granted):
        raise NoSlot(wait)
    return wait


def pass_gate(needs: Mapping[str, float]) -> timedelta:
    """Pass the gate at the moment of a slot. Returns how long to wait before asking again; zero = call now.

    There is a wait when other calls came late, or when a refusal has made the slot invalid. In the second case it is
    the wait for a new slot. Raises NoSlot, QuotaAway.
    """
    present = limits()
    paced = {name: units for name, units in needs.items() if name in present and present[name].counts == Counts.CALLS}
    if not paced:
        return timedelta(0)
    arguments = [number for name in paced for number in present[name].gate]
    microseconds = float(_run("pass_gate", [_key(name) for name in paced], arguments))
    if microseconds < 0:
        return _reserve(paced, HORIZON_OF_BEGUN, "", take=True)
    return timedelta(microseconds=microseconds)


def keep(needs: Mapping[str, float], holder: str) -> None:
    """Renew the holder in policies that count what runs at once. Raises QuotaAway."""
    for name in _at_once(needs):
        _run("keep", [_key(name)], [holder, int(HOLD.total_seconds() * 1_000_000)])


def leave(needs: Mapping[str, float], holder: str) -> None:
    """Remove the holder from policies that count what runs at once. Raises QuotaAway."""
    for name in _at_once(needs):
        try:
            connections.limiter().zrem(_key(name), holder)
        except redis.RedisError as error:
            raise QuotaAway(type(error).__name__) from error


def _at_once(needs: Mapping[str, float]) -> list[str]:
    present = limits()
    return [name for name in needs if name in present and present[name].at_once]


def slow_down(name: str) -> float:
    """Lower the rate for all processes after a refusal. Returns the new share of the quota. Raises QuotaAway."""
    policy = limits().get(name)
    if policy is not None and policy.at_once:
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
    rate = float(_run("slow_down", [_key(name)], arguments))
    metrics.refused(name)
    if policy is None:
        logger.warning("%s: refused although settings name no quota; everybody waits a moment", name)
    else:
        logger.warning("quota %s: refused, going on at %.0f %%", name, rate * 100)
    return rate


def give_back_tokens(
    needs: Mapping[str, float], used_tokens: float, held: timedelta = timedelta(0), late: timedelta = timedelta(0)
) -> None:
    """Replace reserved tokens by those that were used, fewer or more. Raises QuotaAway.

    `held` is how long ago the call was made, since the provider counts it at that time. `late` is how long after its
    slot the call was made.
    """
    present = limits()
    for name, units in needs.items():
        unused = units - used_tokens
        if name in present and present[name].counts == Counts.TOKENS:
            ago, after = (int(each.total_seconds() * 1_000_000) for each in (held, late))
            _run("give_back", [_key(name)], [units, used_tokens, ago, after, present[name].window, TOKEN_SLICES])
            metrics.slot_given_back(name, unused)
