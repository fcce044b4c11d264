"""OpenSearch, against a real node: it ranks like the embedded engine, and no search suffers from reindexing."""

from __future__ import annotations

import json
import logging
import socket
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from threading import Event, Thread
from unicodedata import normalize

import pytest
from django.core.management import CommandError, call_command

from companies import search, services, tasks
from companies.models import Company, PersonalityType
from companies.search import opensearch as module
from companies.search.embedded import EmbeddedSearch
from companies.search.opensearch import OpenSearchSearch
from workers.errors import Misconfigured, Transient

pytestmark = pytest.mark.usefixtures("catalogue", "opensearch")

ABSENT = "an-analyzer-that-no-node-has"


@pytest.fixture
def engine(opensearch) -> OpenSearchSearch:
    """With an index of the shipped companies."""
    engine = search.engine()
    assert isinstance(engine, OpenSearchSearch)
    engine.rebuild()
    return engine


@pytest.fixture
def warnings(caplog) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO, logger=module.__name__)
    return lambda: [record.message for record in caplog.records if record.levelno >= logging.WARNING]


def slugs(matches: list[search.Match]) -> list[str]:
    return [match.slug for match in matches]


def indices(engine: OpenSearchSearch) -> dict[str, bool]:
    """Of this test: whether each has the alias."""
    found = engine._client.indices.get(index=f"{engine._alias}-*")
    return {name: engine._alias in index["aliases"] for name, index in found.items()}


# --- ranking ---------------------------------------------------------------------------------------------


def test_at_least_fourteen_types_get_the_same_three_as_from_the_embedded_engine(engine, warnings):
    # Given
    traits = {row.type: row.words for row in PersonalityType.objects.all()}

    # When
    agreeing = [
        mbti
        for mbti, words in traits.items()
        if set(slugs(engine.recommend(words, 3, 0))) == set(slugs(EmbeddedSearch().recommend(words, 3, 0)))
    ]

    # Then
    assert len(traits) == 16
    assert len(agreeing) >= 14
    assert not warnings()


def test_order_scores_and_matched_words_are_the_embedded_engines_to_the_last_company(engine, warnings):
    for row in PersonalityType.objects.all():
        # When
        ranked = engine.recommend(row.words, 33, 0)
        expected = EmbeddedSearch().recommend(row.words, 33, 0)

        # Then
        assert [(match.slug, match.matched) for match in ranked] == [(m.slug, m.matched) for m in expected]
        assert [match.score for match in ranked] == pytest.approx([m.score for m in expected], abs=2e-4)
    assert not warnings()


def test_pages_of_one_ranking_join_up(engine):
    traits = ["도전", "열정"]
    whole = engine.recommend(traits, size=33, skip=0)
    assert engine.recommend(traits, size=2, skip=0) + engine.recommend(traits, size=31, skip=2) == whole


def test_words_that_nobody_holds_find_nobody(engine):
    assert engine.recommend(["세상에없는낱말"], size=3, skip=0) == []
    assert engine.recommend([], size=3, skip=0) == []


# --- full text -------------------------------------------------------------------------------------------


QUESTIONS = (
    *("카카오", "카카", "반도", "반도체", "하고잡이", "자발적", "은행", "전자 삼성", "하이닉스", "차", "없는회사"),
    *("KAKAO", "hyundai motor", "semiconductor", "semi", "KB 은행", "KB국민은행", "and", "R&D", "%", "*", ""),
    *("ＫＢ", normalize("NFD", "카카오"), '"', "\\", "AND OR NOT", "SK하이"),
)


@pytest.mark.parametrize("korean_analyzer", ["nori", ABSENT])
def test_q_finds_what_the_embedded_engine_finds_in_its_order(opensearch, korean_analyzer, warnings):
    # Given a node with the analyzer, which may find more, and one without
    engine = OpenSearchSearch(korean_analyzer)
    engine.rebuild()

    # When
    found = {q: engine.find(q) for q in QUESTIONS}

    # Then
    expected = {q: EmbeddedSearch().find(q) for q in QUESTIONS}
    if korean_analyzer == "nori":
        found = {q: [slug for slug in more if slug in expected[q]] for q, more in found.items()}
    assert found == expected
    assert not warnings()


