"""The engine in the admin: every step and every attempt, read only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action

from workers.models import Artifact, Attempt, Step
from workers.operations import figures, page


class ReadOnly:
    """No changes in the admin: only the engine writes its rows."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AttemptInline(ReadOnly, TabularInline):  # type: ignore[misc]
    model = Attempt
    extra = 0
    fields = ("fence", "outcome", "provider", "model", "waiting_seconds", "working_seconds", "price_usd", "reused")


@admin.register(Step)
class StepAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("id", "kind", "state", "code", "topic", "attempts", "crashes", "due_at", "started_at", "ended_at")
    list_filter = ("state", "kind", "queue", "code")
    search_fields = ("topic", "subject", "chain")
    ordering = ("-id",)
    inlines = (AttemptInline,)
    actions_list = ("operations",)

    @action(description=_("운영 현황"), url_path="operations", permissions=["view"])  # type: ignore[untyped-decorator]
    def operations(self, request: HttpRequest) -> TemplateResponse:
        """The operations page: the same figures as /metrics, as tables."""
        present = figures.present()
        context = {
            **self.admin_site.each_context(request),
            "title": _("운영 현황"),
            "moment": datetime.now(UTC),
            "live": "live" in request.GET,
            "warnings": page.warnings(present),
            "sections": page.sections(present),
        }
        return TemplateResponse(request, "workers/operations.html", context)


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("id", "step", "outcome", "provider", "model", "waiting_seconds", "working_seconds", "started_at")
    list_filter = ("outcome", "provider", "model")
    list_select_related = ("step",)
    ordering = ("-id",)


@admin.register(Artifact)
class ArtifactAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("id", "kind", "subject", "input_hash", "created_at")
    list_filter = ("kind",)
    search_fields = ("subject",)
    # `data` may hold personal data, so operators do not see it.
    fields = ("kind", "subject", "input_hash", "created_at")
