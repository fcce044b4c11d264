"""The curators' pages: the prompts and seeds of image models."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from photos.models import Seed, Wording
from photos.outpainting import Style, style
from photos.outpainting.prompts import DEFAULTS, SEEDS, filled
from photos.types import Gender


class Fixed:
    """Rows that migrations create. They can be edited, but not added or deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Wording)
class WordingAdmin(Fixed, ModelAdmin):  # type: ignore[misc]
    list_display = ("__str__", "beginning", "is_edited", "updated_at")
    list_filter = ("style", "gender")
    search_fields = ("text", "negative")
    fields = ("style", "gender", "text", "negative", "sent", "shipped", "updated_at")
    readonly_fields = ("style", "gender", "sent", "shipped", "updated_at")
    actions = ("restore",)

    @admin.display(description=_("그릴 것"))
    def beginning(self, wording: Wording) -> str:
        return Truncator(wording.text).chars(80)

    @admin.display(description=_("고쳤음"), boolean=True)
    def is_edited(self, wording: Wording) -> bool:
        return wording.edited

    @admin.display(description=_("모델에 보내는 글"))
    def sent(self, wording: Wording) -> str:
        """The saved prompt, as it is sent for each of the three candidates."""
        dressed = _style(wording)
        texts = [filled(wording.words, dressed, number).text for number in range(len(SEEDS))]
        rows = (
            (_("후보 %(number)d") % {"number": number}, text, len(text))
            for number, text in enumerate(dict.fromkeys(texts), start=1)
        )
        return format_html_join("", '<p class="mb-2"><b>{}</b> {} <i>({})</i></p>', rows)

    @admin.display(description=_("기본 문구"))
    def shipped(self, wording: Wording) -> str:
        default = DEFAULTS[wording.style, _gender(wording)]
        return format_html('<p class="mb-2">{}</p><p>{}</p>', default.text, default.negative)

    @admin.action(description=_("기본 문구로 되돌리기"))
    def restore(self, request: HttpRequest, wordings: QuerySet[Wording]) -> None:
        for wording in wordings:
            default = DEFAULTS[wording.style, _gender(wording)]
            wording.text, wording.negative = default.text, default.negative
            wording.shipped_text, wording.shipped_negative = default.text, default.negative
            wording.save()
        self.message_user(request, _("문구 %(count)d개를 되돌렸습니다.") % {"count": len(wordings)})


@admin.register(Seed)
class SeedAdmin(Fixed, ModelAdmin):  # type: ignore[misc]
    list_display = ("number", "seed")
    fields = ("number", "seed")
    readonly_fields = ("number",)


def _gender(wording: Wording) -> Gender | None:
    known: dict[str, Gender] = {"female": "female", "male": "male"}
    return known.get(wording.gender)


def _style(wording: Wording) -> Style:
    return style(wording.style, _gender(wording))
