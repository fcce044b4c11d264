"""Search over the companies: one interface and a module per engine, selected by `settings.COMPANY_SEARCH`.

All engines keep these rules, so that they rank alike:

- A company's document for recommendations is its field `qualified`, split at spaces; the query is the traits. Scoring
  is Okapi BM25 in Lucene's form (k1 = 1.2, b = 0.75). In OpenSearch that is a `match` query with the operator `or` on
  a `text` field whose analyzer splits at white space and does nothing else, with the default similarity, on one shard
  (several shards would each count words for themselves). Versions before 3 multiply every score by k1 + 1; the ranking
  is the same.
- Best score first, equal scores in the order of the slugs.
- Only active companies are found.
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
    """The differences between an index and the database, as sorted slugs."""

    missing: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    """In the index, but not an active company."""
    form: bool = False
    """The index has other fields or analyzers, or does not exist: it must be rebuilt."""

    def __bool__(self) -> bool:
        return bool(self.slugs) or self.form

    @property
    def slugs(self) -> tuple[str, ...]:
        return (*self.missing, *self.outdated, *self.surplus)


class CompanySearch(Protocol):
    def recommend(self, traits: Sequence[str], size: int, skip: int) -> list[Match]:
        """At most `size` companies after the first `skip`. Companies without a shared word are left out."""

    def find(self, q: str) -> list[str]:
        """Slugs of the companies in which every word of `q` occurs, parts of Korean words included.

        Searched are names, industry, values, keywords and summary, in Korean and English; the best first.
        """

    def index(self, companies: Iterable[Company]) -> None:
        """Write the current state of these companies to the index: active ones are added, others removed."""

    def rebuild(self) -> int:
        """Rebuild the index from the database while the old one answers. Returns the number of companies."""

    def drift(self) -> Drift:
        """Compare the index with the database."""

    def explain(self, slug: str, traits: Sequence[str]) -> list[str]:
        """How the company's score is computed, as lines for an operator; no lines without a shared word."""


@cache
def _load(path: str) -> CompanySearch:
    return cast(CompanySearch, import_string(path)())


def engine() -> CompanySearch:
    """The engine of the settings, one per process. Raises ImportError when there is no such class."""
    return _load(settings.COMPANY_SEARCH)
