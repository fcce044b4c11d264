"""Every failure under /api/ is a problem document with a stable code, in the language asked for."""

from __future__ import annotations

import re
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.test import AsyncClient, Client
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from api import exceptions
from api.parsers import BoundedJSONParser
from api.problems import KINDS, FieldError, Problem

FAILURES = {
    "conflict": Problem(409, "photo_in_progress"),
    "busy": Problem(503, "unavailable", "이유", errors=[FieldError("a.b", "c", "d")], headers={"Retry-After": "7"}),
    "missing": Http404("Secret matches the given query"),
    "forbidden": PermissionDenied("secret"),
    "throttled": Throttled(wait=12.4),
    "database": OperationalError("secret host is away"),
    "bug": RuntimeError("secret"),
    "unwritable": Problem(400, "invalid", "\ud800", errors=[FieldError("\ud800", "c", "\ud800")]),
}


class ExperienceSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=3)


class FactsSerializer(serializers.Serializer[Any]):
    experiences = ExperienceSerializer(many=True)
    strengths = serializers.ListField(child=serializers.CharField(max_length=3))

    def validate(self, attrs):
        raise serializers.ValidationError("무엇이든", code="whole")


class BodySerializer(serializers.Serializer[Any]):
    facts = FactsSerializer()


class FailingView(APIView):
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (BoundedJSONParser, MultiPartParser)

    def get(self, request, name):
        raise FAILURES[name]

    def post(self, request, name):
        BodySerializer(data=request.data).is_valid(raise_exception=True)
        return Response()


class PrivateView(APIView):
    def get(self, request):
        return Response()


class PublicView(APIView):
    permission_classes = ()
    throttle_classes = ()

    def get(self, request):
        return Response({"public": True})


def failing_page(request, name):
    raise FAILURES[name]


urlpatterns = [
    path("api/v1/fail/<str:name>/", FailingView.as_view()),
    path("api/v1/private/", PrivateView.as_view()),
    path("api/v1/public/", PublicView.as_view()),
    path("api/outside/<str:name>/", failing_page),
    path("page/<str:name>/", failing_page),
    path("problems/<str:code>/", exceptions.describe),
]
handler400 = exceptions.bad_request
handler403 = exceptions.permission_denied
handler404 = exceptions.not_found
handler500 = exceptions.server_error

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]


@pytest.fixture
def client() -> APIClient:
    return APIClient(raise_request_exception=False)


def document(answer, status: int, code: str) -> dict[str, Any]:
    """The problem, after a look at what all problems have in common."""
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "errors"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    assert problem["detail"]
    assert "ecret" not in answer.content.decode()
    return problem


class TestRefusals:
    def test_a_domain_error(self, client):
        problem = document(client.get("/api/v1/fail/conflict/"), 409, "photo_in_progress")
        assert problem["errors"] == []
        assert problem["type"] == "/problems/photo_in_progress/"

    def test_own_sentence_errors_and_headers(self, client):
        answer = client.get("/api/v1/fail/busy/")
        problem = document(answer, 503, "unavailable")
        assert problem["detail"] == "이유"
        assert problem["errors"] == [{"field": "a.b", "code": "c", "detail": "d"}]
        assert answer.headers["Retry-After"] == "7"

    def test_nobody(self, client):
        answer = client.get("/api/v1/private/")
        document(answer, 401, "not_authenticated")
        assert answer.headers["WWW-Authenticate"] == "Token"

    def test_wrong_token(self, client):
        answer = client.get("/api/v1/private/", headers={"Authorization": "Token nonsense"})
        assert "올바르지" in document(answer, 401, "not_authenticated")["detail"]

    def test_missing_forbidden_throttled(self, client):
        document(client.get("/api/v1/fail/missing/"), 404, "not_found")
        document(client.get("/api/v1/fail/forbidden/"), 403, "permission_denied")
        answer = client.get("/api/v1/fail/throttled/")
        assert "13초" in document(answer, 429, "throttled")["detail"]
        assert answer.headers["Retry-After"] == "13"

    def test_wrong_method_and_accept(self, client):
        answer = client.put("/api/v1/fail/conflict/")
        document(answer, 405, "method_not_allowed")
        assert "GET" in answer.headers["Allow"]

    @pytest.mark.parametrize("accept", ["text/html", "image/png", "application/problem+json", "nonsense"])
    def test_the_same_whatever_is_accepted(self, client, accept):
        answer = client.get("/api/v1/fail/conflict/", headers={"Accept": accept})
        document(answer, 409, "photo_in_progress")
        assert client.get("/api/v1/public/", headers={"Accept": accept}).json() == {"public": True}

    def test_a_sentence_that_cannot_be_written_is_told_as_far_as_it_goes(self, client):
        problem = document(client.get("/api/v1/fail/unwritable/"), 400, "invalid")
        assert problem["detail"] == "?"
        assert problem["errors"] == [{"field": "?", "code": "c", "detail": "?"}]


