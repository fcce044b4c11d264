"""The curators' desk."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.contrib.admin.sites import AdminSite
from django.contrib.auth import get_user_model
from django.test import Client
from kombu.exceptions import OperationalError

from companies import seeding, services, tasks
from companies.admin import KeywordAdmin
from companies.models import Company, Keyword, PersonalityType

pytestmark = [pytest.mark.usefixtures("catalogue"), pytest.mark.urls("companies.tests.urls")]


@pytest.fixture
def curator(admin_client: Client, monkeypatch) -> Client:
    """Somebody who may edit; the broker is away."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.index, "apply_async", refuse)
    return admin_client


def form_of(client: Client, url: str) -> dict[str, Any]:
    """What a browser would send from this page, with nothing changed."""
    context = client.get(url).context
    forms = [context["adminform"].form]
    for formset in context["inline_admin_formsets"]:
        forms += [formset.formset.management_form, *formset.formset.forms]
    data: dict[str, Any] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is not None and value is not False:
                data[bound.html_name] = value
    return data


def test_the_list_filters_and_searches(curator):
    assert curator.get("/admin/companies/company/").status_code == 200
    low = curator.get("/admin/companies/company/?confidence__exact=low")
    assert [company.slug for company in low.context["cl"].result_list] == ["naver"]
    found = curator.get("/admin/companies/company/?q=하고잡이")
    assert [company.slug for company in found.context["cl"].result_list] == ["cj-cheiljedang"]
    assert found.context["cl"].result_list[0].source_count == 2


def test_a_company_shows_which_types_it_matches(curator):
    # Given
    company = services.recommend("ENFP")[0].company

    # When
    page = curator.get(f"/admin/companies/company/{company.pk}/change/").content.decode()

    # Then
    for mbti in PersonalityType.objects.values_list("type", flat=True):
        assert f">{mbti}<" in page


def test_a_new_company_can_be_begun(curator):
    assert curator.get("/admin/companies/company/add/").status_code == 200


def test_an_edit_is_live_at_once_though_the_broker_is_away(curator, django_capture_on_commit_callbacks, caplog):
    # Given
    kt = Company.objects.get(slug="kt")
    url = f"/admin/companies/company/{kt.pk}/change/"
    data = form_of(curator, url) | {"qualified": "전략  분석 통찰 독립성", "talent_values-0-ko": "새 가치"}

    # When
    with caplog.at_level(logging.WARNING), django_capture_on_commit_callbacks(execute=True):
        answer = curator.post(url, data)

    # Then
    assert answer.status_code == 302
    kt.refresh_from_db()
    assert kt.qualified == "전략 분석 통찰 독립성"
    assert kt.talent_values.all()[0].ko == "새 가치"
    assert services.recommend("INTJ")[0].company == kt
    assert "companies.index was not sent" in caplog.text


def test_saving_without_a_change_is_not_an_edit(curator, release):
    # Given
    for company in Company.objects.filter(slug__in=["samsung-electronics", "naver", "toss", "woongjin"]):
        url = f"/admin/companies/company/{company.pk}/change/"
        assert curator.post(url, form_of(curator, url)).status_code == 302

    # When
    report = seeding.seed()

    # Then
    assert report.unchanged["company"] == 33
    assert report.kept == []


def test_a_word_outside_the_vocabulary_is_refused_by_name(curator):
    # Given
    kt = Company.objects.get(slug="kt")
    url = f"/admin/companies/company/{kt.pk}/change/"

    # When
    answer = curator.post(url, form_of(curator, url) | {"qualified": "도전 도전정신"})

    # Then
    assert answer.status_code == 200
    assert "도전정신" in str(answer.context["adminform"].form.errors["qualified"])


def test_companies_are_deactivated_not_deleted(curator):
    kt = Company.objects.get(slug="kt")
    assert curator.post(f"/admin/companies/company/{kt.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Company.objects.filter(slug="kt").exists()


def test_types_show_their_companies(curator):
    page = curator.get("/admin/companies/personalitytype/").content.decode()
    assert services.recommend("ISFJ")[0].company.name in page
    intj = PersonalityType.objects.get(type="INTJ")
    assert curator.get(f"/admin/companies/personalitytype/{intj.pk}/change/").status_code == 200


def test_only_a_word_that_nobody_uses_may_go(curator, rf):
    # Given
    request = rf.get("/")
    request.user = get_user_model().objects.get(is_superuser=True)
    keywords = KeywordAdmin(Keyword, AdminSite())
    idle = Keyword.objects.create(ko="한가함", en="leisure")

    # When / Then
    assert keywords.has_delete_permission(request, idle)
    assert not keywords.has_delete_permission(request, Keyword.objects.get(ko="도전"))
    assert curator.get(f"/admin/companies/keyword/{idle.pk}/change/").status_code == 200
    assert curator.get("/admin/companies/keyword/").status_code == 200


def test_the_task_is_named_as_promised_and_safe_for_a_company_that_is_gone():
    assert tasks.index.name == "companies.index"
    tasks.index(0)
