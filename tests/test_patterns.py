"""No regular expression of the project can be held by a text: each reads any text once, and is tried with the worst."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest

from letters import checks
from letters.brief import Language
from letters.tests.test_checks import brief
from letters.writers.offline_prose import cues, texts
from tests.patterns.ambiguity import hostile, objections
from tests.patterns.collection import ROOT, Built, Found, in_javascript, in_python, sources
from tests.patterns.reading import too_slow

PARTICLES_AS_THEY_WERE = (
    "(?:[은는이가을를의에께와과로도만나라란인든엔측사]|에서|에게|한테|으로|로서|로써|부터|까지|처럼|보다|마저|조차|"
    "뿐|라[는고면]|이?야말로|이?[고며지]|답게|다운|다움|입니다|이?었?[다던]|였[다던고]|이?었고|이?었?습니다|였습니다)*"
)
LANGUAGES: tuple[Language, Language] = ("ko", "en")
EXPONENTIAL = (
    PARTICLES_AS_THEY_WERE,
    "(a+)+b",
    "(a*)*b",
    "(a|a)*b",
    "(?:a|ab|b)*c",
    r"(\w+\s?)*$",
    "^(.*,)*x",
    "(a{1,10}){1,10}b",
    "(?i:(?:ab|AB)*)c",
    "(?:a|(?=a)a)*b",
)
MORE_THAN_LINEAR = (
    r"\s*\s*x",
    r"^\s*\s*x",
    r"\s+x",
    r"\S*$",
    r"[a-z]+@[a-z]+",
    r"\[(?!\s*(?:\d+|x)?\s*\])[^\[\]\n]{1,60}\](?!\()",
    r".*x.*y",
    r"x\d+y?\d+z",
    r"(?=\w*!)\w",
    r"\s++x",
    r".{0,30}x.{0,30}y",
    r"(a)\1",
)
LINEAR = (
    r"<[^<>]*>",
    r"(?<!\s)\s+x",
    r"^\s*x",
    r"\s+",
    r"(?:,\s*\w+)*",
    r"[0-9a-f]{64}",
    r"x.{0,40}y",
    r"(?:[^.!?\n]|[.!?](?!\s))*",
    r"\bone\b|\bother\b",
)


def hostile_names() -> Iterable[str]:
    """A person's own companies may be called anything."""
    return ("가" * 40, "ab" * 20, "aaaa bbbb", ".*+?()[]{}|^$\\", "1234567", "(주)가나다라 (마바사아)")


def of_company_names() -> Iterable[str]:
    companies = brief().other_companies
    for name in ("삼성전자", *hostile_names()):
        names = checks._names(name, "Samsung Electronics", companies)
        yield names.slip.pattern
    yield names.pattern.pattern


BUILT: dict[str, Callable[[], Iterable[str]]] = {
    "letters/checks.py: ": lambda: [pattern.pattern for pattern in checks.ORDINARY.values()],
    "letters/checks.py: _any_of": of_company_names,
    "letters/writers/offline_prose/cues.py: relevance": cues.CUES.values,
    "letters/writers/offline_prose/texts.py: _find": lambda: [
        rf"\b{re.escape(keyword)}" for keyword in texts.keywords("en").acts
    ],
    "letters/writers/offline_prose/texts.py: remedies": lambda: [
        words.pattern for language in LANGUAGES for words, _ in texts.remedies(language).for_weakness
    ],
}
"""Where patterns are made from data, and what they are made into. All are used with IGNORECASE or without."""


@pytest.fixture(scope="module")
def found() -> list[Found]:
    """Every pattern, once."""
    all_found = [each for each in (*in_python(), *in_javascript()) if isinstance(each, Found)]
    all_found += [Found(where, each, re.IGNORECASE) for where, made in BUILT.items() for each in made()]
    return list({(each.pattern, each.flags): each for each in all_found}.values())


# --- the judge says no ---------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_what_repeats_itself_in_several_ways_is_refused(pattern: str):
    assert any("exponential" in each or "may be empty" in each for each in objections(pattern))


@pytest.mark.parametrize("pattern", MORE_THAN_LINEAR)
def test_what_reads_a_text_many_times_is_refused(pattern: str):
    assert objections(pattern)


@pytest.mark.parametrize("pattern", LINEAR)
def test_what_reads_a_text_once_is_not(pattern: str):
    assert objections(pattern) == []


def test_the_reader_of_hostile_text_says_no():
    # Given the pattern that held the web process, one that looks harmless, and one that is
    patterns = [(PARTICLES_AS_THEY_WERE, 0), (r"[\s\S]*x[\s\S]*y", 0), (r"\d+", 0)]
    # When each reads what is worst for it, Then only the last is done in time
    assert list(too_slow(patterns, seconds=0.5)) == patterns[:2]


def test_hostile_text_repeats_what_the_pattern_repeats_and_breaks_off():
    texts = set(hostile("카카오(?:이고)*", 0, 50))
    assert f"카카오{'이고' * 30}"[:49] + "힣" in texts
    assert all(len(text) <= 50 for text in texts)


# --- every pattern ----------------------------------------------------------------------------------------


def test_every_pattern_is_linear(found: list[Found]):
    refused = {each.where: said for each in found if (said := objections(each.pattern, each.flags))}
    assert refused == {}


def test_every_pattern_reads_hostile_text_in_time(found: list[Found]):
    assert list(too_slow((each.pattern, each.flags) for each in found)) == []


def test_no_pattern_is_overlooked(found: list[Found]):
    # Every call whose pattern is made from data is in the table above, and the table holds no other
    assert {each.where for each in in_python() if isinstance(each, Built)} == set(BUILT)
    # The patterns of each kind of place are among those found
    places = {each.where.partition(":")[0] for each in found}
    assert {"letters/checks.py", "resumes/profile.py", "resumes/static/resumes/blanks.js"} <= places
    assert any(each.where.startswith("address") for each in found)
    assert any(each.where.startswith("companies.models.") for each in found)


def test_patterns_stand_where_they_are_found():
    # Nobody imports from `re`, gives it another name, or builds patterns in JavaScript: the collection would miss them
    imported = r"^[ \t]{0,40}(?:from re import|import re as|import regex)"
    hidden = re.compile(rf"{imported}|\bRegExp\(", re.MULTILINE)
    assert [str(path.relative_to(ROOT)) for path in sources() if hidden.search(path.read_text())] == []
    assert hidden.search("    from re import compile")
