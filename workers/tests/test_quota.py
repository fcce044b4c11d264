"""The limiter on a real Redis: slots are paced, shared, taken together, slowed down and given back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
import redis
from django.conf import settings as django_settings

from workers import connections
from workers.errors import NoSlot, QuotaAway
from workers.quota import limiter
from workers.quota.policy import CAUTION, Counts

LONG = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _limits(settings):
    settings.QUOTAS = (
        {"name": "images", "amount": 60},
        {"name": "calls", "amount": 600},
        {"name": "tokens", "amount": 60_000, "counts": Counts.TOKENS},
        {"name": "sam", "amount": 2, "counts": Counts.AT_ONCE},
        {"name": "few", "amount": 3, "seconds": 6},
        {"name": "short", "amount": 1_000, "seconds": 6, "counts": Counts.TOKENS},
    )
    for name in ("images", "calls", "tokens", "sam", "few", "short", "unknown"):
        redis_connection().delete(*(f"quota:{name}{part}" for part in ("", ":calls", ":spent", ":holders")))


def redis_connection():
    return redis.Redis.from_url(django_settings.REDIS_URL)


def refused_before(name, seconds, rate, limit):
    """As if the last refusal had come so long ago."""
    connection = redis_connection()
    now = connection.time()
    slowed = (now[0] - seconds) * 1_000_000 + now[1]
    connection.hset(f"quota:{name}", mapping={"rate": rate, "limit": limit, "slowed": slowed, "next": 0})


def slot(needs, horizon=LONG):
    """When the call after this one may be made, by Redis's clock: how busy the machine is does not matter."""
    limiter.reserve(needs, horizon)
    return float(redis_connection().hget(f"quota:{next(iter(needs))}", "next")) / 1_000_000


def passed_before(name, *seconds):
    """As if calls had passed the gate so long ago, the oldest first."""
    connection = redis_connection()
    now = connection.time()
    connection.delete(f"quota:{name}:calls")
    connection.rpush(f"quota:{name}:calls", *(int((now[0] - ago) * 1_000_000 + now[1]) for ago in seconds))


def waits(number, needs, horizon=LONG):
    return [slot(needs, horizon) for _ in range(number)]


def test_slots_are_paced_and_never_above_the_quota():
    # Given 60 a minute, When 61 slots are taken at once
    slots = waits(61, {"images": 1})
    # Then no minute holds more than sixty, and little is wasted
    assert all(later - earlier > 0.99 for earlier, later in pairwise(slots))
    assert 60 <= slots[60] - slots[0] <= 62


def test_processes_share_one_queue():
    first = slot({"calls": 1})
    with ThreadPoolExecutor(8) as people:
        list(people.map(lambda _: limiter.reserve({"calls": 1}, LONG), range(40)))
    # 600 a minute: a tenth of a second each, whoever asks
    assert slot({"calls": 1}) - first == pytest.approx(4.1 / CAUTION, abs=0.05)


def test_no_slot_soon_takes_nothing():
    waits(4, {"images": 1})
    for _ in range(5):
        with pytest.raises(NoSlot) as refused:
            limiter.reserve({"images": 1})
        # The wait does not grow by asking
        assert refused.value.wait < timedelta(seconds=6)


def test_several_limits_are_taken_together_or_not_at_all():
    waits(4, {"images": 1})
    before = slot({"calls": 1})
    with pytest.raises(NoSlot):
        limiter.reserve({"images": 1, "calls": 1})
    after = slot({"calls": 1})
    # One slot further, not two
    assert after - before < 0.15


def test_a_minutes_tokens_are_there_at_once_and_what_is_not_used_is_given_back(monkeypatch):
    # Given 60,000 tokens a minute
    monkeypatch.setattr(limiter, "PAUSE_AFTER_RESTART", 0)
    # When five letters reserve 10,000 each
    letters = [limiter.reserve({"tokens": 10_000}) for _ in range(5)]
    # Then all may begin, and who needs more than is left has to wait until that much is free again
    assert max(letters) == timedelta(0)
    with pytest.raises(NoSlot):
        limiter.reserve({"tokens": 20_000})
    # When one of them used only 2,000, Then what it left serves the next
    limiter.give_back_tokens({"tokens": 10_000, "calls": 1}, used_tokens=2_000)
    assert limiter.reserve({"tokens": 16_000}) <= timedelta(seconds=2)


def test_what_runs_at_once_is_counted_by_its_holders():
    # Given two places
    for holder in ("a", "b"):
        assert limiter.reserve({"sam": 1}, holder=holder) == timedelta(0)
    # When a third asks, Then there is none; and who has one keeps it
    with pytest.raises(NoSlot):
        limiter.reserve({"sam": 1}, holder="c")
    assert limiter.reserve({"sam": 1}, holder="a") == timedelta(0)
    # When one leaves, Then the third gets its place
    limiter.leave({"sam": 1}, "a")
    assert limiter.reserve({"sam": 1}, holder="c") == timedelta(0)


