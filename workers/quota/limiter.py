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
"""How far ahead slots are given out: long enough to reach a worker, short enough that a dead one wastes little."""
HORIZON_OF_BEGUN = timedelta(seconds=30)
"""The same for the further calls of a step that has begun: it ends before others begin, and never has to come back."""
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
"""How long a holder counts among those at once without being renewed: from admission through a late heartbeat."""
TOKEN_SLICES = 120
"""Into how many parts a token policy's window is cut: what was used leaves the count up to a part too late."""


LUA = Path(__file__).parent / "lua"


@cache
def _script(name: str) -> Script:
    """The script `lua/NAME.lua` behind what all scripts begin with; Redis keeps it by its hash."""
    return connections.limiter().register_script((LUA / "common.lua").read_text() + (LUA / f"{name}.lua").read_text())


def _run(name: str, keys: list[str], arguments: list[Any]) -> Any:
    try:
        return _script(name)(keys=keys, args=arguments, client=connections.limiter())
    except redis.RedisError as error:
        raise QuotaAway(type(error).__name__) from error


def _key(name: str) -> str:
    policy = limits().get(name)
    # Holders of what is counted at once are kept in another form: a limit that is set or removed must not meet the
    # old one.
    return f"quota:{name}:holders" if policy and policy.at_once else f"quota:{name}"


def reserve(needs: Mapping[str, float], horizon: timedelta = HORIZON, *, holder: str = "") -> timedelta:
    """Take a slot in every named policy at once. Returns how long to wait for it, at most `horizon`.

    `needs` = units by policy name; a name without a limit costs nothing, but a refusal pauses it. `holder` = who counts
    among those at once; asking again counts once. Raises NoSlot, QuotaAway.
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
    present = limits()
    paced = [present[name] for name in needs if name in present and not present[name].at_once]
    seconds = [needs[policy.name] * policy.interval / 1_000_000 / rate(policy.name) for policy in paced]
    return max(seconds, default=0.0)


def rate(name: str) -> float:
    """The present share of the quota, as refusals have left it. Raises QuotaAway."""
    return float(_run("share", [_key(name)], [GROWTH]))


@dataclass(frozen=True)
class Standing:
    """Where a policy stands at one moment, for operators."""

    rate: float
    """Share of the limit that is used now, 0–1; below 1 after refusals."""
    next_slot_seconds: float
    """Until the next call's slot; 0 = now. Without meaning for what is counted at once."""
    taken: int
    """Of what is counted at once: how many are held now."""


def standings(names: Iterable[str]) -> list[Standing]:
    """Of several policies, in one round trip. Raises redis.RedisError."""
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
    """To be asked when a slot's moment has come. Returns how long to wait before asking again; zero = call now.

    A wait comes from others who called late, or from a refusal since the slot was given out: then it is that of another
    slot. Raises NoSlot, QuotaAway.
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
    """Renew the holder among those at once. Raises QuotaAway."""
    for name in _at_once(needs):
        _run("keep", [_key(name)], [holder, int(HOLD.total_seconds() * 1_000_000)])


def leave(needs: Mapping[str, float], holder: str) -> None:
    """The holder no longer counts among those at once. Raises QuotaAway."""
    for name in _at_once(needs):
        try:
            connections.limiter().zrem(_key(name), holder)
        except redis.RedisError as error:
            raise QuotaAway(type(error).__name__) from error


def _at_once(needs: Mapping[str, float]) -> list[str]:
    present = limits()
    return [name for name in needs if name in present and present[name].at_once]


def slow_down(name: str) -> float:
    """The provider refused: everybody calls more rarely. Returns the new share of the quota. Raises QuotaAway."""
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


def settle(
    needs: Mapping[str, float], used_tokens: float, held: timedelta = timedelta(0), late: timedelta = timedelta(0)
) -> None:
    """Give back the tokens that were reserved and not used; more used than reserved is taken. Raises QuotaAway.

    `held` = how long ago the call was made: a provider counts it then. `late` = how long after its slot that was.
    """
    present = limits()
    for name, units in needs.items():
        unused = units - used_tokens
        if name in present and present[name].counts == Counts.TOKENS:
            ago, after = (int(each.total_seconds() * 1_000_000) for each in (held, late))
            _run("give_back", [_key(name)], [units, used_tokens, ago, after, present[name].window, TOKEN_SLICES])
            metrics.slot_given_back(name, unused)
