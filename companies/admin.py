"""The curators' admin: companies with values and sources, personality types, and their shared keywords."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Field, QuerySet, URLField
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from companies import services, tasks
from companies.models import Company, Keyword, PersonalityType, Source, TalentValue


class HttpsByDefault:
    """An address typed without a scheme is taken as https."""

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]


class TalentValueInline(TabularInline):  # type: ignore[misc]
    model = TalentValue
    fields = ("ko", "en", "official", "order")
    ordering_field = "order"
    extra = 0


class SourceInline(HttpsByDefault, TabularInline):  # type: ignore[misc]
    model = Source
    fields = ("title", "url", "order")
    ordering_field = "order"
    extra = 0


@admin.register(Company)
class CompanyAdmin(HttpsByDefault, ModelAdmin):  # type: ignore[misc]
    list_display = ("name", "name_en", "industry", "confidence_label", "is_active", "source_count", "updated_at")
    list_filter = ("is_active", "confidence", "industry")
    search_fields = ("slug", "name", "name_en", "industry", "industry_en", "qualified", "talent_values__ko")
    search_help_text = _("이름, 업종, 키워드, 인재상으로 찾습니다.")
    ordering = ("name",)
    inlines = (TalentValueInline, SourceInline)
    readonly_fields = ("matching_types", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": (("name", "name_en"), "slug", ("industry", "industry_en"), "is_active")}),
        (_("인재상"), {"fields": ("talent_summary", "talent_summary_en", "qualified")}),
        (_("근거"), {"fields": ("homepage", "careers_url", "confidence", "note")}),
        (_("추천되는 유형"), {"fields": ("matching_types",)}),
        (_("기록"), {"fields": (("created_at", "updated_at"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Company]:
        companies: QuerySet[Company] = super().get_queryset(request)
        return companies.annotate(source_count=Count("sources", distinct=True))

    def get_readonly_fields(self, request: HttpRequest, obj: Company | None = None) -> Sequence[str]:
        # Letters and the seed data refer to a company by its slug.
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Company | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Company, form: ModelForm[Company], change: bool) -> None:
        super().save_model(request, obj, form, change)
        transaction.on_commit(partial(tasks.ask_for_index, obj.pk))

    @display(  # type: ignore[untyped-decorator]
        description=_("신뢰도"),
        ordering="confidence",
        label={"high": "success", "medium": "info", "low": "warning"},
    )
    def confidence_label(self, company: Company) -> tuple[str, str]:
        return company.confidence, company.get_confidence_display()

    @admin.display(description=_("출처 수"), ordering="source_count")
    def source_count(self, company: Any) -> int:
        return int(company.source_count)

    @admin.display(description=_("유형마다의 순위"))
    def matching_types(self, company: Company) -> str:
        ranks = services.ranks(company) if company.pk else []
        if not ranks:
            return gettext("저장해서 사용하는 회사만 추천됩니다.")
        ranks.sort(key=lambda rank: (rank.position, rank.type))
        rows = format_html_join(
            "",
            '<tr><td class="pr-6">{}</td><td class="pr-6">{}</td><td class="pr-6">{}</td><td>{}</td></tr>',
            ((rank.type, rank.position, f"{rank.score:.2f}", ", ".join(rank.matched) or "–") for rank in ranks),
        )
        return format_html(
            '<table class="text-left"><thead><tr><th class="pr-6">{}</th><th class="pr-6">{}</th>'
            '<th class="pr-6">{}</th><th>{}</th></tr></thead><tbody>{}</tbody></table>',
            _("유형"),
            _("순위"),
            _("점수"),
            _("겹치는 키워드"),
            rows,
        )


@admin.register(PersonalityType)
class PersonalityTypeAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("type", "trait_list", "top_companies")
    search_fields = ("type", "traits")
    fields = ("type", "traits", "summary", "summary_en", "top_companies")
    readonly_fields = ("type", "top_companies")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PersonalityType | None = None) -> bool:
        return False

    @admin.display(description=_("특성"))
    def trait_list(self, personality_type: PersonalityType) -> str:
        return ", ".join(personality_type.words)

    @admin.display(description=_("먼저 추천되는 회사"))
    def top_companies(self, personality_type: PersonalityType) -> str:
        recommendations = services.recommend(personality_type.type)
        return ", ".join(f"{item.company.name} ({item.score:.2f})" for item in recommendations)


@admin.register(Keyword)
class KeywordAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("ko", "en")
    search_fields = ("ko", "en")
    fields = ("ko", "en", "users")
    readonly_fields = ("users",)

    def get_readonly_fields(self, request: HttpRequest, obj: Keyword | None = None) -> Sequence[str]:
        # Companies and types store the word itself, so a change here would break their link to it.
        return (*self.readonly_fields, "ko") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Keyword | None = None) -> bool:
        """Only for a single keyword that no company and no type uses."""
        return bool(obj and super().has_delete_permission(request, obj) and not services.users_of(obj.ko))

    @admin.display(description=_("쓰는 회사와 유형"))
    def users(self, keyword: Keyword) -> str:
        return ", ".join(services.users_of(keyword.ko)) or "–"
