"""The functions that other apps use: recommendations, search, company records, and the search index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Case, F, IntegerField, QuerySet, Value, When

from companies.models import Company, Keyword, PersonalityType
from companies.search import Drift, Match, engine


class Traits(NamedTuple):
    """A type's traits in both languages, in the same order."""

    ko: tuple[str, ...]
    en: tuple[str, ...]


@dataclass(frozen=True)
class Recommendation:
    company: Company
    """With values and sources loaded."""
    score: float
    """BM25; 0.0 when the company shares no word with the type."""
    matched: tuple[str, ...]
    """The shared words in Korean, in the order of the type's traits."""
    matched_en: tuple[str, ...]


@dataclass(frozen=True)
class Rank:
    """The rank of one company for one type."""

    type: str
    position: int
    """1 = recommended first."""
    score: float
    matched: tuple[str, ...]


def vocabulary() -> dict[str, str]:
    """Every keyword: Korean → English."""
    return dict(Keyword.objects.values_list("ko", "en"))


def traits(mbti: str) -> Traits:
    """The traits of a type, written in any case. Raises PersonalityType.DoesNotExist."""
    words = _type(mbti).words
    return Traits(words, _in_english(words, vocabulary()))


def recommend(mbti: str, size: int = 3, skip: int = 0) -> list[Recommendation]:
    """The companies whose keywords fit the type's traits, best first. `skip`: how many were shown already, ≥ 0.

    Returns `size` companies while so many active ones remain, then fewer, then none. Companies that share no word with
    the type come last, with score 0.0, in the order of their slugs.
    Raises PersonalityType.DoesNotExist.
    """
    page = _ranking(_type(mbti).words)[skip : skip + size]
    companies = Company.objects.with_details().in_bulk([match.slug for match in page], field_name="slug")
    english = vocabulary()
    return [
        Recommendation(companies[match.slug], match.score, match.matched, _in_english(match.matched, english))
        for match in page
    ]


def ranks(company: Company) -> list[Rank]:
    """The company's rank for every type, in the order of the types. Empty for an inactive company."""
    found = []
    for personality_type in PersonalityType.objects.all():
        for position, match in enumerate(_ranking(personality_type.words), start=1):
            if match.slug == company.slug:
                found.append(Rank(personality_type.type, position, match.score, match.matched))
    return found


def find(q: str = "") -> QuerySet[Company]:
    """Active companies in which every word of `q` occurs; all active ones for an empty `q`.

    Each has the attribute `place`, a whole number to sort by: the best first, or in the order of the keys.
    """
    active = Company.objects.active().with_details()
    if not q.strip():
        return active.annotate(place=F("pk"))
    slugs = engine().find(q)
    places = [When(slug=slug, then=Value(place)) for place, slug in enumerate(slugs)]
    return active.filter(slug__in=slugs).annotate(
        place=Case(*places, default=Value(len(slugs)), output_field=IntegerField())
    )


def brief_company(company: Company) -> dict[str, Any]:
    """The company's record as a letter may use it, independent of the row. Lists are tuples."""
    values = company.talent_values.all()
    return {
        "slug": company.slug,
        "name": company.name,
        "name_en": company.name_en,
        "industry": company.industry,
        "industry_en": company.industry_en,
        "talent_values": tuple(value.ko for value in values),
        "talent_values_en": tuple(value.en for value in values),
        "talent_summary": company.talent_summary,
        "talent_summary_en": company.talent_summary_en,
        "keywords": company.words,
        "keywords_en": _in_english(company.words, vocabulary()),
    }


def company_names() -> list[tuple[str, tuple[str, ...]]]:
    """(slug, all names) of each company, inactive ones included, since a letter must not name those either.

    A name with a second name in brackets gives three: the whole, the part outside, and the part inside. Nicknames and
    abbreviations (현대차, 한전) are missing. Some names are also ordinary words (토스, Toss, 기아).
    """
    return [
        (slug, _names(name, name_en)) for slug, name, name_en in Company.objects.values_list("slug", "name", "name_en")
    ]


def users_of(word: str) -> list[str]:
    """Names of the companies and types that use a keyword."""
    companies = Company.objects.filter(qualified__contains=word)
    types = PersonalityType.objects.filter(traits__contains=word)
    return [str(row) for row in (*companies, *types) if word in row.words]


def index_company(company_id: int) -> None:
    """Write the current state of one company to the search index. A deleted company is no error."""
    engine().index(Company.objects.filter(pk=company_id).prefetch_related("talent_values"))


def reindex() -> int:
    """Rebuild the search index. Returns the number of companies in it."""
    return engine().rebuild()


def index_drift() -> Drift:
    """The differences between the search index and the database."""
    return engine().drift()


def explain(slug: str, mbti: str) -> list[str]:
    """How a company's score for a type is computed, as lines for an operator; no lines without a shared word.

    Raises PersonalityType.DoesNotExist.
    """
    return engine().explain(slug, _type(mbti).words)


def _type(mbti: str) -> PersonalityType:
    return PersonalityType.objects.get(type=mbti.strip().upper())


def _ranking(words: Sequence[str]) -> list[Match]:
    """Every active company once, best first. Drops matches that are not active: the index may be outdated."""
    active = set(Company.objects.active().order_by().values_list("slug", flat=True))
    matches = [match for match in engine().recommend(words, size=len(active), skip=0) if match.slug in active]
    # Sorted in Python, because the collations of databases treat hyphens differently.
    rest = sorted(active - {match.slug for match in matches})
    return [*matches, *(Match(slug, 0.0, ()) for slug in rest)]


def _in_english(words: Sequence[str], english: dict[str, str]) -> tuple[str, ...]:
    """The words in English. A word that is no longer in the vocabulary stays Korean."""
    return tuple(english.get(word, word) for word in words)


def _names(*names: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in names:
        outer, _, inner = name.partition("(")
        found.update(dict.fromkeys((name, outer.strip(), inner.rstrip(")"))))
    return tuple(filter(None, found))
