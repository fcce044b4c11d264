"""The limiter on a real Redis: slots are paced, shared, taken together, slowed down and given back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
import redis

from workers import quota
from workers.quota import Counts, NoSlot, Policy, QuotaAway

LONG = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _limits(settings):
    settings.QUOTAS = (
        Policy("images", 60),
        Policy("calls", 600),
        Policy("tokens", 60_000, counts=Counts.TOKENS),
        Policy("sam", 2, counts=Counts.AT_ONCE),
    )
    connection = redis.Redis.from_url(settings.REDIS_URL)
    connection.delete(*(f"quota:{name}" for name in ("images", "calls", "tokens", "sam", "unknown")))


def slot(needs, horizon=LONG):
    """When the call may be made, in this process's time: how busy the machine is does not matter."""
    return quota.reserve(needs, horizon).total_seconds() + time.monotonic()


def waits(number, needs, horizon=LONG):
    return [slot(needs, horizon) for _ in range(number)]


def test_slots_are_paced_and_never_above_the_quota():
    # Given 60 a minute, When 61 slots are taken at once
    slots = waits(61, {"images": 1})
    # Then no minute holds more than sixty, and little is wasted
    assert all(later - earlier > 0.99 for earlier, later in pairwise(slots))
    assert 60 <= slots[60] - slots[0] <= 62


def test_processes_share_one_queue():
    with ThreadPoolExecutor(8) as people:
        slots = sorted(people.map(lambda _: slot({"calls": 1}), range(40)))
    # 600 a minute: a tenth of a second each, whoever asks
    assert slots[-1] - slots[0] == pytest.approx(3.9 / quota.CAUTION, abs=0.3)


def test_no_slot_soon_takes_nothing():
    waits(4, {"images": 1})
    for _ in range(5):
        with pytest.raises(NoSlot) as refused:
            quota.reserve({"images": 1})
        # The wait does not grow by asking
        assert refused.value.wait < timedelta(seconds=6)


def test_several_limits_are_taken_together_or_not_at_all():
    waits(4, {"images": 1})
    before = slot({"calls": 1})
    with pytest.raises(NoSlot):
        quota.reserve({"images": 1, "calls": 1})
    after = slot({"calls": 1})
    # One slot further, not two
    assert after - before < 0.15


def test_a_minutes_tokens_are_there_at_once_and_what_is_not_used_is_given_back():
    # Given 60,000 tokens a minute, When five letters reserve 10,000 each
    begun = slot({"tokens": 10_000})
    fifth = [slot({"tokens": 10_000}) for _ in range(4)][-1]
    # Then all may begin, and who needs more than is left has to wait until that much is free again
    assert fifth - begun < 0.5
    with pytest.raises(NoSlot):
        quota.reserve({"tokens": 20_000})
    # When one of them used only 2,000, Then what it left serves the next
    quota.settle({"tokens": 10_000, "calls": 1}, used_tokens=2_000)
    assert quota.reserve({"tokens": 16_000}) <= timedelta(seconds=2)


def test_what_runs_at_once_is_counted_by_its_holders():
    # Given two places
    for holder in ("a", "b"):
        assert quota.reserve({"sam": 1}, holder=holder) == timedelta(0)
    # When a third asks, Then there is none; and who has one keeps it
    with pytest.raises(NoSlot):
        quota.reserve({"sam": 1}, holder="c")
    assert quota.reserve({"sam": 1}, holder="a") == timedelta(0)
    # When one leaves, Then the third gets its place
    quota.leave({"sam": 1}, "a")
    assert quota.reserve({"sam": 1}, holder="c") == timedelta(0)


def test_a_holder_that_died_frees_its_place_in_time(monkeypatch):
    # Given two holders, one of which renews its place
    monkeypatch.setattr(quota, "HOLD", timedelta(seconds=0.3))
    for holder in ("alive", "dead"):
        quota.reserve({"sam": 1}, holder=holder)
    monkeypatch.undo()
    quota.keep({"sam": 1}, "alive")
    # When the lease of the other has run out, Then its place is free, and the first's is not
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            quota.reserve({"sam": 1}, holder="new")
            break
        except NoSlot:
            continue
    with pytest.raises(NoSlot):
        quota.reserve({"sam": 1}, holder="another")


def test_a_refusal_slows_everybody_down_once():
    normal = waits(3, {"calls": 1})
    assert quota.slow_down("calls") == pytest.approx(quota.SLOW_DOWN, abs=0.02)
    # A second answer to calls of the same moment changes nothing more
    assert quota.slow_down("calls") == pytest.approx(quota.SLOW_DOWN, abs=0.02)
    slowed = waits(3, {"calls": 1})
    assert slowed[2] - slowed[1] > 1.2 * (normal[2] - normal[1])


def test_what_has_no_limit_costs_nothing_and_a_refusal_pauses_it():
    # Given no limit
    waits = [quota.reserve({"unknown": 1}) for _ in range(20)]
    assert max(waits) == timedelta(0)
    # When the provider refuses all the same, Then everybody waits a moment
    assert quota.slow_down("unknown") == 1.0
    assert timedelta(0) < quota.reserve({"unknown": 1}) <= timedelta(seconds=1)


def test_without_redis_paid_calls_stop(monkeypatch):
    away = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(quota, "_connection", lambda: away)
    with pytest.raises(QuotaAway):
        quota.reserve({"images": 1})
