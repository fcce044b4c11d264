"""A letter's versions. A finished version never changes; an edit makes the next version."""

from __future__ import annotations

from django.db import models

from letters.brief import NUMBERS, TITLES, Brief, Language
from letters.types import StoredSection
from workers.identifiers import new_id
from workers.transitions import Transition


class Letter(models.Model):
    """One version of a document's letter."""

    class State(models.TextChoices):
        QUEUED = "queued", "차례를 기다림"
        WRITING = "writing", "쓰는 중"
        CHECKING = "checking", "살펴보는 중"
        DONE = "done", "끝남"
        FAILED = "failed", "실패"
        CANCELLED = "cancelled", "취소됨"

    class Origin(models.TextChoices):
        WRITTEN = "written", "새로 씀"
        EDITED = "edited", "고침"
        REGENERATED = "regenerated", "항목을 다시 씀"

    FINAL = (State.DONE, State.FAILED, State.CANCELLED)
    UNFINISHED = (State.QUEUED, State.WRITING, State.CHECKING)

    BEGIN_WRITING = Transition("begin writing", (State.QUEUED, State.WRITING), State.WRITING)
    # Queued as well: the worker that wrote the last item may have died before it recorded the end.
    END_WRITING = Transition("end writing", (State.QUEUED, State.WRITING), State.CHECKING)
    # Queued as well: the person may have retried a letter whose check failed.
    END_CHECKING = Transition("end checking", (State.QUEUED, State.CHECKING), State.DONE)
    FAIL = Transition("fail", UNFINISHED, State.FAILED)
    CANCEL = Transition("cancel", UNFINISHED, State.CANCELLED)
    RETRY = Transition("retry", (State.FAILED, State.CANCELLED), State.QUEUED)

    id = models.CharField("번호", max_length=32, primary_key=True, default=new_id, editable=False)
    document = models.CharField("문서", max_length=32, db_index=True)
    version = models.PositiveIntegerField("판")
    origin = models.CharField("유래", max_length=16, choices=Origin.choices)
    state = models.CharField("상태", max_length=16, choices=State.choices)
    code = models.CharField("코드", max_length=40, blank=True)
    company_slug = models.CharField("회사", max_length=80)
    company_name = models.CharField("회사 이름", max_length=120)
    language = models.CharField("언어", max_length=2)
    brief = models.JSONField("쓸거리")
    seed = models.PositiveIntegerField("씨앗", default=0)
    sections: models.JSONField[list[StoredSection], list[StoredSection]] = models.JSONField("항목")
    fence = models.PositiveIntegerField("울타리 번호", default=0)
    created_at = models.DateTimeField("만든 때", auto_now_add=True)

    class Meta:
        verbose_name = "편지"
        verbose_name_plural = "편지"
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["document", "version"], name="letter_version_once")]

    def __str__(self) -> str:
        return f"letter {self.document}/{self.version}"

    @property
    def in_progress(self) -> bool:
        return self.state not in self.FINAL

    def typed_brief(self) -> Brief:
        return Brief.from_json(self.brief)

    def missing(self) -> list[int]:
        """Numbers of the sections that are not complete."""
        return [section["number"] for section in self.sections if not section["complete"]]


def empty_section(number: int) -> StoredSection:
    return {"number": number, "text": "", "complete": False, "fence": 0, "problems": []}


def empty_sections() -> list[StoredSection]:
    return [empty_section(number) for number in NUMBERS]


def title(language: str, number: int) -> str:
    """The item's title in the letter's language."""
    key: Language = "en" if language == "en" else "ko"
    return TITLES[key][number - 1]
