"""The prompt of a language model: the role and its rules, then the facts as data and the items to write.

The role (a graduate of 27 who looks for work) sets only the tone. The only facts are what the person wrote and one
company's record. A missing fact becomes a blank.
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
    """The prompt's texts in one language, from its file in `prompts/`."""

    system: str
    items: tuple[str, ...]
    """What each item is about, by number."""
    ask: str
    another: str
    """Added when an item is written anew; `{seed}` is the number of the rewrite."""


@cache
def words(language: Language) -> Words:
    data = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    system = data["system"].format(shortest=SHORTEST, longest=LONGEST)
    return Words(system, tuple(data["items"]), data["ask"], data["another"])


def prompt(brief: Brief, numbers: Sequence[int], seed: int = 0) -> Prompt:
    """The prompt for these items only. The same brief, items and seed give the same prompt."""
    language = brief.language
    texts = words(language)
    items = [f"{MARKERS[number - 1]}  {TITLES[language][number - 1]}: {texts.items[number - 1]}" for number in numbers]
    parts = [
        _data("company", _company(brief)),
        _data("traits", brief.traits_en if language == "en" else brief.traits),
        _data("applicant", asdict(brief.facts)),
        "\n".join([texts.ask, *items]),
    ]
    if seed:
        parts.append(texts.another.format(seed=seed))
    return Prompt(system=texts.system, user="\n\n".join(parts))


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
    """JSON between tags. `<` and `>` are escaped, so that no value can close the tag or open another."""
    text = json.dumps(value, ensure_ascii=False, indent=1).replace("<", "\\u003c").replace(">", "\\u003e")
    return f"<{tag}>\n{text}\n</{tag}>"
