"""The engine of the AWS world: OpenSearch, one index of the companies behind an alias.

**The index.** `qualified` is split at white space and ranked as `companies.search` says. Names, industry, values and
summary are indexed as pairs of Korean syllables (`cjk`), so that parts of words are found. If the node has `nori`, they
are indexed with it too, which adds other forms of a word (성장하는 finds 성장). The name of an index holds its
time of building. All reads and writes use the alias.

**Reindexing** fills a new index, switches the alias in one step and deletes the old index. Companies that were edited
meanwhile are written again afterwards. A search that met the old index during the switch is repeated once.

**Edits** have the time of the save as their version. An older edit never replaces a newer one, whatever the order of
the messages.

**When OpenSearch cannot answer**, the embedded index over the database answers, with the same ranking. Each process
logs one warning per outage and asks OpenSearch again after PAUSE seconds. Indexing, drift and explanations raise
instead; the error's class says whether another try will help.

Weak spots:

- Lucene counts the old state of an edited company as a document until it merges its segments. That changes scores by a
  few per cent and may swap companies with nearly equal scores. Reindexing ends it.
- The scale of scores is found from the node's version. After an upgrade to version 3 an old index may show other
  scores, in the same order, until it is rebuilt.
- `q` finds a single syllable as part of a word only when it stands alone in `q` (은, but not KB은).
- Only the first WINDOW companies are found.
- Requests carry the user and password of the address; they are not signed with AWS credentials.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

from django.conf import settings
from opensearchpy import OpenSearch, helpers
from opensearchpy.exceptions import (
    AuthenticationException,
    AuthorizationException,
    OpenSearchException,
    RequestError,
    SSLError,
    TransportError,
)

from companies.models import Company
from companies.search import Drift, Match
from companies.search.embedded import K1, EmbeddedSearch
from workers.away import Away
from workers.errors import Misconfigured, Transient

logger = logging.getLogger(__name__)
# The library logs every failed request with a traceback. One warning per outage is enough.
logging.getLogger("opensearch").setLevel(logging.ERROR)
# It also logs every request as a command line, which holds a person's search words.
logging.getLogger("opensearchpy.trace").setLevel(logging.WARNING)

SEARCH_SECONDS = 2
"""A person waits for the answer. After this time the embedded index answers."""
WRITE_SECONDS = 60
CONNECTIONS = 16
"""Open connections per process: as many as a worker's threads."""
PAUSE = 10.0
"""Seconds for which a process does not ask OpenSearch after a failure."""
WINDOW = 10_000
"""The most results of one search: OpenSearch's default of `index.max_result_window`."""
KEPT = timedelta(days=1)
"""An older index without alias is left from a failed reindexing. The next reindexing deletes it."""

PLACES = ("name", "industry", "values", "summary")
"""The fields that `find` searches, the most important first."""

Answer = TypeVar("Answer")


