"""What Prometheus and a person on night duty are told, over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import redis
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from workers import connections
from workers.clock import database_now
from workers.engine import liveness
from workers.engine.configuration import queues
from workers.models import Attempt, Breaker, Liveness, Step
from workers.operations import metrics

pytestmark = pytest.mark.django_db
ELSEWHERE = "203.0.113.9"


@pytest.fixture(autouse=True)
def _from_zero(settings, monkeypatch):
    settings.QUOTAS = ({"name": "bedrock-image", "amount": 60},)
    connection = redis.Redis.from_url(settings.REDIS_URL)
    for key in (*connection.scan_iter("metrics:*"), *connection.scan_iter("quota:*")):
        connection.delete(key)
    metrics._outage.is_back()
    yield
    metrics._outage.is_back()


@pytest.fixture
def redis_away(monkeypatch):
    away = redis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2, retry=None)
    monkeypatch.setattr(connections, "counters", lambda: away)


def person(**rights):
    return get_user_model().objects.create_user("night@example.com", "duty", **rights)


def operator():
    staff = person(is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_step"))
    client = Client()
    client.force_login(staff)
    return client


def samples(body):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def scraped():
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    return samples(answer.content)


def a_busy_house():
    now = database_now()
    step = Step.objects.create(
        chain="c", link=0, kind="photos.outpaint", queue="photos", subject="김하늘", topic="01012345678",
        owner="owner-of-it", priority=1, state=Step.State.DUE, due_at=now, virtual_time=now,
        created_at=now - timedelta(minutes=20),
    )  # fmt: skip
    Attempt.objects.create(
        step=step, fence=1, outcome="done", waiting_seconds=1, working_seconds=1, started_at=now, model="m"
    )
    Breaker.objects.create(
        kind="photos.outpaint", provider="bedrock", open=True, code="misconfigured", said="김하늘", opened_at=now
    )
    metrics.attempt_ended("photos.outpaint", "bedrock", "done", 0.2, 3.0, 0.12, False)
    metrics.attempt_ended("photos.outpaint", "bedrock", "throttled", 40.0, 0.1, 0.0, False)
    metrics.retried("photos.outpaint", "Throttled")
    metrics.admitted("photos", 3)
    metrics.recovered("photos.outpaint", "running")
    metrics.slot_taken("bedrock-image", 1)
    metrics.slot_taken("bedrock-image", 1)
    metrics.refused("bedrock-image")
    metrics.finished("01012345678")


def test_what_was_counted_is_scraped():
    # Given
    a_busy_house()
    # When
    found = scraped()

    def value(name, **labels):
        return found["ai_resume_" + name, *sorted(labels.items())]

    # Then
    kind = {"kind": "photos.outpaint"}
    assert value("attempts_total", **kind, provider="bedrock", outcome="throttled") == 1
    assert value("retries_total", **kind, **{"class": "Throttled"}) == 1
    assert value("waiting_seconds_bucket", **kind, le="0.25") == 1
    assert value("waiting_seconds_bucket", **kind, le="+Inf") == 2
    assert value("waiting_seconds_count", **kind) == 2
    assert value("waiting_seconds_sum", **kind) == pytest.approx(40.2)
    assert value("working_seconds_count", **kind) == 1
    assert value("admitted_total", queue="photos") == 3
    assert value("recovered_total", **kind, state="running") == 1
    assert value("quota_slots_total", policy="bedrock-image") == 2
    assert value("quota_refused_total", policy="bedrock-image") == 1
    assert value("quota_used", policy="bedrock-image") == 2
    assert value("quota_limit", policy="bedrock-image") == 60
    assert value("steps", queue="photos", state="due") == 1
    assert value("oldest_waiting_seconds", queue="photos") == pytest.approx(1200, abs=10)
    assert value("breaker_open", **kind, provider="bedrock", code="misconfigured") == 1
    assert value("cost_usd_total", provider="bedrock") == pytest.approx(0.12)
    assert value("cost_per_resume_usd") == pytest.approx(0.12)
    assert value("finished_total") == 1
    assert value("redis_up") == value("database_up") == 1


def test_the_exposition_is_well_formed():
    a_busy_house()
    body = Client().get("/metrics").content.decode()
    families = list(text_string_to_metric_families(body))
    for family in families:
        # A promise of Prometheus's own checker: a unit in full, a help, a known type, counters alone end in total
        assert family.documentation
        assert family.type in ("gauge", "counter", "histogram")
        assert family.name.startswith("ai_resume_")
        assert not family.name.endswith(("_ms", "_milliseconds", "_total"))
    assert len({family.name for family in families}) == len(families)
    # And the newer format is spoken to those who ask for it
    answer = Client().get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.endswith(b"# EOF\n")


def test_an_empty_house_has_figures():
    found = scraped()
    assert found["ai_resume_steps", ("queue", "letters"), ("state", "due")] == 0
    assert found["ai_resume_quota_rate_ratio", ("policy", "bedrock-image")] == 1


def test_nothing_personal_is_told_or_kept(settings):
    # Given a row with a name, a number and an owner
    a_busy_house()
    body = Client().get("/metrics").content.decode()
    connection = redis.Redis.from_url(settings.REDIS_URL)
    keys = [str(key) for key in connection.scan_iter("metrics:*")]
    fields = [str(name) for name in connection.hkeys(metrics.COUNTERS)]
    # Then neither scrape nor key nor field has them
    for words in (body, *keys, *fields, str(connection.get(metrics.FINISHED))):
        assert not [word for word in ("김하늘", "01012345678", "owner-of-it") if word in words]


@pytest.mark.usefixtures("redis_away")
def test_without_redis_there_is_what_the_rows_know():
    a_busy_house()
    found = scraped()
    assert found["ai_resume_redis_up",] == 0
    assert found["ai_resume_steps", ("queue", "photos"), ("state", "due")] == 1
    # Not zero: that would look like a restart
    assert not [key for key in found if key[0].endswith(("_total", "_bucket"))]


@pytest.mark.parametrize(
    ("headers", "address", "status"),
    [
        ({}, "127.0.0.1", 200),
        ({}, "::1", 200),
        ({}, "::ffff:127.0.0.1", 200),
        ({}, ELSEWHERE, 403),
        ({}, "", 403),
        ({"X-Forwarded-For": ELSEWHERE}, "127.0.0.1", 403),
        ({"Forwarded": f"for={ELSEWHERE}"}, "127.0.0.1", 403),
        ({"Authorization": "Bearer word"}, ELSEWHERE, 200),
        ({"Authorization": "Bearer word", "X-Forwarded-For": ELSEWHERE}, "127.0.0.1", 200),
        ({"Authorization": "Bearer wörd"}, ELSEWHERE, 403),
        ({"Authorization": "word"}, ELSEWHERE, 403),
        ({"Authorization": "Bearer "}, ELSEWHERE, 403),
    ],
)
def test_who_may_scrape(settings, headers, address, status):
    settings.METRICS_TOKEN = "word"
    assert Client(REMOTE_ADDR=address).get("/metrics", headers=headers).status_code == status


def test_an_empty_token_opens_nothing(settings):
    settings.METRICS_TOKEN = ""
    answer = Client(REMOTE_ADDR=ELSEWHERE).get("/metrics", headers={"Authorization": "Bearer "})
    assert answer.status_code == 403


@pytest.mark.parametrize(("staff", "status"), [(True, 200), (False, 403)])
def test_staff_may_scrape_from_anywhere(staff, status):
    client = Client(REMOTE_ADDR=ELSEWHERE)
    client.force_login(person(is_staff=staff))
    assert client.get("/metrics").status_code == status


# --- the same in the admin -----------------------------------------------------------------------

PAGE = "/admin/workers/step/operations/"


def test_the_page_shows_the_same_figures():
    a_busy_house()
    page = operator().get(PAGE).content.decode()
    # Then queue, breaker, quota, retries, recovery and cost are there, and what is wrong stands on top
    for words in ("photos.outpaint", "misconfigured", "bedrock-image", "50.0% (1/2)", "한도 거절 1", "$0.1200", "20분"):
        assert words in page, words
    assert 'role="alert"' in page
    assert "죽은 작업자" in page


def test_a_queue_without_a_living_worker_is_named_to_all_who_look():
    # Given workers of all queues, of which the photo worker has not reported for 21 seconds
    liveness.report(queues())
    Liveness.objects.filter(queue="photos").update(reported_at=database_now() - timedelta(seconds=21))
    # When they are looked at, Then the alert's expression is true for this queue alone
    found = scraped()
    assert {key[1][1]: found[key] for key in found if key[0] == "ai_resume_worker_up"} == {
        "photos": 0,
        "letters": 1,
        "default": 1,
    }
    # And the page names it, and the load balancer is told without having to act
    client = operator()
    page = client.get(PAGE).content.decode()
    assert "photos: 살아 있는 작업자가 없습니다." in page
    assert re.search(r"2\d초째 소식 없음", page)
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["degraded"]) == (200, ["photos"])
    # And when it reports again, nobody says so any more
    liveness.report(["photos"])
    assert scraped()["ai_resume_worker_up", ("queue", "photos")] == 1
    assert "살아 있는 작업자가 없습니다." not in client.get(PAGE).content.decode()
    assert Client().get("/readyz").json()["degraded"] == []


@pytest.mark.usefixtures("redis_away")
def test_without_redis_no_worker_is_suspected():
    # Given that no worker can take messages, as Redis is away, When looked at, Then Redis alone is said to be away
    assert not [key for key in scraped() if key[0] == "ai_resume_worker_up"]
    assert "작업자가 없습니다" not in operator().get(PAGE).content.decode()


def test_the_page_tells_what_was_given_up_from_what_goes_on():
    # Given a refusal by the person's picture, two tries put back, and one error nobody foresaw that was tried again
    for outcome in ("no_face", "throttled", "failed", "failed"):
        metrics.attempt_ended("photos.detect_face", "rekognition", outcome, 0, 0, 0, False)
    metrics.retried("photos.detect_face", "Throttled")
    metrics.retried("photos.detect_face", "Surprise")
    page = operator().get(PAGE).content.decode()
    # Then
    assert "failed 1 · no_face 1" in page
    assert "예상 밖 오류 1 · 한도 거절 1" in page


def test_a_quiet_house_says_so():
    liveness.report(queues())
    assert "눈에 띄는 이상이 없습니다." in operator().get(PAGE).content.decode()


@pytest.mark.usefixtures("redis_away")
def test_without_redis_the_page_says_so():
    answer = operator().get(PAGE)
    assert answer.status_code == 200
    assert "Redis에 닿지 않습니다" in answer.content.decode()


def test_the_page_is_for_those_who_may_see_steps():
    client = Client()
    assert client.get(PAGE).status_code == 302
    client.force_login(person(is_staff=True))
    assert client.get(PAGE).status_code == 403


def test_the_page_is_found_from_the_steps():
    assert PAGE in operator().get("/admin/workers/step/").content.decode()
