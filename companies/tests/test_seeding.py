"""Seeding: complete, repeatable, and never over a curator's edit."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from companies import seeding
from companies.models import Company, Keyword, PersonalityType, Source, TalentValue

pytestmark = pytest.mark.django_db


def company_in(files: dict[str, Any], slug: str) -> dict[str, Any]:
    return next(row for row in files["companies.json"]["companies"] if row["slug"] == slug)


def snapshot() -> list[Any]:
    """Every row with every column, times of saving included."""
    models = (Company, TalentValue, Source, Keyword, PersonalityType)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_an_empty_database_gets_everything():
    # When
    report = seeding.seed()

    # Then
    assert report.created == {"keyword": 112, "personalitytype": 16, "company": 33}
    assert Company.objects.filter(sources__isnull=True).count() == 0
    assert Company.objects.filter(talent_values__isnull=True).count() == 0
    samsung = Company.objects.get(slug="samsung-electronics")
    assert samsung.qualified == "열정 몰입 도전 창의 혁신 변화 정직 도덕성 책임감"
    assert [value.ko for value in samsung.talent_values.all()] == ["열정", "창의·혁신", "인간미·도덕성"]
    assert samsung.confidence == "high"
    assert not Company.objects.get(slug="naver").talent_values.filter(official=True).exists()


def test_every_shipped_row_passes_the_curators_own_checks(catalogue):
    for row in (*Company.objects.all(), *PersonalityType.objects.all(), *Keyword.objects.all()):
        row.full_clean()


def test_seeding_again_changes_nothing(catalogue):
    # Given
    before = snapshot()

    # When
    report = seeding.seed()

    # Then
    assert report.unchanged == {"keyword": 112, "personalitytype": 16, "company": 33}
    assert not report.created
    assert not report.updated
    assert not report.kept
    assert snapshot() == before


def test_a_curators_edit_is_kept_while_other_fields_follow(catalogue, release):
    # Given a company whose note and sources a curator edited
    kakao = Company.objects.get(slug="kakao")
    kakao.note = "2026년 누리집에서 확인함"
    kakao.save()
    kakao.sources.all().delete()

    # When the next release changes note, sources, summary and values
    def edit(files):
        row = company_in(files, "kakao")
        row["note"] = "Another note."
        row["sources"][0]["title"] = "다른 제목"
        row["talent_summary_ko"] = "새 요약입니다."
        row["talent_values"] = [{"ko": "새 가치", "en": "New value", "official": True}]

    report = seeding.seed(release(2, edit))

    # Then
    kakao.refresh_from_db()
    assert kakao.note == "2026년 누리집에서 확인함"
    assert not kakao.sources.exists()
    assert kakao.talent_summary == "새 요약입니다."
    assert [value.ko for value in kakao.talent_values.all()] == ["새 가치"]
    assert report.updated == {"company": 1}
    assert report.kept == ["company kakao: sources", "company kakao: note"]


def test_an_edit_stays_kept_when_the_files_once_agreed_with_it(catalogue, release):
    # Given a curator's industry that the next release happens to share
    Company.objects.filter(slug="kakao").update(industry="플랫폼")
    seeding.seed(release(2, lambda files: company_in(files, "kakao").update(industry_ko="플랫폼")))

    # When the release after that says something else
    report = seeding.seed(release(3, lambda files: company_in(files, "kakao").update(industry_ko="인터넷")))

    # Then
    assert Company.objects.get(slug="kakao").industry == "플랫폼"
    assert report.kept == ["company kakao: industry"]


def test_a_company_of_the_curators_own_is_not_taken_over(catalogue, release):
    # Given
    fields = {"name": "우리 회사", "name_en": "Ours", "industry": "기타", "industry_en": "Other", "qualified": "도전"}
    Company.objects.create(slug="ours", **fields)

    # When a release ships a company of that slug
    def edit(files):
        row = {**company_in(files, "kakao"), "slug": "ours"}
        files["companies.json"]["companies"].append(row)

    seeding.seed(release(2, edit))

    # Then
    assert Company.objects.get(slug="ours").name == "우리 회사"


def test_a_deactivated_company_stays_so(catalogue):
    # Given
    Company.objects.filter(slug="kakao").update(is_active=False)

    # When
    seeding.seed()

    # Then
    assert not Company.objects.get(slug="kakao").is_active


def test_going_back_to_an_older_release_takes_nothing_away(catalogue, release):
    # Given
    seeding.seed(release(2, lambda files: company_in(files, "kakao").update(talent_summary_ko="새 요약입니다.")))

    # When
    report = seeding.seed()

    # Then
    assert Company.objects.get(slug="kakao").talent_summary == "새 요약입니다."
    assert report.newer == {"company": 1}


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        (lambda row: row.pop("industry_en"), "kakao: exactly these keys"),
        (lambda row: row.update(surplus=1), "kakao: exactly these keys"),
        (lambda row: row.update(name_ko=5), "kakao: name_ko: 5 is not of type str"),
        (lambda row: row.update(name_ko=" 카카오"), "kakao: name_ko: blanks around the text"),
        (lambda row: row.update(sources=[]), "kakao: sources: a list with at least one item"),
        (lambda row: row.update(slug="naver"), "naver: stands 2 times"),
        (lambda row: row.update(qualified="도전"), "kakao: qualified is not keywords_ko joined"),
        (lambda row: row["keywords_en"].pop(), "kakao: as many Korean as English words"),
        (lambda row: row["keywords_en"].__setitem__(0, "dare"), "도전: translated in several ways: challenge, dare"),
        (lambda row: row.update(confidence="sure"), "kakao: confidence:"),
        (lambda row: row.update(homepage="kakao"), "kakao: homepage:"),
        (lambda row: row["sources"][0].update(url="nowhere"), "kakao: sources: url:"),
    ],
)
def test_a_faulty_file_is_refused_by_name_and_nothing_is_written(release, fault, named):
    # Given
    folder = release(1, lambda files: fault(company_in(files, "kakao")))

    # When / Then
    with pytest.raises(seeding.SeedError, match=named):
        seeding.seed(folder)
    assert not Company.objects.exists()


def test_files_of_different_versions_are_refused(release):
    folder = release(1, lambda files: files["companies.json"].update(version=2))
    with pytest.raises(seeding.SeedError, match="differ in version"):
        seeding.seed(folder)


def test_the_command_says_what_it_did(catalogue):
    # Given
    Company.objects.filter(slug="kakao").update(note="고침")
    output = StringIO()

    # When
    call_command("seed_companies", stdout=output)

    # Then
    assert "company: 33 unchanged" in output.getvalue()
    assert "kept a curator's edit: company kakao: note" in output.getvalue()


def test_the_command_fails_loudly_on_a_missing_file(monkeypatch, tmp_path):
    def seed_from_nowhere():
        return seeding.read(tmp_path)

    monkeypatch.setattr(seeding, "seed", seed_from_nowhere)
    with pytest.raises(CommandError, match=r"companies\.json"):
        call_command("seed_companies")
