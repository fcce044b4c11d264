"""A person's free text, made safe to print: no markup, no markers, no personality type, no orders to a machine."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from letters.brief import Experience, Facts
from letters.characters import normalised
from letters.markers import MARKERS

TYPE = r"(?<![A-Za-z])[IE][NS][TF][JP](?:-[AT])?(?![A-Za-z])"
TYPE_SPOKEN = "인티제|인팁|엔티제|엔팁|인프제|인프피|엔프제|엔프피|잇티제|잇프제|엣티제|엣프제|잇팁|잇프피|엣팁|엣프피"
TERM = r"(?<![A-Za-z])MBTI(?![A-Za-z])|엠비티아이|Myers[- ]?Briggs|마이어스[- ]?브릭스"
PERSONALITY = re.compile(f"{TYPE}|{TERM}|{TYPE_SPOKEN}", re.IGNORECASE)
ASIDE = re.compile(r"(?<!\s)\s*[(\[][^()\[\]]*[)\]]")
PERSONALITY_CLAUSE = re.compile(
    rf"^.*(?:{PERSONALITY.pattern})(?:\s*(?:유형|타입|성향))?(?:이?라서|이?라|이고|이며|인데|여서|이어서|답게|으로서|로서|,)\s*",
    re.IGNORECASE,
)
PERSONALITY_CLAUSE_EN = re.compile(
    rf"^.*\b(?:as an?|i am an?|i'm an?|being an?)\s+(?:{PERSONALITY.pattern})(?:\s+(?:type|person))?\s*(?:,|and|so)\s*",
    re.IGNORECASE,
)
PERSONALITY_STATEMENT = re.compile(
    rf"(?:{PERSONALITY.pattern})(?:\s*(?:유형|타입))?(?:\s*(?:입니다|이에요|예요|이다|다|임|type))?(?:\s*[.!])?\s*$",
    re.IGNORECASE,
)
PERSONALITY_WORD = re.compile(
    rf"(?:an?\s+)?(?:{PERSONALITY.pattern})(?:은|는|이|가|을|를|의|과|와|로|으로|형|라는|이라는)?(?:\s*(?:유형|타입|type))?\s*",
    re.IGNORECASE,
)
ORDER = re.compile(
    r"(?:ignore|disregard|forget|override)\b.{0,40}\b(?:instruction|prompt|rule|above|previous|everything)"
    r"|system\s*prompt|you\s+are\s+now\b|jailbreak|시스템\s*프롬프트|프롬프트를"
    r"|(?:이전|위의?|앞의?|모든|지금까지의?)\s*(?:모든\s*)?(?:지시|명령|규칙|지침|프롬프트)",
    re.IGNORECASE,
)
TAG = re.compile(r"<[^<>]{0,200}>")
HARMLESS = str.maketrans("<>{}", "  ()")
STANDALONE_MARKER = re.compile(rf"(?<![0-9A-Za-z가-힣])[{''.join(MARKERS)}](?![0-9A-Za-z가-힣])")
LIST_SIGN = re.compile(r"^\s*(?:[-*•·▪■●○▶→※>#]+|\(?\d{1,2}[.)](?=\s)|[①-⑳])\s*")
SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|(?<=[다요])\.(?=[가-힣A-Z])")


@dataclass(frozen=True)
class Case:
    """An experience after cleaning; each of `action` and `result` is a list of statements."""

    title: str = ""
    role: str = ""
    period: str = ""
    action: tuple[str, ...] = ()
    result: tuple[str, ...] = ()

    @property
    def richness(self) -> int:
        return (
            3 * bool(self.action) + 3 * bool(self.result) + 2 * bool(self.title) + bool(self.role) + bool(self.period)
        )


@dataclass(frozen=True)
class Person:
    """The facts after cleaning. `cases` come richest first and no statement stands twice."""

    job: str
    education: tuple[str, ...]
    cases: tuple[Case, ...]
    strengths: tuple[str, ...]
    weakness: tuple[str, ...]
    motivation: tuple[str, ...]


def person_of(facts: Facts) -> Person:
    seen: set[str] = set()

    def fresh(text: str) -> tuple[str, ...]:
        new = tuple(each for each in statements(text) if each not in seen)
        seen.update(new)
        return new

    cases = [
        Case(phrase(each.title), phrase(each.role), phrase(each.period), fresh(each.action), fresh(each.result))
        for each in _distinct(facts.experiences)
    ]
    return Person(
        job=phrase(facts.job),
        education=tuple(filter(None, map(phrase, facts.education))),
        cases=tuple(sorted((case for case in cases if case.richness > 1), key=lambda case: -case.richness)),
        strengths=tuple(filter(None, map(phrase, facts.strengths))),
        weakness=fresh(facts.weakness),
        motivation=fresh(facts.motivation),
    )


def _distinct(experiences: tuple[Experience, ...]) -> list[Experience]:
    return list(dict.fromkeys(replace(each, title=each.title.strip()) for each in experiences))


def phrase(text: str) -> str:
    """One line, without what must not be printed and without closing punctuation."""
    return " ".join(each.rstrip(".!?;,… ") for each in statements(text)).strip(" .,;:")


def statements(text: str) -> tuple[str, ...]:
    """The sentences or list entries of a text, cleaned, without closing punctuation."""
    plain = TAG.sub(" ", normalised("NFC", text)).translate(HARMLESS)
    plain = "".join(
        character for character in plain if character.isprintable() or character in "\n\r\t\v\f\u2028\u2029"
    )
    found: list[str] = []
    for line in plain.splitlines():
        found.extend(filter(None, (_cleaned(part) for part in SENTENCE_END.split(LIST_SIGN.sub("", line)))))
    return tuple(dict.fromkeys(found))


def _cleaned(sentence: str) -> str:
    if ORDER.search(sentence):
        return ""
    sentence = STANDALONE_MARKER.sub(" ", sentence)
    if PERSONALITY.search(sentence):
        sentence = _without_personality(sentence)
    sentence = " ".join(sentence.split())
    sentence = re.sub(r" ([.,!?;:)])", r"\1", sentence)
    sentence = sentence.strip(" \t.!?;,…~:-–—*_#`|\"'“”‘’「」『』")
    return sentence if any(character.isalnum() for character in sentence) else ""


def _without_personality(sentence: str) -> str:
    sentence = ASIDE.sub(lambda aside: "" if PERSONALITY.search(aside.group()) else aside.group(), sentence)
    for clause in (PERSONALITY_CLAUSE, PERSONALITY_CLAUSE_EN):
        sentence = clause.sub("", sentence)
    if PERSONALITY_STATEMENT.search(sentence):
        return ""
    return PERSONALITY_WORD.sub("", sentence)