class TestInput:
    def test_nested_errors_become_dotted_fields(self, client):
        body = {"facts": {"experiences": [{"title": "abc"}, {"title": "abcd"}, {}], "strengths": ["a", "abcd"]}}
        problem = document(client.post("/api/v1/fail/x/", body, format="json"), 400, "invalid")
        assert {(error["field"], error["code"]) for error in problem["errors"]} == {
            ("facts.experiences.1.title", "max_length"),
            ("facts.experiences.2.title", "required"),
            ("facts.strengths.1", "max_length"),
        }

    @pytest.mark.parametrize(
        ("body", "errors"),
        [
            ({"facts": {"experiences": [], "strengths": []}}, [("facts", "whole")]),
            ({}, [("facts", "required")]),
            ([], [(None, "invalid")]),
        ],
    )
    def test_errors_of_the_whole(self, client, body, errors):
        problem = document(client.post("/api/v1/fail/x/", body, format="json"), 400, "invalid")
        assert [(error["field"], error["code"]) for error in problem["errors"]] == errors

    def test_malformed_json(self, client):
        answer = client.post("/api/v1/fail/x/", "{", content_type="application/json")
        problem = document(answer, 400, "invalid")
        assert [(error["field"], error["code"]) for error in problem["errors"]] == [(None, "parse_error")]

    def test_wrong_body_type(self, client):
        answer = client.post("/api/v1/fail/x/", "a=b", content_type="text/csv")
        document(answer, 415, "unsupported_media_type")

    def test_too_large_a_body(self, client, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
        for kind in ("json", "multipart"):
            answer = client.post("/api/v1/fail/x/", {"facts": "b" * 100}, format=kind)
            document(answer, 413, "too_large")


class TestFailures:
    def test_the_database_away_is_temporary_and_logged(self, client, caplog):
        for address in ("/api/v1/fail/database/", "/api/outside/database/"):
            answer = client.get(address)
            document(answer, 503, "unavailable")
            assert int(answer.headers["Retry-After"]) > 0
            assert "OperationalError" in caplog.text
            caplog.clear()

    def test_the_same_under_asgi(self):
        # Given the way the service runs, where the error view stands in another thread than the failure
        get = async_to_sync(AsyncClient(raise_request_exception=False).get)
        document(get("/api/outside/database/"), 503, "unavailable")
        document(get("/api/outside/bug/"), 500, "failed")

    @pytest.mark.parametrize("address", ["/api/v1/fail/bug/", "/api/outside/bug/"])
    def test_a_bug_shows_nothing_of_the_inside(self, client, address):
        document(client.get(address), 500, "failed")

    def test_unknown_routes(self, client):
        document(client.get("/api/v1/nothing/"), 404, "not_found")
        document(client.post("/api/"), 404, "not_found")

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_a_change_is_not_led_to_the_address_with_the_slash(self, client, method):
        document(getattr(client, method)("/api/v1/public", {}, format="json"), 404, "not_found")
        # A reader is
        answer = client.get("/api/v1/public")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/api/v1/public/")

    def test_views_outside_the_framework(self, client):
        document(client.get("/api/outside/missing/"), 404, "not_found")
        document(client.get("/api/outside/forbidden/"), 403, "permission_denied")
        document(client.get("/api/outside/x/", headers={"Host": "evil.example"}), 400, "invalid")

    @pytest.mark.parametrize(
        ("name", "status"), [("missing", 404), ("forbidden", 403), ("bug", 500), ("database", 503)]
    )
    def test_pages_get_pages(self, name, status):
        answer = Client(raise_request_exception=False).get(f"/page/{name}/")
        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "ecret" not in answer.content.decode()


class TestLanguage:
    @pytest.mark.parametrize("asked", [None, "ko-KR,ko;q=0.9,en;q=0.8", "fr"])
    @pytest.mark.parametrize("address", ["/api/v1/fail/conflict/", "/api/v1/nothing/"])
    def test_korean_by_default(self, client, asked, address):
        problem = client.get(address, headers={"Accept-Language": asked} if asked else {}).json()
        assert re.search("[가-힣]", problem["title"])
        assert re.search("[가-힣]", problem["detail"])

    @pytest.mark.parametrize("address", ["/api/v1/fail/conflict/", "/api/v1/fail/throttled/", "/api/v1/nothing/"])
    def test_english_when_asked_for(self, client, address):
        problem = client.get(address, headers={"Accept-Language": "en-US,en;q=0.9,ko;q=0.5"}).json()
        assert not re.search("[가-힣]", problem["title"] + problem["detail"])

    def test_field_errors_follow_too(self, client):
        korean = client.post("/api/v1/fail/x/", {}, format="json").json()
        english = client.post("/api/v1/fail/x/", {}, format="json", headers={"Accept-Language": "en"}).json()
        assert re.search("[가-힣]", korean["errors"][0]["detail"])
        assert not re.search("[가-힣]", english["errors"][0]["detail"])


class TestTypes:
    @pytest.mark.parametrize("code", KINDS)
    def test_every_type_has_its_page(self, code):
        answer = Client().get(Problem(KINDS[code].status, code).document()["type"])
        assert answer.status_code == 200
        assert str(KINDS[code].title) in answer.content.decode()

    def test_an_unknown_code_is_no_page_and_no_problem(self):
        assert Client().get("/problems/nonsense/").status_code == 404
        with pytest.raises(KeyError):
            Problem(400, "nonsense")


@pytest.mark.urls("accounts.urls")
def test_the_schema_names_every_refusal(recwarn):
    schema = SchemaGenerator().get_schema(request=None, public=True)
    responses = schema["paths"]["/auth/register/"]["post"]["responses"]
    assert set(responses) == {"201", "400", "401", "403", "413", "415", "429"}
    assert list(responses["400"]["content"]) == ["application/problem+json"]
    assert set(schema["components"]["schemas"]["Problem"]["properties"]) == {
        *("type", "title", "status", "detail", "code", "errors")
    }
