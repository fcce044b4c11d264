"""What a writer may know: the person's own facts and one company's record. Nothing else is a fact."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Language = Literal["ko", "en"]

TITLES: dict[Language, tuple[str, str, str, str]] = {
    "ko": ("지원동기", "성장과정", "프로젝트 경험", "성격의 장단점"),
    "en": ("Motivation", "Background", "Project", "Strengths and weaknesses"),
}
NUMBERS = (1, 2, 3, 4)
SHORTEST, LONGEST = 700, 1000
"""Characters of a section, spaces counted. Application forms take 1,000; fewer than 700 would look unfinished."""


@dataclass(frozen=True)
class CompanyRecord:
    """The company's record at the moment when the letter was asked for."""

    slug: str
    name: str
    name_en: str
    industry: str
    industry_en: str
    talent_values: tuple[str, ...]
    talent_values_en: tuple[str, ...]
    talent_summary: str
    talent_summary_en: str
    keywords: tuple[str, ...]
    keywords_en: tuple[str, ...]


@dataclass(frozen=True)
class Experience:
    title: str = ""
    role: str = ""
    period: str = ""
    action: str = ""
    result: str = ""


@dataclass(frozen=True)
class Facts:
    """What the person wrote about themselves. Every field may be empty."""

    job: str = ""
    education: tuple[str, ...] = ()
    experiences: tuple[Experience, ...] = ()
    strengths: tuple[str, ...] = ()
    weakness: str = ""
    motivation: str = ""


@dataclass(frozen=True)
class Brief:
    language: Language
    company: CompanyRecord
    traits: tuple[str, ...]
    """Working traits (Korean keywords) that set the emphasis; never written as a personality type."""
    traits_en: tuple[str, ...]
    facts: Facts
    other_companies: tuple[str, ...] = field(default=())
    """Names, in both languages, that must not appear unless the person's own facts name them."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form that is stored with the letter. `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Brief:
        facts = data["facts"]
        company: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in data["company"].items()
        }
        return cls(
            language=data["language"],
            company=CompanyRecord(**company),
            traits=tuple(data["traits"]),
            traits_en=tuple(data["traits_en"]),
            facts=Facts(
                job=facts["job"],
                education=tuple(facts["education"]),
                experiences=tuple(Experience(**experience) for experience in facts["experiences"]),
                strengths=tuple(facts["strengths"]),
                weakness=facts["weakness"],
                motivation=facts["motivation"],
            ),
            other_companies=tuple(data["other_companies"]),
        )
