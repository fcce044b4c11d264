"""Recommendation: three that fit, in an order that never wavers, until none is left."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from companies import services
from companies.models import Company, Keyword, PersonalityType

TYPES = [a + b + c + d for a in "EI" for b in "NS" for c in "FT" for d in "JP"]

pytestmark = pytest.mark.usefixtures("catalogue")


def slugs(recommendations: list[services.Recommendation]) -> list[str]:
    return [recommendation.company.slug for recommendation in recommendations]


def lucene_scores(mbti: str) -> dict[str, float]:
    """BM25 as Lucene documents it, written out: idf · tf / (tf + k1 · (1 - b + b · length / mean length))."""
    documents = {company.slug: company.words for company in Company.objects.active()}
    mean = sum(map(len, documents.values())) / len(documents)
    holders = Counter(word for words in documents.values() for word in words)

    def score(word: str, words: tuple[str, ...]) -> float:
        idf = math.log(1 + (len(documents) - holders[word] + 0.5) / (holders[word] + 0.5))
        return idf / (1 + 1.2 * (1 - 0.75 + 0.75 * len(words) / mean)) if word in words else 0.0

    return {slug: sum(score(word, words) for word in services.traits(mbti).ko) for slug, words in documents.items()}


@pytest.mark.parametrize("mbti", TYPES)
def test_every_type_gets_three_companies_that_share_words_with_it(mbti):
    # When
    found = services.recommend(mbti)

    # Then
    assert len(set(slugs(found))) == 3
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    for item in found:
        traits = services.traits(mbti)
        assert item.matched
        assert item.matched == tuple(word for word in traits.ko if word in item.company.words)
        assert item.matched_en == tuple(traits.en[traits.ko.index(word)] for word in item.matched)


@pytest.mark.parametrize("mbti", TYPES)
def test_scores_and_order_are_those_of_lucenes_bm25(mbti):
    # Given
    expected = lucene_scores(mbti)

    # When
    found = services.recommend(mbti, size=33)

    # Then
    assert {item.company.slug: item.score for item in found} == pytest.approx(expected, abs=1e-4)
    assert slugs(found) == sorted(expected, key=lambda slug: (-round(expected[slug], 4), slug))


def test_skipping_through_shows_every_company_once_and_then_nothing():
    # When
    pages = [slugs(services.recommend("INTJ", skip=skip)) for skip in range(0, 36, 3)]

    # Then
    assert [len(page) for page in pages] == [3] * 11 + [0]
    assert sorted(slug for page in pages for slug in page) == sorted(Company.objects.values_list("slug", flat=True))


def test_companies_without_a_shared_word_come_last_in_the_order_of_their_slugs():
    # When
    rest = [item for item in services.recommend("INTJ", size=33) if not item.matched]

    # Then
    assert rest
    assert {item.score for item in rest} == {0.0}
    assert slugs(rest) == sorted(slugs(rest))


def test_equal_scores_stand_in_the_order_of_the_slugs():
    # Given two companies that say the same
    Company.objects.filter(slug__in=["kakao", "kepco"]).update(qualified="전략 독립성")
    for company in Company.objects.filter(slug__in=["kakao", "kepco"]):
        company.save()

    # When / Then
    assert slugs(services.recommend("INTJ"))[:2] == ["kakao", "kepco"]


def test_a_type_is_known_in_any_case_and_an_unknown_one_is_refused():
    assert slugs(services.recommend(" enfp ")) == slugs(services.recommend("ENFP"))
    with pytest.raises(PersonalityType.DoesNotExist):
        services.recommend("ABCD")


def test_a_curators_edit_changes_the_recommendation_at_once():
    # Given an index in use
    assert "kt" not in slugs(services.recommend("INTJ"))

    # When
    kt = Company.objects.get(slug="kt")
    kt.qualified = "전략 분석 통찰 독립성"
    kt.save()

    # Then
    first = services.recommend("INTJ")[0]
    assert first.company.slug == "kt"
    assert first.matched == ("전략", "분석", "통찰", "독립성")


def test_a_deactivated_company_is_recommended_no_more():
    # Given
    first = services.recommend("ENFP")[0].company

    # When
    first.is_active = False
    first.save()

    # Then
    everything = slugs(services.recommend("ENFP", size=33))
    assert len(everything) == 32
    assert first.slug not in everything


def test_fewer_than_three_active_companies_are_all_shown():
    Company.objects.exclude(slug__in=["kakao", "kt"]).update(is_active=False)
    assert sorted(slugs(services.recommend("INFP"))) == ["kakao", "kt"]


def test_without_any_company_there_is_nothing_to_recommend():
    Company.objects.update(is_active=False)
    assert services.recommend("INFP") == []


def test_the_brief_holds_exactly_what_a_letter_may_know():
    # Given
    company = Company.objects.get(slug="lg-electronics")

    # When
    brief = services.brief_company(company)

    # Then
    assert list(brief) == [
        "slug",
        "name",
        "name_en",
        "industry",
        "industry_en",
        "talent_values",
        "talent_values_en",
        "talent_summary",
        "talent_summary_en",
        "keywords",
        "keywords_en",
    ]
    assert brief["talent_values"][0] == "꿈과 열정"
    assert brief["keywords"][:2] == ("열정", "도전")
    assert brief["keywords_en"][:2] == ("passion", "challenge")
    assert len(brief["keywords"]) == len(brief["keywords_en"])


def test_names_hold_both_languages_and_what_stands_in_brackets():
    names = dict(services.company_names())
    assert len(names) == 33
    assert names["kakao"] == ("카카오", "Kakao")
    assert names["kt"] == ("KT",)
    assert names["korail"] == (
        "한국철도공사(코레일)",
        "한국철도공사",
        "코레일",
        "Korea Railroad Corporation (KORAIL)",
        "Korea Railroad Corporation",
        "KORAIL",
    )


def test_a_word_that_left_the_vocabulary_stays_korean():
    Keyword.objects.filter(ko="전략").delete()
    assert services.traits("INTJ").en[0] == "전략"


def test_ranks_agree_with_what_is_recommended():
    # Given
    company = services.recommend("ENFP")[0].company

    # When
    ranks = {rank.type: rank for rank in services.ranks(company)}

    # Then
    assert sorted(ranks) == sorted(TYPES)
    for mbti in TYPES:
        place = slugs(services.recommend(mbti, size=33)).index(company.slug) + 1
        assert ranks[mbti].position == place


def test_a_company_that_is_not_active_has_no_rank():
    company = Company.objects.get(slug="kakao")
    company.is_active = False
    company.save()
    assert services.ranks(company) == []
