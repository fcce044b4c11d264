"""The shapes of the API's answers and of the events' data.

`resumes.serializers` describes the same answers to the schema. A test compares the two.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from letters.types import FindingJson
from photos.types import BoxJson, EmotionJson, Gender, StoredAdvice
from workers.engine.waiting import Reason


class WaitingJson(TypedDict):
    """How long work waits: `workers.engine.waiting.Waiting`."""

    position: int
    """1 = next."""
    seconds: int | None
    """Estimated until it begins; None where nobody knows."""
    reason: Reason


class FaceJson(TypedDict):
    """The part of the stored face that the person sees."""

    box: BoxJson
    confidence: float
    age_range: list[int] | None
    gender: Gender | None
    emotions: list[EmotionJson]


class AdviceJson(TypedDict):
    """A warning about the photo, in the reader's language."""

    code: str
    detail: str


class ReasonJson(TypedDict):
    """What speaks against a candidate, in the reader's language."""

    code: str
    detail: str


class CandidateJson(TypedDict):
    number: int
    url: str
    """The candidate as it was painted."""
    score: float
    look: str
    verdict: str
    reasons: list[ReasonJson]
    """Worst first."""
    portrait_url: str
    """The candidate before the chosen background."""


class PhotoStateJson(TypedDict):
    state: str
    code: str | None
    detail: str | None
    waiting: WaitingJson | None


class PhotoJson(PhotoStateJson):
    face: FaceJson | None
    mask_url: str | None
    advice: list[AdviceJson]
    candidates: list[CandidateJson]
    chosen: int | None
    background: str


class CompanyNameJson(TypedDict):
    slug: str
    name: str


class RecommendationJson(TypedDict):
    company: CompanyNameJson
    score: float
    matched: list[str]


class SectionJson(TypedDict):
    """A section as a person sees it: no fence, and the number of its characters."""

    number: int
    title: str
    text: str
    characters: int
    problems: list[FindingJson]


class LetterStateJson(TypedDict):
    version: int
    state: str
    company: CompanyNameJson
    detail: str | None
    waiting: WaitingJson | None


class LetterJson(LetterStateJson):
    origin: str
    sections: list[SectionJson]


class ProfileJson(TypedDict):
    name: str
    phone: str | None
    """With its middle masked."""
    mbti: str


ResumeState = Literal["needs_photo", "needs_company", "working", "done", "failed"]


class ResumeJson(TypedDict):
    """The whole résumé: an answer of the API, and the data of the event `snapshot`."""

    id: str
    state: ResumeState
    created_at: str
    language: str
    style: str
    profile: ProfileJson
    facts: dict[str, Any]
    photo: PhotoJson
    recommendations: list[RecommendationJson]
    letter: LetterJson | None
    events_url: str
    pdf_url: str | None


class MaskEvent(TypedDict):
    url: str | None


class StoredAdviceEvent(TypedDict):
    """`photo.advice` in the log. The stream puts it into the language of each reader."""

    advice: list[StoredAdvice]


class AdviceEvent(TypedDict):
    """`photo.advice` as a reader gets it."""

    advice: list[AdviceJson]


class DoneEvent(TypedDict):
    photo: Literal[True]
    letter_version: int