class OpenSearchSearch:
    """See `companies.search.CompanySearch`. Safe to share between threads."""

    def __init__(self, korean_analyzer: str = "nori") -> None:
        """`korean_analyzer` is used if the node has it."""
        self._korean_analyzer = korean_analyzer
        self._alias = f"{settings.OPENSEARCH_INDEX_PREFIX}-companies"
        self._client = OpenSearch(
            hosts=[settings.OPENSEARCH_URL],
            verify_certs=settings.OPENSEARCH_VERIFY_TLS,
            ssl_show_warn=False,
            pool_maxsize=CONNECTIONS,
            timeout=SEARCH_SECONDS,
            max_retries=1,
            # 404 and 503: the index behind the alias may be replaced during a search, because the nodes of a cluster
            # learn of a switch one after the other. A single node never showed it (14,000 searches over 40 switches).
            retry_on_status=(404, 502, 503, 504),
        )
        self._embedded = EmbeddedSearch()
        self._outage = _Outage()

    def recommend(self, traits: Sequence[str], size: int, skip: int) -> list[Match]:
        return self._or_embedded(
            lambda: self._recommend(traits)[skip : skip + size],
            lambda: self._embedded.recommend(traits, size, skip),
        )

    def find(self, q: str) -> list[str]:
        return self._or_embedded(lambda: self._find(q), lambda: self._embedded.find(q))

    def index(self, companies: Iterable[Company]) -> None:
        """Raises Transient, Misconfigured. When there is no index yet, all companies are indexed."""
        with _translated():
            if not self._client.indices.exists_alias(name=self._alias):
                self.rebuild()
            else:
                self._write(self._alias, companies)

    def rebuild(self) -> int:
        """Raises Transient, Misconfigured. The old index stays in use until the new one is complete."""
        with _translated():
            body = self._body()
            new = self._name(datetime.now(UTC))
            self._client.indices.create(index=new, body=body)
            companies = list(_companies())
            self._write(new, companies)
            self._switch(new)
            self._index_again(self._differing().slugs)
            self._delete_left_behind()
            return len(companies)

    def drift(self) -> Drift:
        """Raises Transient, Misconfigured."""
        with _translated():
            if not self._client.indices.exists_alias(name=self._alias):
                return Drift(missing=tuple(sorted(_versions())), form=True)
            [index] = self._client.indices.get_mapping(index=self._alias).values()
            form: bool = index["mappings"].get("_meta") != self._body()["mappings"]["_meta"]
            return self._differing(form)

    def explain(self, slug: str, traits: Sequence[str]) -> list[str]:
        """The node's own explanation, in its own scale: versions before 3 multiply by k1 + 1."""
        with _translated():
            query = {"query": _ranked(traits)}
            answer = self._client.explain(index=self._alias, id=slug, body=query, params={"ignore": 404})
            return list(_lines(answer["explanation"])) if answer.get("matched") else []

    def _or_embedded(self, ask: Callable[[], Answer], embedded: Callable[[], Answer]) -> Answer:
        if self._outage.pausing():
            return embedded()
        try:
            answer = ask()
        except OpenSearchException as error:
            self._outage.noticed(error)
            return embedded()
        self._outage.over()
        return answer

    # --- searches ------------------------------------------------------------------------------------

    def _recommend(self, traits: Sequence[str]) -> list[Match]:
        if not traits:
            return []
        matches = []
        for hit in self._search(_ranked(traits), ["qualified"]):
            words = hit["_source"]["qualified"].split()
            matched = tuple(word for word in traits if word in words)
            matches.append(Match(hit["_id"], round(hit["_score"] / self._scale, 4), matched))
        # Sorted again, because the node's single precision may make equal scores differ.
        return sorted(matches, key=lambda match: (-match.score, match.slug))

    def _find(self, q: str) -> list[str]:
        words = [_searchable(word) for word in q.split()]
        query = {"bool": {"must": [_anywhere(word) for word in words]}} if words else {"match_all": {}}
        return [hit["_id"] for hit in self._search(query)]

    def _search(self, query: dict[str, Any], fields: Sequence[str] = ()) -> list[dict[str, Any]]:
        answer = self._client.search(
            index=self._alias,
            body={
                "query": query,
                "size": WINDOW,
                "sort": [{"_score": "desc"}, {"slug": "asc"}],
                "_source": list(fields),
            },
            # A partial result would look like a complete one.
            params={"allow_partial_search_results": "false"},
        )
        hits: list[dict[str, Any]] = answer["hits"]["hits"]
        return hits

    @cached_property
    def _scale(self) -> float:
        """The factor between the node's BM25 scores and Lucene's.

        Since version 3 the default is Lucene's own form (OpenSearch issue 17315). A cluster that reports version 7.10,
        for compatibility with older clients, is older than 3.
        """
        major = int(self._client.info()["version"]["number"].split(".")[0])
        return 1.0 if 3 <= major < 7 else K1 + 1

    # --- the index -----------------------------------------------------------------------------------

    def _name(self, moment: datetime) -> str:
        """The name of an index. Names sort by time."""
        return f"{self._alias}-{moment:%Y%m%d%H%M%S%f}"

    def _body(self) -> dict[str, Any]:
        """Settings and mapping, with a fingerprint of both in the mapping."""
        fields = {"words": {"type": "text", "analyzer": self._korean_analyzer}} if self._has_korean_analyzer() else {}
        text = {"type": "text", "analyzer": "parts", "fields": fields}
        body: dict[str, Any] = {
            "settings": {
                "number_of_shards": 1,
                "auto_expand_replicas": "0-1",
                # Without `stopwords` this analyzer drops English words such as "and".
                "analysis": {"analyzer": {"parts": {"type": "cjk", "stopwords": "_none_"}}},
            },
            "mappings": {
                "dynamic": "strict",
                "properties": {
                    "slug": {"type": "keyword"},
                    "qualified": {"type": "text", "analyzer": "whitespace"},
                    **dict.fromkeys(PLACES, text),
                },
            },
        }
        fingerprint = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        body["mappings"]["_meta"] = {"fingerprint": fingerprint}
        return body

    def _has_korean_analyzer(self) -> bool:
        try:
            self._client.indices.analyze(body={"analyzer": self._korean_analyzer, "text": "회사"})
        except RequestError:
            return False
        return True

    def _write(self, index: str, companies: Iterable[Company]) -> None:
        _, failures = helpers.bulk(
            self._client,
            (_action(index, company) for company in companies),
            raise_on_error=False,
            request_timeout=WRITE_SECONDS,
        )
        self._client.indices.refresh(index=index, request_timeout=WRITE_SECONDS)
        errors = [failure["error"]["type"] for failure in map(_outcome, failures) if "error" in failure]
        # A version conflict means that the index already has a newer version.
        faults = [error for error in errors if error != "version_conflict_engine_exception"]
        if faults:
            raise Transient(f"{len(faults)} companies were not indexed, the first for {faults[0]}")

    def _switch(self, new: str) -> None:
        former = self._client.indices.get(index=f"{self._alias}-*", request_timeout=WRITE_SECONDS)
        used = [name for name, index in former.items() if self._alias in index["aliases"]]
        self._client.indices.update_aliases(
            body={
                "actions": [
                    *({"remove": {"index": name, "alias": self._alias}} for name in used),
                    {"add": {"index": new, "alias": self._alias}},
                ]
            },
            request_timeout=WRITE_SECONDS,
        )
        for name in used:
            self._client.indices.delete(index=name, ignore_unavailable=True, request_timeout=WRITE_SECONDS)

    def _delete_left_behind(self) -> None:
        oldest = self._name(datetime.now(UTC) - KEPT)
        for name, index in self._client.indices.get(index=f"{self._alias}-*").items():
            if name < oldest and not index["aliases"]:
                self._client.indices.delete(index=name, ignore_unavailable=True)

    def _differing(self, form: bool = False) -> Drift:
        # The index is read before the database, so a company saved in between counts as outdated.
        body = {"query": {"match_all": {}}, "size": WINDOW, "version": True, "_source": False}
        hits = self._client.search(index=self._alias, body=body)["hits"]["hits"]
        indexed = {hit["_id"]: hit["_version"] for hit in hits}
        versions = _versions()
        return Drift(
            missing=tuple(sorted(versions.keys() - indexed.keys())),
            outdated=tuple(sorted(slug for slug, version in versions.items() if indexed.get(slug, version) < version)),
            surplus=tuple(sorted(indexed.keys() - versions.keys())),
            form=form,
        )

    def _index_again(self, slugs: Sequence[str]) -> None:
        if slugs:
            self._write(self._alias, Company.objects.filter(slug__in=slugs).prefetch_related("talent_values"))


