"""The API's four addresses."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from rest_framework.test import APIClient

from companies.models import Company
from companies.views import CompanyPagination

pytestmark = [pytest.mark.usefixtures("catalogue"), pytest.mark.urls("companies.tests.urls")]

COMPANY_KEYS = {"slug", "name", "name_en", "industry", "talent_values", "talent_summary", "careers_url", "sources"}


@pytest.fixture
def client() -> APIClient:
    """Somebody who has not logged in."""
    return APIClient()


def test_types_with_traits_and_summary(client):
    # When
    answer = client.get("/api/v1/mbti-types/")

    # Then
    assert answer.status_code == 200
    assert len(answer.json()) == 16
    first = answer.json()[0]
    assert first.keys() == {"type", "traits", "summary"}
    assert first["type"] == "INTJ"
    assert first["traits"][:2] == ["전략", "분석"]


def test_types_in_english(client):
    answer = client.get("/api/v1/mbti-types/", headers={"Accept-Language": "en"})
    assert answer.json()[0]["traits"][:2] == ["strategy", "analysis"]
    assert answer.json()[0]["summary"].startswith("Thinks alone")


def test_the_list_is_a_page_of_companies(client):
    # When
    page = client.get("/api/v1/companies/").json()

    # Then
    assert page.keys() == {"next", "previous", "results"}
    assert len(page["results"]) == 33
    samsung = page["results"][0]
    assert samsung.keys() == COMPANY_KEYS
    assert samsung["slug"] == "samsung-electronics"
    assert samsung["industry"] == "전자·반도체"
    assert samsung["talent_values"] == ["열정", "창의·혁신", "인간미·도덕성"]
    assert samsung["sources"][0].keys() == {"title", "url"}


@pytest.mark.parametrize("query", ["", urlencode({"q": "도전"})])
def test_pages_join_up_in_order(client, monkeypatch, query):
    # Given
    whole = [company["slug"] for company in client.get(f"/api/v1/companies/?{query}").json()["results"]]
    monkeypatch.setattr(CompanyPagination, "page_size", 4)

    # When
    found: list[str] = []
    url = f"/api/v1/companies/?{query}"
    while url:
        page = client.get(url).json()
        found += [company["slug"] for company in page["results"]]
        url = page["next"]

    # Then
    assert found == whole


@pytest.mark.parametrize(
    ("q", "slugs"),
    [
        ("반도", ["samsung-electronics", "sk-hynix"]),
        ("kakao", ["kakao"]),
        ("  ", None),
        ("없는회사", []),
    ],
)
def test_search(client, q, slugs):
    results = client.get("/api/v1/companies/", {"q": q}).json()["results"]
    assert [company["slug"] for company in results] == slugs if slugs is not None else len(results) == 33


@pytest.mark.parametrize(("parameter", "value", "status"), [("q", "가" * 101, 400), ("q", "\0", 400)])
def test_a_search_text_that_cannot_be_is_refused(client, parameter, value, status):
    assert client.get("/api/v1/companies/", {parameter: value}).status_code == status


@pytest.mark.parametrize("cursor", ["nonsense", "cD1hYmM=", "cD0tMQ=="])
def test_a_cursor_that_was_tampered_with_is_not_found(client, cursor):
    assert client.get("/api/v1/companies/", {"cursor": cursor}).status_code == 404


def test_one_company_in_both_languages(client):
    # When
    korean = client.get("/api/v1/companies/kakao/").json()
    english = client.get("/api/v1/companies/kakao/", headers={"Accept-Language": "en"}).json()

    # Then
    assert korean.keys() == english.keys() == COMPANY_KEYS
    assert (korean["name"], korean["name_en"]) == (english["name"], english["name_en"]) == ("카카오", "Kakao")
    assert korean["industry"] == "인터넷 플랫폼"
    assert english["industry"] == "Internet platform"
    assert len(korean["talent_values"]) == len(english["talent_values"])
    assert english["talent_summary"].isascii()


def test_an_unknown_or_inactive_company_is_not_found(client):
    Company.objects.filter(slug="kakao").update(is_active=False)
    assert client.get("/api/v1/companies/kakao/").status_code == 404
    assert client.get("/api/v1/companies/nowhere/").status_code == 404


def test_three_recommendations_and_the_next_three(client):
    # When
    first = client.get("/api/v1/companies/recommendations/?mbti=enfp").json()
    second = client.get("/api/v1/companies/recommendations/?mbti=ENFP&skip=3").json()

    # Then
    assert len(first) == len(second) == 3
    assert all(item.keys() == {"company", "score", "matched"} for item in first)
    assert first[0]["company"].keys() == COMPANY_KEYS
    scores = [item["score"] for item in first + second]
    assert scores == sorted(scores, reverse=True)
    assert len({item["company"]["slug"] for item in first + second}) == 6
    assert client.get("/api/v1/companies/recommendations/?mbti=ENFP&skip=33").json() == []


@pytest.mark.parametrize(
    "path", ["mbti-types/", "companies/", "companies/kakao/", "companies/recommendations/?mbti=INTJ"]
)
def test_what_is_public_is_limited_for_each_address(client, settings, path):
    # Given two requests a minute
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": path}}
    settings.API_THROTTLE_ANON = "2/min"
    # When a third comes
    answers = [client.get(f"/api/v1/{path}") for _ in range(3)]
    # Then it is told when to come back
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0


def test_matched_words_in_the_language_asked_for(client):
    url = "/api/v1/companies/recommendations/?mbti=INTJ"
    assert client.get(url).json()[0]["matched"] == ["분석", "시스템사고"]
    english = client.get(url, headers={"Accept-Language": "en"}).json()
    assert english[0]["matched"] == ["analysis", "systems thinking"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "mbti"),
        ("mbti=", "mbti"),
        ("mbti=ABCD", "mbti"),
        ("mbti=INTJ%00", "mbti"),
        ("mbti=INTJ&skip=-1", "skip"),
        ("mbti=INTJ&skip=x", "skip"),
    ],
)
def test_a_wrong_question_is_answered_with_the_field_at_fault(client, query, field):
    # When
    answer = client.get(f"/api/v1/companies/recommendations/?{query}")

    # Then
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "invalid"
    assert [error["field"] for error in problem["errors"]] == [field]


def test_the_number_of_queries_does_not_grow_with_the_companies(client, django_assert_max_num_queries):
    # Given an index in use
    client.get("/api/v1/companies/recommendations/?mbti=ENFP")

    # When / Then
    with django_assert_max_num_queries(3):
        client.get("/api/v1/companies/")
    with django_assert_max_num_queries(7):
        client.get("/api/v1/companies/recommendations/?mbti=ENFP")
