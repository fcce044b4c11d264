"""The embedded engine: what it finds, and that every process sees a curator's edit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unicodedata import normalize

import pytest
from django.core.management import CommandError, call_command

from companies import search, services
from companies.models import Company
from companies.search.embedded import EmbeddedSearch

pytestmark = pytest.mark.usefixtures("catalogue")


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("카카오", ["kakao"]),
        ("카카", ["kakao"]),
        ("KAKAO", ["kakao"]),
        ("hyundai motor", ["hyundai-motor"]),
        ("반도", ["samsung-electronics", "sk-hynix"]),
        ("semiconductor", ["samsung-electronics", "sk-hynix"]),
        ("전자 삼성", ["samsung-electronics"]),
        ("KB 은행", ["kb-kookmin-bank"]),
        ("하고잡이", ["cj-cheiljedang"]),
        ("자발적", ["sk-hynix", "sk-telecom"]),
        ("ＫＢ", ["kb-kookmin-bank"]),
        (normalize("NFD", "카카오"), ["kakao"]),
        ("없는회사", []),
        ("%", []),
    ],
)
def test_words_are_found_in_part_in_both_languages(q, expected):
    assert search.engine().find(q) == expected


def test_a_name_comes_before_a_mention():
    # Given a company that only mentions another's name
    amorepacific = Company.objects.get(slug="amorepacific")
    amorepacific.talent_summary = "쿠팡과 함께 일합니다."
    amorepacific.save()

    # When / Then
    assert search.engine().find("쿠팡") == ["coupang", "amorepacific"]


def test_pages_of_one_ranking_join_up():
    engine = EmbeddedSearch()
    traits = ["도전", "열정"]
    whole = engine.recommend(traits, size=33, skip=0)
    assert engine.recommend(traits, size=2, skip=0) + engine.recommend(traits, size=31, skip=2) == whole


def test_words_that_nobody_holds_find_nobody():
    assert EmbeddedSearch().recommend(["세상에없는낱말"], size=3, skip=0) == []
    assert EmbeddedSearch().recommend([], size=3, skip=0) == []


def test_another_process_notices_an_edit_that_commits_after_a_later_one():
    # Given an engine that has seen an edit of a later time
    engine = EmbeddedSearch()
    later = Company.objects.latest("updated_at").updated_at + timedelta(minutes=1)
    Company.objects.filter(slug="kakao").update(updated_at=later)
    assert engine.recommend(["전략"], size=3, skip=0) == []

    # When an edit becomes visible whose time is earlier
    earlier = later - timedelta(seconds=1)
    Company.objects.filter(slug="kt").update(qualified="전략", updated_at=earlier)

    # Then
    assert [match.slug for match in engine.recommend(["전략"], size=3, skip=0)] == ["kt"]


def test_an_index_is_built_once_while_nothing_changes(django_assert_num_queries):
    # Given
    engine = EmbeddedSearch()
    engine.find("카카오")

    # When / Then only the stamp is read
    with django_assert_num_queries(1):
        engine.recommend(["도전"], size=3, skip=0)


@pytest.mark.django_db(transaction=True)
def test_threads_share_one_engine():
    # Given
    engine = EmbeddedSearch()

    # When
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: _closing(engine), range(16)))

    # Then
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]


def _closing(engine: EmbeddedSearch) -> list[search.Match]:
    from django.db import connection

    try:
        return engine.recommend(["도전", "열정"], size=3, skip=0)
    finally:
        connection.close()


def test_the_settings_name_the_engine(settings):
    settings.COMPANY_SEARCH = "companies.search.nowhere.Search"
    with pytest.raises(ImportError):
        search.engine()


def test_the_command_tells_of_the_embedded_index_too(capsys):
    # When / Then
    call_command("reindex_companies")
    assert "33 companies" in capsys.readouterr().out
    call_command("reindex_companies", "--check")
    assert "agree" in capsys.readouterr().out

    # When
    [first] = services.recommend("INTJ", size=1)
    call_command("reindex_companies", "--explain", first.company.slug, "INTJ")

    # Then the score and its parts
    score, *parts = [float(line.split()[0]) for line in capsys.readouterr().out.splitlines()]
    assert score == first.score
    assert len(parts) == len(first.matched)
    assert sum(parts) == pytest.approx(score, abs=1e-3)


def test_only_a_company_that_shares_a_word_can_be_explained():
    for slug, mbti in (("nowhere", "INTJ"), ("kakao", "XXXX")):
        with pytest.raises(CommandError):
            call_command("reindex_companies", "--explain", slug, mbti)