def test_a_holder_that_died_frees_its_place_in_time(monkeypatch):
    # Given two holders, one of which renews its place
    monkeypatch.setattr(limiter, "HOLD", timedelta(seconds=0.3))
    for holder in ("alive", "dead"):
        limiter.reserve({"sam": 1}, holder=holder)
    monkeypatch.undo()
    limiter.keep({"sam": 1}, "alive")
    # When the lease of the other has run out, Then its place is free, and the first's is not
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            limiter.reserve({"sam": 1}, holder="new")
            break
        except NoSlot:
            continue
    with pytest.raises(NoSlot):
        limiter.reserve({"sam": 1}, holder="another")


def test_a_refusal_slows_everybody_down_once():
    normal = waits(3, {"calls": 1})
    assert limiter.slow_down("calls") == pytest.approx(limiter.SLOW_DOWN, abs=0.02)
    # A second answer to calls of the same moment changes nothing more
    assert limiter.slow_down("calls") == pytest.approx(limiter.SLOW_DOWN, abs=0.02)
    slowed = waits(3, {"calls": 1})
    assert slowed[2] - slowed[1] > 1.2 * (normal[2] - normal[1])


def test_a_refusal_that_follows_soon_cuts_deeper():
    # Given a refusal two seconds ago that left 40 %
    refused_before("calls", 2, rate=0.4, limit=0.4)
    # When the next comes, Then far less is left than the first would leave
    assert limiter.slow_down("calls") == pytest.approx(0.4 * limiter.SLOW_DOWN_AGAIN, abs=0.03)


@pytest.mark.parametrize(("seconds", "least", "most"), [(0, 0.35, 0.36), (4, 0.49, 0.5), (7, 0.5, 0.55), (14, 1, 1)])
def test_the_rate_comes_back_fast_rests_and_then_grows(seconds, least, most):
    # Given a refusal at half the quota, some seconds ago
    refused_before("calls", seconds, rate=0.35, limit=0.5)
    # Then the rate is near the old one soon, stays there, and is whole after a quarter of a minute
    assert least <= limiter.rate("calls") <= most + 0.02
    # And a slot takes that much longer
    first, second = waits(2, {"calls": 1})
    assert second - first == pytest.approx(0.1 / CAUTION / limiter.rate("calls"), rel=0.2)


def test_after_a_refusal_only_a_share_of_the_slots_given_out_stands():
    # Given ten slots given out
    waits(10, {"calls": 1})
    # When the provider refuses
    limiter.slow_down("calls")
    # Then as many stand as the new rate allows, and the others get another slot
    answers = [limiter.pass_gate({"calls": 1}) for _ in range(10)]
    assert sum(not wait for wait in answers) == 10 * limiter.SLOW_DOWN
    assert all(wait > timedelta(seconds=0.5) for wait in answers if wait)


def test_late_calls_do_not_crowd_a_window():
    # Given three calls within the last 6 s, where three in 6 s are allowed
    passed_before("few", 3.5, 2.5, 2.1)
    # When a fourth comes, Then it has to wait until the first has left the window
    assert timedelta(seconds=1) < limiter.pass_gate({"few": 1}) <= timedelta(seconds=2.6)
    # And passes when it has
    passed_before("few", 6.5, 2.5, 2.1)
    assert limiter.pass_gate({"few": 1}) == timedelta(0)


def test_late_calls_do_not_come_all_at_once():
    # Given ten calls a second, all late and therefore at the same moment
    answers = [limiter.pass_gate({"calls": 1}) for _ in range(12)]
    # Then a second's worth passes and the others wait a second
    assert [not wait for wait in answers] == [True] * 10 + [False] * 2
    assert max(answers) <= timedelta(seconds=1)


def test_tokens_that_were_used_leave_the_count_after_the_window():
    # Given most of a window's tokens reserved and used
    limiter.reserve({"short": 900}, LONG)
    limiter.give_back_tokens({"short": 900}, used_tokens=900)
    # When more is asked for than is left, Then it has its slot when the first have left the window
    assert timedelta(seconds=3) < limiter.reserve({"short": 500}, LONG) <= timedelta(seconds=7.1)


def test_what_has_no_limit_costs_nothing_and_a_refusal_pauses_it():
    # Given no limit
    waits = [limiter.reserve({"unknown": 1}) for _ in range(20)]
    assert max(waits) == timedelta(0)
    # When the provider refuses all the same, Then everybody waits a moment
    assert limiter.slow_down("unknown") == 1.0
    assert timedelta(0) < limiter.reserve({"unknown": 1}) <= timedelta(seconds=1)


def test_without_redis_paid_calls_stop(monkeypatch):
    away = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(connections, "limiter", lambda: away)
    with pytest.raises(QuotaAway):
        limiter.reserve({"images": 1})