def test_with_nori_other_forms_of_a_word_are_found(opensearch):
    # Given
    Company.objects.filter(slug="kt").update(talent_summary="주말마다 등산하는 사람")
    with_nori, without = OpenSearchSearch(), OpenSearchSearch(ABSENT)

    # When / Then
    with_nori.rebuild()
    assert with_nori.find("등산했다") == ["kt"]
    without.rebuild()
    assert without.find("등산했다") == []


# --- the index follows the database ----------------------------------------------------------------------


def test_a_curators_edit_is_found_at_once_and_ranked_as_by_the_embedded_engine(engine):
    # Given
    kt = Company.objects.get(slug="kt")
    kt.qualified = "전략 분석 통찰 독립성"
    kt.name = "새이름"
    kt.save()

    # When
    tasks.index(kt.pk)

    # Then
    traits = ["전략", "분석", "독립성"]
    expected = EmbeddedSearch().recommend(traits, 33, 0)
    ranked = engine.recommend(traits, 33, 0)
    assert ranked[0].slug == "kt"
    assert slugs(ranked) == slugs(expected)
    # Lucene still counts the company's former state.
    assert [match.score for match in ranked] == pytest.approx([match.score for match in expected], rel=0.05)
    assert engine.find("새이름") == ["kt"]
    assert not engine.drift()


def test_a_deactivated_company_is_found_no_more_until_it_is_active_again(engine):
    kakao = Company.objects.get(slug="kakao")
    for active in (False, True):
        # Given
        kakao.is_active = active
        kakao.save()

        # When
        tasks.index(kakao.pk)

        # Then
        assert engine.find("카카오") == (["kakao"] if active else [])


def test_a_late_message_does_not_bring_back_what_was_edited_since(engine):
    # Given a row as it was, and an edit of it that is indexed
    late = Company.objects.get(slug="kakao")
    kakao = Company.objects.get(slug="kakao")
    kakao.name = "새이름"
    kakao.save()
    engine.index([kakao])

    # When
    engine.index([late])

    # Then
    assert engine.find("새이름") == ["kakao"]


def test_without_an_index_an_edit_brings_all_companies(opensearch):
    # When
    tasks.index(Company.objects.get(slug="kakao").pk)

    # Then
    assert not search.engine().drift()
    assert search.engine().find("삼성전자") == ["samsung-electronics"]


def test_drift_names_what_differs_and_the_command_tells_by_its_exit(engine):
    # Given
    call_command("reindex_companies", "--check", stdout=StringIO())
    Company.objects.filter(slug="kakao").update(is_active=False)
    Company.objects.get(slug="kt").save()
    Company.objects.filter(slug="naver").update(slug="naver-two")

    # When
    drift = engine.drift()
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("reindex_companies", "--check", stdout=said)

    # Then
    assert drift == search.Drift(missing=("naver-two",), outdated=("kt",), surplus=("kakao", "naver"))
    assert said.getvalue().split("\n")[:-1] == [
        "missing: naver-two",
        "outdated: kt",
        "surplus: kakao",
        "surplus: naver",
    ]

    # When / Then
    call_command("reindex_companies", stdout=StringIO())
    assert not engine.drift()


def test_an_index_for_other_analyzers_counts_as_drift(engine):
    assert OpenSearchSearch(ABSENT).drift().form
    OpenSearchSearch(ABSENT).rebuild()
    assert engine.drift().form


def test_an_explanation_tells_each_word(engine):
    # When
    said = StringIO()
    [first] = services.recommend("INTJ", size=1)
    call_command("reindex_companies", "--explain", first.company.slug, "intj", stdout=said)

    # Then
    for word in first.matched:
        assert f"qualified:{word}" in said.getvalue()
    with pytest.raises(CommandError):
        call_command("reindex_companies", "--explain", "nowhere", "INTJ", stdout=said)


