"""A person's own words in an English letter. What is neither a sentence nor English is quoted or put after a colon."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from letters.writers.offline_prose.weave_ko import Told, trim, within

HANGUL = re.compile(r"[가-힣]")
PAST_VERBS = (
    "Led|Built|Wrote|Rewrote|Ran|Made|Taught|Won|Took|Cut|Did|Found|Kept|Drew|Held|Sold|Gave|Brought|Began|Chose|Drove"
    "|Grew|Met|Put|Set|Spoke|Spent|Went"
)
PAST_FIRST = re.compile(rf"^(?:{PAST_VERBS}|[A-Z][a-z]+ed)\b(?! by\b)", re.IGNORECASE)
SUBJECT_FIRST = re.compile(r"(?:I|We|My|Our|It|They|He|She|There)\b")
FINITE = re.compile(
    r"\b(?:is|are|was|were|has|have|had|do|does|did|can|could|will|would|fell|rose|grew|went|became|made|won|took|dropped"
    r"|increased|decreased|improved|doubled|halved|reached|stayed|saved|shortened|I'm|I’m)\b"
)
VERB_IS_NOT_FIRST = re.compile(r"^\S+\s")
SHORTEST_SENTENCE = 3
"""Words. Fewer are taken for a noun phrase, whatever they are."""


def told(statement: str) -> Told:
    """A sentence ends in a period; a past verb without its subject gets one. Korean stays Korean, in quotes."""
    if HANGUL.search(statement) or not re.search("[A-Za-z]", statement):
        return Told(f"“{statement}”", False)
    long_enough = len(statement.split()) >= SHORTEST_SENTENCE
    if long_enough and SUBJECT_FIRST.match(statement) and not statement.endswith("…"):
        return Told(f"{statement}.", True)
    if long_enough and PAST_FIRST.match(statement) and not statement.endswith("…"):
        return Told(f"I {statement[0].lower()}{statement[1:]}.", True)
    later = VERB_IS_NOT_FIRST.sub("", statement)
    if (
        long_enough
        and FINITE.search(later)
        and not re.search(r"\b(?:that|which|who)\b", statement)
        and "…" not in statement
    ):
        return Told(f"{statement[0].upper()}{statement[1:]}.", True)
    return Told(f"“{statement}”" if "…" in statement else statement, False)


def woven(statements: Sequence[str], limit: int, random: Random) -> Told:
    """Statements as one phrase, or as sentences, about `limit` characters; what does not fit is left out."""
    parts = [told(statement) for statement in within(statements, limit)]
    if not any(part.sentence for part in parts):
        return Told("; ".join(part.text for part in parts), False)
    sentences: list[str] = []
    for part in parts:
        text = part.text if part.sentence else f"There was also this: {part.text}."
        sentences.append(_tied(sentences[-1], text, random) if sentences else text)
        if len(sentences) > 1 and sentences[-1].startswith(_JOINT):
            sentences[-2:] = [f"{sentences[-2].removesuffix('.')}, and {sentences[-1].removeprefix(_JOINT)}"]
    return Told(" ".join(sentences), True)


_JOINT = "\0"
JOINED = 0.4
"""The share of neighbouring sentences that become one."""
LONGEST_JOINED = 150
TIES = ("I {}", "I also {}", "Also, I {}", "In addition, I {}", "Besides, I {}")


def _tied(before: str, text: str, random: Random) -> str:
    """The sentence with a word that ties it to the one before, or marked to be joined with it."""
    if not text.startswith("I ") or not before.startswith("I ") or ", and " in before:
        return text
    if len(before) + len(text) <= LONGEST_JOINED and random.random() < JOINED:
        return f"{_JOINT}{text}"
    return random.choice(TIES).replace("{}", text.removeprefix("I "))


def as_phrase(text: str, longest: int) -> str:
    """A noun phrase for the middle of a sentence: sentences and Korean are quoted."""
    if not text:
        return ""
    short = trim(text, longest)
    whole = told(short)
    return f"“{short}”" if whole.sentence else whole.text