class _Outage:
    """Whether OpenSearch answered this process last."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._on = False
        self._away = Away()

    def pausing(self) -> bool:
        return self._on and bool(self._away)

    def noticed(self, error: OpenSearchException) -> None:
        with self._lock:
            first, self._on = not self._on, True
            self._away.leave_alone(PAUSE)
        if first:
            logger.warning(
                "OpenSearch does not answer; until it does, the embedded index is searched: %s", _reason(error)
            )

    def over(self) -> None:
        with self._lock:
            was_on, self._on = self._on, False
        if was_on:
            logger.info("OpenSearch answers again")


@contextmanager
def _translated() -> Iterator[None]:
    """Raise the library's errors as Misconfigured (credentials, certificates) or Transient (all others)."""
    try:
        yield
    except (AuthenticationException, AuthorizationException, SSLError) as error:
        raise Misconfigured(f"OpenSearch: {_reason(error)}") from error
    except OpenSearchException as error:
        raise Transient(f"OpenSearch: {_reason(error)}") from error


def _reason(error: OpenSearchException) -> str:
    """Class, status and short reason. The full text could hold a person's search words."""
    kind = type(error).__name__
    return f"{kind} {error.status_code} {error.error}" if isinstance(error, TransportError) else kind


# --- documents -------------------------------------------------------------------------------------------