# --- reindexing while people search ----------------------------------------------------------------------


def test_500_companies_are_reindexed_and_no_search_fails_or_sees_half_an_index(opensearch, warnings):
    # Given
    _companies(500, "도전")
    engine = search.engine()
    assert isinstance(engine, OpenSearchSearch)
    engine.rebuild()
    seen: list[tuple[int, frozenset[str]]] = []

    # When
    with _searching(engine, seen, threads=4):
        for word in ("열정", "도전", "열정"):
            _rewrite(word)
            before = len(seen)
            assert engine.rebuild() == 500
            assert len(seen) > before

    # Then every search saw all companies, and all of them in one state
    assert {count for count, _ in seen} == {500}
    assert {words for _, words in seen} == {frozenset({"도전"}), frozenset({"열정"})}
    assert not warnings()
    assert list(indices(engine).values()) == [True]


def test_what_is_edited_during_reindexing_is_in_the_new_index(engine, monkeypatch):
    # Given an edit that comes after the rows were read, and before the alias is switched
    switch = engine._switch

    def edit_first(new: str) -> None:
        kakao = Company.objects.get(slug="kakao")
        kakao.name = "새이름"
        kakao.save()
        tasks.index(kakao.pk)
        switch(new)

    monkeypatch.setattr(engine, "_switch", edit_first)

    # When
    engine.rebuild()

    # Then
    assert engine.find("새이름") == ["kakao"]
    assert not engine.drift()


def test_a_reindexing_that_fails_leaves_the_former_index_in_use(engine, monkeypatch, warnings):
    # Given
    monkeypatch.setattr(module, "_document", lambda company: {"unknown": "field"})

    # When
    with pytest.raises(Transient):
        engine.rebuild()

    # Then
    assert engine.find("카카오") == ["kakao"]
    assert not warnings()


def test_what_a_failed_reindexing_left_goes_a_day_later(engine):
    # Given
    yesterday, now = (engine._name(datetime.now(UTC) - timedelta(hours=hours)) for hours in (25, 1))
    for name in (yesterday, now):
        engine._client.indices.create(index=name)

    # When
    engine.rebuild()

    # Then
    assert yesterday not in indices(engine)
    assert now in indices(engine)


def _companies(number: int, word: str) -> None:
    Company.objects.all().delete()
    texts = {"name": "회사", "name_en": "Company", "industry": "업종", "industry_en": "Industry", "qualified": word}
    Company.objects.bulk_create(Company(slug=f"company-{place:03}", **texts) for place in range(number))


def _rewrite(word: str) -> None:
    companies = list(Company.objects.all())
    for company in companies:
        company.qualified = word
        company.updated_at += timedelta(seconds=1)
    Company.objects.bulk_update(companies, ["qualified", "updated_at"])


@contextmanager
def _searching(engine: OpenSearchSearch, seen: list[tuple[int, frozenset[str]]], threads: int) -> Iterator[None]:
    """Searches one after the other in every thread, until the block ends."""
    enough = Event()

    def search_on() -> None:
        while not enough.is_set():
            matches = engine.recommend(["도전", "열정"], size=1000, skip=0)
            seen.append((len(matches), frozenset(word for match in matches for word in match.matched)))

    with ThreadPoolExecutor(threads) as pool:
        searches = [pool.submit(search_on) for _ in range(threads)]
        try:
            yield
        finally:
            enough.set()
        for each in searches:
            each.result()


# --- outages ---------------------------------------------------------------------------------------------


@pytest.fixture
def away(engine, opensearch) -> Iterator[Callable[[], None]]:
    """The engine's node is away; call it to bring the node back."""
    transport = engine._client.transport
    with socket.socket() as nobody:
        # Bound but not listening: whoever connects is refused.
        nobody.bind(("127.0.0.1", 0))
        opensearch.OPENSEARCH_URL = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        engine._client.transport = OpenSearchSearch()._client.transport
        yield lambda: setattr(engine._client, "transport", transport)


