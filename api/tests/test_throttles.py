"""Rate limits: what they count, how they say no, and what happens without their cache."""

from __future__ import annotations

import logging

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework.test import APIClient

from api.throttles import SettingThrottle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _limits(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "throttles"}}
    settings.API_THROTTLE_ANON = "2/min"
    settings.API_THROTTLE_USER = "2/min"
    cache.clear()


def begin(client: APIClient | None = None, **headers: str):
    return (client or APIClient()).post("/api/v1/auth/guest/", headers=headers)


def test_the_third_sign_in_of_a_minute_is_refused_with_the_time_to_wait():
    # Given two sign-ins a minute
    assert [begin().status_code for _ in range(2)] == [201, 201]
    # When a third comes
    answer = begin()
    # Then it is told when to come back
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    # And passwords are not tried either, by guests no more than by anybody
    assert APIClient().post("/api/v1/auth/login/", {}, format="json").status_code == 429


def test_being_a_guest_lifts_no_limit():
    token = begin().json()["token"]
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    answers = [client.post("/api/v1/auth/register/", {}, format="json").status_code for _ in range(2)]
    assert answers == [400, 429]


def test_people_are_counted_one_by_one():
    clients = []
    for _ in range(2):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {begin().json()['token']}")
        clients.append(client)
    assert [[client.get("/api/v1/auth/me/").status_code for _ in range(3)] for client in clients] == [
        [200, 200, 429],
        [200, 200, 429],
    ]


def test_none_switches_it_off(settings):
    settings.API_THROTTLE_ANON = None
    assert [begin().status_code for _ in range(4)] == [201] * 4


def test_without_its_cache_requests_pass_and_a_warning_is_logged(monkeypatch, caplog):
    # Given a cache that cannot be reached
    class Away:
        def get(self, *args: object) -> None:
            raise RedisConnectionError("refused")

    monkeypatch.setattr(SettingThrottle, "cache", Away())
    # When requests come, then they are served
    with caplog.at_level(logging.WARNING, "api.throttles"):
        assert [begin().status_code for _ in range(3)] == [201] * 3
    assert "not enforced" in caplog.text