def _companies() -> Iterable[Company]:
    return Company.objects.active().order_by("pk").prefetch_related("talent_values")


def _versions() -> dict[str, int]:
    """The versions of the active companies, by slug."""
    return {slug: _version(saved) for slug, saved in Company.objects.active().values_list("slug", "updated_at")}


def _version(saved: datetime) -> int:
    """Microseconds since 1970."""
    return (saved - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


def _action(index: str, company: Company) -> dict[str, Any]:
    """The company's action in a bulk request: its document, or a deletion when it is not active."""
    action: dict[str, Any] = {
        "_op_type": "index" if company.is_active else "delete",
        "_index": index,
        "_id": company.slug,
        "version": _version(company.updated_at),
        "version_type": "external_gte",
    }
    return {**action, "_source": _document(company)} if company.is_active else action


def _document(company: Company) -> dict[str, Any]:
    values = [text for value in company.talent_values.all() for text in (value.ko, value.en)]
    texts = {
        "name": [company.name, company.name_en],
        "industry": [company.industry, company.industry_en],
        "values": [*values, company.qualified],
        "summary": [company.talent_summary, company.talent_summary_en],
    }
    return {
        "slug": company.slug,
        "qualified": company.qualified,
        **{place: [_searchable(text) for text in texts[place]] for place in PLACES},
    }


def _outcome(item: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The outcome in one line of a bulk answer, `{operation: outcome}`."""
    [outcome] = item.values()
    return outcome


# --- queries ---------------------------------------------------------------------------------------------


def _searchable(text: str) -> str:
    """Normalised text without punctuation, with spaces between Korean and other scripts.

    The analyzers would treat KB국민은행 and 전자·반도체 as one word each, and then not find 은행 or 반도체.
    """
    plain = re.sub(r"\W+", " ", unicodedata.normalize("NFKC", text))
    return re.sub(r"(?<=[가-힣])(?=[^\W가-힣])|(?<=[^\W가-힣])(?=[가-힣])", " ", plain).strip()


def _ranked(traits: Sequence[str]) -> dict[str, Any]:
    return {"match": {"qualified": {"query": " ".join(traits), "operator": "or"}}}


def _anywhere(word: str) -> dict[str, Any]:
    """Scores in the order of the embedded engine: by the most important field that contains the word."""
    return {
        "dis_max": {
            "queries": [
                {"constant_score": {"filter": _occurs(word, place), "boost": len(PLACES) - rank}}
                for rank, place in enumerate(PLACES)
            ]
        }
    }


def _occurs(word: str, place: str) -> dict[str, Any]:
    if word.isalnum() and (word.isascii() or len(word) == 1):
        # Part of an English word, or one syllable: the index holds pairs of syllables, so it has no single ones.
        return {"wildcard": {place: {"value": f"*{word.lower()}*"}}}
    return {"multi_match": {"query": word, "type": "phrase", "fields": [place, f"{place}.words"]}}


def _lines(explanation: dict[str, Any], depth: int = 0) -> Iterator[str]:
    yield f"{'  ' * depth}{explanation['value']:.4f} {explanation['description']}"
    for detail in explanation["details"]:
        yield from _lines(detail, depth + 1)
