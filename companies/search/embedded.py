"""The engine of the embedded world: an index in memory, built from the database, one per process.

Before it answers, each process reads the stamp (key and time of change of every company), and rebuilds its index when
the stamp has changed. So every process sees a curator's edit with the next search, without a message. Reading the stamp
is one query that grows with the number of companies: good for hundreds of them, not for a hundred thousand.
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
        """Drop the index; the next search rebuilds it. Other processes notice the change by the stamp."""
        with self._lock:
            self._index = None

    def rebuild(self) -> int:
        with self._lock:
            self._index = None
        return len(self._current().documents)

    def drift(self) -> Drift:
        """No drift: every search compares the stamp first."""
        return Drift()

    def explain(self, slug: str, traits: Sequence[str]) -> list[str]:
        """The score, then the part of each shared word."""
        index = self._current()
        scores = [
            (match.score, ", ".join(match.matched))
            for words in (traits, *([word] for word in traits))
            for match in index.recommend(words)
            if match.slug == slug
        ]
        return [f"{score:.4f} {words}" for score, words in scores]

    def _current(self) -> _Index:
        # The stamp is read before the rows. A company saved in between then causes one more rebuild, but an outdated
        # index never gets a new stamp.
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
    """The key and the last save of every active company.

    The newest time alone would miss an edit that commits after an edit with a later time.
    """
    return tuple(Company.objects.active().order_by("pk").values_list("pk", "updated_at"))


@dataclass(frozen=True)
class _Document:
    slug: str
    words: tuple[str, ...]
    texts: tuple[str, ...]
    """The texts that `find` searches, the most important first, normalised by `_fold`."""


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
            # Double precision: its error is far smaller than the rounding that makes equal scores equal.
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
            ranks = [_rank(word, document.texts) for word in words]
            if all(rank < len(document.texts) for rank in ranks):
                found.append((sum(ranks), document.slug))
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
    """Normalised text: composed Hangul, normal-width letters, lower case."""
    return unicodedata.normalize("NFKC", text).casefold()


def _rank(word: str, texts: tuple[str, ...]) -> int:
    """Index of the first text that contains the word; the number of texts when none does."""
    return next((rank for rank, text in enumerate(texts) if word in text), len(texts))
