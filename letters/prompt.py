"""What a language model is told: the role and its rules, then the facts as data and the items to write.

The role (a graduate of 27 who looks for work) is a voice; only what the person gave and one company's record are facts,
and what is missing is a blank.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from letters.brief import LONGEST, SHORTEST, TITLES, Brief, Language
from letters.markers import MARKERS


@dataclass(frozen=True)
class Prompt:
    system: str
    user: str


FOLDER = Path(__file__).parent / "prompts"


@dataclass(frozen=True)
class Words:
    """The words of one language, from its file in `prompts/`."""

    system: str
    items: tuple[str, ...]
    """What each item is about, by number."""
    ask: str
    another: str
    """Said of a rewrite, `{seed}` its number."""


@cache
def words(language: Language) -> Words:
    data = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    system = data["system"].format(shortest=SHORTEST, longest=LONGEST)
    return Words(system, tuple(data["items"]), data["ask"], data["another"])


def prompt(brief: Brief, numbers: Sequence[int], seed: int = 0) -> Prompt:
    """The words for the asked-for items only. The same brief, items and seed give the same words."""
    language = brief.language
    told = words(language)
    items = [f"{MARKERS[number - 1]}  {TITLES[language][number - 1]}: {told.items[number - 1]}" for number in numbers]
    parts = [
        _data("company", _company(brief)),
        _data("traits", brief.traits_en if language == "en" else brief.traits),
        _data("applicant", asdict(brief.facts)),
        "\n".join([told.ask, *items]),
    ]
    if seed:
        parts.append(told.another.format(seed=seed))
    return Prompt(system=told.system, user="\n\n".join(parts))


def _company(brief: Brief) -> dict[str, Any]:
    company = brief.company
    if brief.language == "en":
        return {
            "name": company.name_en,
            "industry": company.industry_en,
            "talent_values": company.talent_values_en,
            "talent_summary": company.talent_summary_en,
            "keywords": company.keywords_en,
        }
    return {
        "name": company.name,
        "industry": company.industry,
        "talent_values": company.talent_values,
        "talent_summary": company.talent_summary,
        "keywords": company.keywords,
    }


def _data(tag: str, value: Any) -> str:
    """JSON between tags, in which no value can close the tag or open another."""
    text = json.dumps(value, ensure_ascii=False, indent=1).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<{tag}>\n{text}\n</{tag}>"
