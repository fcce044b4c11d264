"""The engine of the embedded world: an index in memory, built from the database, one per process.

Each process reads the database's stamp before it answers and rebuilds its index when the stamp has moved; so a
curator's edit is noticed everywhere with the next question, without a message. The stamp costs one small query that
grows with the number of companies: right for hundreds of them, not for a hundred thousand.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import bm25s

from companies.models import Company
from companies.search import Drift, Match

# The library turns its own logger to DEBUG on import.
logging.getLogger("bm25s").setLevel(logging.WARNING)

K1 = 1.2
B = 0.75
"""Lucene's defaults (org.apache.lucene.search.similarities.BM25Similarity), hence OpenSearch's."""

Stamp = tuple[tuple[int, datetime], ...]


class EmbeddedSearch:
    """See `companies.search.CompanySearch`. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._index: _Index | None = None

    def recommend(self, traits: Sequence[str], size: int, skip: int) -> list[Match]:
        return self._current().recommend(traits)[skip : skip + size]

    def find(self, q: str) -> list[str]:
        return self._current().find(q)

    def index(self, companies: Iterable[Company]) -> None:
        """Forget the index; the next question builds it anew. Other processes go by the stamp."""
        with self._lock:
            self._index = None

    def rebuild(self) -> int:
        with self._lock:
            self._index = None
        return len(self._current().documents)

    def drift(self) -> Drift:
        """None: every question goes by the stamp."""
        return Drift()

    def explain(self, slug: str, traits: Sequence[str]) -> list[str]:
        """The score, then what each shared word gives of it."""
        index = self._current()
        scores = [
            (match.score, ", ".join(match.matched))
            for words in (traits, *([word] for word in traits))
            for match in index.recommend(words)
            if match.slug == slug
        ]
        return [f"{score:.4f} {words}" for score, words in scores]

    def _current(self) -> _Index:
        # The stamp is read before the rows: a company saved in between makes the index newer than its stamp, never
        # older, and costs one more rebuild.
        stamp = _stamp()
        index = self._index
        if index is not None and index.stamp == stamp:
            return index
        with self._lock:
            index = self._index
            if index is None or index.stamp != stamp:
                index = self._index = _Index.build(stamp)
            return index


def _stamp() -> Stamp:
    """Which active companies there are and when each was saved last.

    The newest time alone would miss an edit that commits after a later one.
    """
    return tuple(Company.objects.active().order_by("pk").values_list("pk", "updated_at"))


@dataclass(frozen=True)
class _Document:
    slug: str
    words: tuple[str, ...]
    texts: tuple[str, ...]
    """What `find` looks into, the most telling first, folded by `_fold`."""


@dataclass(frozen=True)
class _Index:
    stamp: Stamp
    documents: tuple[_Document, ...]
    ranking: bm25s.BM25 | None
    """None when no company has a word: the library refuses an empty collection."""

    @classmethod
    def build(cls, stamp: Stamp) -> _Index:
        companies = Company.objects.active().order_by("slug").prefetch_related("talent_values")
        documents = tuple(_document(company) for company in companies)
        ranking = None
        if any(document.words for document in documents):
            # Double precision, so that rounding for ties is far above the arithmetic's own error.
            ranking = bm25s.BM25(method="lucene", k1=K1, b=B, dtype="float64")
            ranking.index([list(document.words) for document in documents], show_progress=False)
        return cls(stamp, documents, ranking)

    def recommend(self, traits: Sequence[str]) -> list[Match]:
        if self.ranking is None or not traits:
            return []
        scores = self.ranking.get_scores(list(traits))
        matches = [
            Match(document.slug, round(float(score), 4), tuple(word for word in traits if word in document.words))
            for document, score in zip(self.documents, scores, strict=True)
            if score > 0
        ]
        return sorted(matches, key=lambda match: (-match.score, match.slug))

    def find(self, q: str) -> list[str]:
        words = _fold(q).split()
        found = []
        for document in self.documents:
            places = [_place(word, document.texts) for word in words]
            if all(place < len(document.texts) for place in places):
                found.append((sum(places), document.slug))
        return [slug for _, slug in sorted(found)]


def _document(company: Company) -> _Document:
    values = [text for value in company.talent_values.all() for text in (value.ko, value.en)]
    texts = (
        [company.name, company.name_en],
        [company.industry, company.industry_en],
        [*values, company.qualified],
        [company.talent_summary, company.talent_summary_en],
    )
    return _Document(company.slug, company.words, tuple(_fold("\n".join(text)) for text in texts))


def _fold(text: str) -> str:
    """One spelling for what looks alike: Hangul from decomposed input, full-width letters, capitals."""
    return unicodedata.normalize("NFKC", text).casefold()


def _place(word: str, texts: tuple[str, ...]) -> int:
    """The first of the texts that holds the word; their number when none does."""
    return next((place for place, text in enumerate(texts) if word in text), len(texts))
