"""What operators see of résumés: states and the timeline of every step. No name, phone number, photo or text."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from resumes import selectors
from resumes.models import Resume
from workers.admin import ReadOnly
from workers.models import Attempt, Step


@admin.register(Resume)
class ResumeAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("id", "mbti", "language", "photo_state", "letter_state", "created_at")
    list_filter = ("photo__state", "mbti", "language")
    search_fields = ("id",)
    fields = ("id", "created_at", "mbti", "language", "photo_state", "advice", "verdicts", "letter_state", "timeline")
    readonly_fields = ("photo_state", "advice", "verdicts", "letter_state", "timeline")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Resume]:
        return super().get_queryset(request).select_related("photo")  # type: ignore[no-any-return]

    @admin.display(description="사진")
    def photo_state(self, resume: Resume) -> str:
        return " ".join(filter(None, (resume.photo.get_state_display(), resume.photo.code)))

    @admin.display(description="사진에 대한 조언")
    def advice(self, resume: Resume) -> str:
        return ", ".join(each["code"] for each in resume.photo.advice) or "–"

    @admin.display(description="후보 판정")
    def verdicts(self, resume: Resume) -> SafeString:
        """Each candidate's verdict and measures, best first."""
        rows = (
            (
                each.number,
                each.look,
                each.get_verdict_display(),
                f"{each.score:.2f}",
                ", ".join(each.problems) or "–",
                ", ".join(f"{name} {value:g}" for name, value in each.measures.items() if value),
            )
            for each in resume.photo.candidates.all()
        )
        return format_html(
            "<table><tr><th>번호</th><th>옷</th><th>판정</th><th>점수</th><th>까닭</th><th>잰 값</th></tr>{}</table>",
            format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows),
        )

    @admin.display(description="편지")
    def letter_state(self, resume: Resume) -> str:
        letter = selectors.letter(resume)
        return f"{letter.version}. {letter.get_state_display()} {letter.company_name}" if letter else "–"

    @admin.display(description="단계와 시도")
    def timeline(self, resume: Resume) -> SafeString:
        attempts = Attempt.objects.filter(step__topic=resume.pk).select_related("step").order_by("started_at")
        rows = (
            (
                attempt.started_at.strftime("%H:%M:%S.%f")[:-3],
                reverse("admin:workers_step_change", args=[attempt.step_id]),
                attempt.step.kind,
                attempt.outcome,
                f"{attempt.waiting_seconds:.2f}",
                f"{attempt.working_seconds:.2f}",
                attempt.model,
            )
            for attempt in attempts
        )
        unfinished = Step.objects.filter(topic=resume.pk).exclude(state=Step.State.DONE)
        open_rows = ((step.kind, step.get_state_display(), step.code) for step in unfinished)
        return format_html(
            "<table><tr><th>시작</th><th>단계</th><th>결과</th><th>기다림(초)</th><th>일(초)</th><th>모델</th></tr>{}</table>{}",
            format_html_join(
                "",
                '<tr><td>{}</td><td><a href="{}">{}</a></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>',
                rows,
            ),
            format_html_join("", "<p>{}: {} {}</p>", open_rows),
        )