def test_while_the_node_is_away_people_are_served_from_the_database_and_one_warning_is_logged(away, warnings):
    # When
    found = [services.recommend("ENFP") for _ in range(3)]
    companies = services.find("카카오")

    # Then
    expected = EmbeddedSearch().recommend(services.traits("ENFP").ko, 3, 0)
    assert [[item.company.slug for item in three] for three in found] == [slugs(expected)] * 3
    assert [company.slug for company in companies] == ["kakao"]
    assert len(warnings()) == 1


def test_each_outage_is_warned_of_once_and_its_end_is_noticed(engine, away, monkeypatch, caplog, warnings):
    # Given
    monkeypatch.setattr(module, "PAUSE", 0)
    dead = engine._client.transport

    # When
    for _ in range(2):
        engine.find("카카오")
        engine.find("카카오")
        away()
        engine.find("카카오")
        engine._client.transport = dead

    # Then
    assert len(warnings()) == 2
    assert caplog.messages.count("OpenSearch answers again") == 2


def test_after_a_failure_the_node_is_left_alone_for_a_while(engine, away, warnings):
    # Given
    engine.find("카카오")

    # When the node is back, and holds an edit that the database does not
    away()
    kt = Company.objects.get(slug="kt")
    kt.name = "새이름"
    engine.index([kt])

    # Then it is not asked yet
    assert engine.find("새이름") == []


def test_indexing_says_that_the_node_is_away(engine, away):
    with pytest.raises(Transient):
        engine.index(Company.objects.all())
    with pytest.raises(CommandError):
        call_command("reindex_companies", stdout=StringIO())
    with pytest.raises(CommandError, match="reindex_companies"):
        call_command("seed_companies", stdout=StringIO())


def test_without_an_index_people_are_served_from_the_database(opensearch, warnings):
    assert search.engine().find("카카오") == ["kakao"]
    assert len(warnings()) == 1
    assert "카카오" not in warnings()[0]


def test_what_a_person_searches_for_is_in_no_log_line(engine, caplog):
    caplog.set_level(logging.INFO)
    engine.find("카카오")
    assert "카카오" not in caplog.text
    assert "\\uce74" not in caplog.text


def test_a_search_that_named_the_former_index_is_asked_once_more(opensearch, warnings):
    # Given a cluster, a node of which has not heard of the switch
    answer = {"hits": {"hits": [{"_id": "kt"}]}}
    with _answering((404, {}), (200, answer), (503, {}), (200, answer)) as (port, _):
        opensearch.OPENSEARCH_URL = f"http://127.0.0.1:{port}"
        engine = OpenSearchSearch()

        # When / Then
        assert engine.find("카카오") == ["kt"]
        assert engine.find("카카오") == ["kt"]
        assert not warnings()


def test_the_password_in_the_address_is_sent_and_a_wrong_one_is_the_operators_fault(opensearch, warnings):
    # Given a node that refuses everyone
    with _answering((401, {})) as (port, credentials):
        opensearch.OPENSEARCH_URL = f"http://curator:p%40ss@127.0.0.1:{port}"
        engine = OpenSearchSearch()

        # When / Then
        with pytest.raises(Misconfigured):
            engine.rebuild()
        assert engine.find("카카오") == ["kakao"]
        assert set(credentials) == {"Basic " + b64encode(b"curator:p@ss").decode()}
        [warning] = warnings()
        assert "401" in warning
        assert "p@ss" not in warning


@contextmanager
def _answering(*answers: tuple[int, object]) -> Iterator[tuple[int, list[str]]]:
    """A web server that gives these answers in turn, the last one for ever; its port, and the credentials shown."""
    credentials: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def answer(self) -> None:
            status, body = answers[min(len(credentials), len(answers) - 1)]
            credentials.append(self.headers["Authorization"])
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port, credentials
        server.shutdown()
        thread.join()
