"""Search over the companies: one interface, a module per engine, chosen by `settings.COMPANY_SEARCH`.

What every engine promises, so that engines rank alike:

- A company's document for recommendations is its field `qualified`, split at spaces; the query is the traits. Scoring
  is Okapi BM25 in Lucene's form (k1 = 1.2, b = 0.75). In OpenSearch that is a `match` query with the operator `or` on
  a `text` field whose analyzer splits at white space and does nothing else, with the default similarity, on one shard
  (several shards would each count words for themselves). Versions before 3 multiply every score by k1 + 1; the ranking
  is the same.
- Best score first, equal scores in the order of the slugs.
- Only active companies are ever found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from companies.models import Company


@dataclass(frozen=True)
class Match:
    """One company that shares at least one word with the traits asked for."""

    slug: str
    score: float
    """BM25, rounded to four decimals, so that sums which differ only by rounding count as equal."""
    matched: tuple[str, ...]
    """The shared words, in the order of the traits."""


@dataclass(frozen=True)
class Drift:
    """In what an index differs from the database. Slugs, sorted."""

    missing: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    """In the index, but not an active company."""
    form: bool = False
    """The index was built for other fields or analyzers, or there is none: only rebuilding mends that."""

    def __bool__(self) -> bool:
        return bool(self.slugs) or self.form

    @property
    def slugs(self) -> tuple[str, ...]:
        return (*self.missing, *self.outdated, *self.surplus)


class CompanySearch(Protocol):
    def recommend(self, traits: Sequence[str], size: int, skip: int) -> list[Match]:
        """At most `size` companies after the first `skip`. Companies without a shared word are not in it."""

    def find(self, q: str) -> list[str]:
        """Slugs of the companies in which every word of `q` occurs, parts of Korean words included.

        Searched are names, industry, values, keywords and summary, in Korean and English; the best first.
        """

    def index(self, companies: Iterable[Company]) -> None:
        """Take over these companies as they stand now: the active ones are found from here on, the others no more."""

    def rebuild(self) -> int:
        """Build the index anew from the database while the former one answers. Returns the number of companies."""

    def drift(self) -> Drift:
        """Compare the index with the database."""

    def explain(self, slug: str, traits: Sequence[str]) -> list[str]:
        """How the company's score for the traits comes about, in lines for an operator; none without shared word."""


@cache
def _load(path: str) -> CompanySearch:
    return cast(CompanySearch, import_string(path)())


def engine() -> CompanySearch:
    """The engine that the settings name, one per process. Raises ImportError when there is no such class."""
    return _load(settings.COMPANY_SEARCH)
