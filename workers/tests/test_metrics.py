"""Counting on a real Redis: nothing is lost between processes, nothing breaks without it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import redis
from django.db import connection

from workers import connections
from workers.clock import database_now
from workers.models import Breaker, Step
from workers.operations import figures, metrics
from workers.operations.figures import Histogram
from workers.quota import limiter
from workers.quota.policy import Counts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _from_zero(settings, monkeypatch):
    settings.QUOTAS = ({"name": "images", "amount": 60}, {"name": "places", "amount": 2, "counts": Counts.AT_ONCE})
    connection = redis.Redis.from_url(settings.REDIS_URL)
    for key in (*connection.scan_iter("metrics:*"), *connection.scan_iter("quota:*")):
        connection.delete(key)
    metrics._outage.is_back()
    yield
    metrics._outage.is_back()


def attempt(outcome="done", waiting=0.2, working=3.0, price=0.04, reused=False):
    metrics.attempt_ended("photos.outpaint", "bedrock", outcome, waiting, working, price, reused)


def step(state, *, minutes_old=0, lease=None, link=0):
    now = database_now()
    return Step.objects.create(
        chain=f"{state}{minutes_old}{link}",
        link=link,
        kind="photos.outpaint",
        queue="photos",
        subject="s",
        topic="t",
        owner="o",
        priority=1,
        state=state,
        due_at=now,
        virtual_time=now,
        created_at=now - timedelta(minutes=minutes_old),
        lease_until=lease,
    )


def test_many_count_together():
    # Given eight threads that count at once
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: attempt(), range(80)))
    # Then all of it is there
    present = figures.present()
    assert present.counters["attempts"] == {("photos.outpaint", "bedrock", "done"): 80}
    assert present.working["photos.outpaint"].count == 80
    assert present.working["photos.outpaint"].sum == pytest.approx(240)
    assert present.cost_usd == pytest.approx(3.2)


def test_working_time_is_that_of_tries_that_worked():
    attempt(working=3.0)
    attempt("throttled", working=0.05, price=0)
    attempt(working=0.001, price=0, reused=True)
    # Then the refusal and the reused result do not make the provider look fast, and all three have waited
    present = figures.present()
    assert present.working["photos.outpaint"].count == 1
    assert present.waiting["photos.outpaint"].count == 3
    assert present.counters["reused"] == {("photos.outpaint",): 1}


def test_the_last_minute_slides():
    # Given 30 units, of which 10 were not needed, and one refusal
    metrics.slot_taken("images", 30)
    metrics.slot_given_back("images", 10)
    metrics.refused("images")
    # When read now, Then they are in use
    images = figures.present().quotas[0]
    assert (images.used, images.slots_last_minute, images.refused_last_minute) == (20, 1, 1)


def test_what_was_used_earlier_is_not_in_the_last_minute(monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 75)
    metrics.slot_taken("images", 30)
    monkeypatch.undo()
    present = figures.present()
    assert next(quota.used for quota in present.quotas if quota.policy == "images") == 0
    # Then it is still counted in all
    assert present.counters["units"] == {("images",): 30}


def test_a_step_that_needed_more_than_reserved_uses_more():
    metrics.slot_taken("images", 30)
    metrics.slot_given_back("images", -5)
    assert figures.present().counters["units"] == {("images",): 35}


def test_the_limiter_is_shown_as_it_stands():
    # Given a place taken, a slot taken, and a refusal
    limiter.reserve({"images": 1, "places": 1}, timedelta(seconds=5), holder="someone")
    limiter.slow_down("images")
    images, places = figures.present().quotas
    # Then
    assert images.rate == pytest.approx(limiter.SLOW_DOWN, abs=0.05)
    assert images.next_slot_seconds is not None
    assert images.next_slot_seconds > 0.5
    assert (places.used, places.limit) == (1, 2)


def test_a_policy_without_a_limit_is_shown_once_it_is_used():
    metrics.refused("rekognition")
    assert [(quota.policy, quota.limit) for quota in figures.present().quotas][-1] == ("rekognition", None)


def test_a_finished_topic_counts_once():
    for topic in ("a", "b", "a"):
        metrics.finished(topic)
    attempt(price=3.0)
    present = figures.present()
    assert (present.finished, present.cost_per_finished_usd) == (2, 1.5)


def test_queues_are_read_off_the_rows():
    # Given work of every kind, the oldest of it running for long
    step(Step.State.DUE, minutes_old=2)
    step(Step.State.SENT, minutes_old=3)
    step(Step.State.RUNNING, minutes_old=9, lease=database_now() - timedelta(seconds=9))
    step(Step.State.BLOCKED, minutes_old=9, link=1)
    step(Step.State.DONE, minutes_old=99)
    queues = {queue.queue: queue for queue in figures.present().queues}
    # Then
    assert queues["photos"].steps == {"due": 1, "sent": 1, "running": 1, "blocked": 1}
    assert queues["photos"].oldest_seconds == pytest.approx(180, abs=5)
    assert queues["photos"].overdue == 1
    assert queues["letters"].steps == {"due": 0, "sent": 0, "running": 0, "blocked": 0}
    assert queues["letters"].oldest_seconds == 0


def test_one_query_for_the_queues(django_assert_max_num_queries):
    for minutes in range(20):
        step(Step.State.DUE, minutes_old=minutes)
    Breaker.objects.create(kind="photos.outpaint", open=True, code="misconfigured")
    # MariaDB's clock is a query of its own.
    with django_assert_max_num_queries(4 if connection.vendor == "sqlite" else 5):
        present = figures.present()
    assert [breaker.open for breaker in present.breakers] == [True]


def test_without_redis_counting_costs_no_step_and_little_time(monkeypatch):
    away = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2, retry=None)
    monkeypatch.setattr(connections, "counters", lambda: away)
    begun = time.monotonic()
    for _ in range(100):
        attempt()
        metrics.finished("a")
    assert time.monotonic() - begun < 0.5
    # Then what the database knows is shown, and the rest is absent
    present = figures.present()
    assert (present.database_up, present.redis_up, present.counters) == (True, False, {})
    assert present.queues


def test_a_try_is_counted_in_one_round_trip(monkeypatch):
    sent = []
    execute = redis.client.Pipeline.execute

    def noted(pipeline):
        sent.append(len(pipeline))
        return execute(pipeline)

    monkeypatch.setattr(redis.client.Pipeline, "execute", noted)
    # When a try is counted, with all its counters
    attempt()
    # Then Redis was asked once
    assert len(sent) == 1
    assert sent[0] > 3


@pytest.mark.parametrize(("share", "seconds"), [(0.25, 0.5), (0.5, 1.0), (0.9, 2.0), (1.0, float("inf"))])
def test_quantiles_are_interpolated(share, seconds):
    # Given ten up to 1 s, eight up to 2 s, two beyond
    histogram = Histogram((1.0, 2.0), (10, 8, 2), 0.0)
    assert histogram.quantile(share) == pytest.approx(seconds)


def test_no_quantile_of_nothing():
    assert Histogram((1.0,), (0, 0), 0.0).quantile(0.5) is None
