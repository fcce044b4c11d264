"""Public information about companies and personality types, in Korean and English.

Companies and types share one vocabulary of keywords. Each stores its Korean words in one space-separated text, which
the search compares. `Keyword` holds the one English translation of every word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

RESERVED_SLUGS = ("recommendations",)
"""Slugs that would collide with paths of the API."""


class Seeded(models.Model):
    """A row that `manage.py seed_companies` updates, except the fields that a curator has edited."""

    seeded = models.JSONField(_("기본 자료의 지문"), default=dict, editable=False)
    """Field → fingerprint of the last seeded content. A field with other content has been edited."""
    seed_version = models.PositiveIntegerField(_("기본 자료의 판"), default=0, editable=False)
    """The version of the seed files that last changed this row; 0 = never seeded."""

    class Meta:
        abstract = True

    @staticmethod
    def fingerprint(content: Any) -> str:
        """SHA-256 in hexadecimal of JSON content, independent of the order of keys."""
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


class Keyword(Seeded):
    """One word of the shared vocabulary."""

    ko = models.CharField(
        _("한국어"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^\S+$", _("키워드에는 빈칸을 쓸 수 없습니다."))],
        help_text=_("빈칸 없는 한 낱말. 회사의 키워드와 유형의 특성이 함께 씁니다."),
    )
    en = models.CharField(_("영어"), max_length=80)

    class Meta:
        verbose_name = _("키워드")
        verbose_name_plural = _("키워드")
        ordering = ["ko"]

    def __str__(self) -> str:
        return self.ko


def check_words(words: tuple[str, ...]) -> None:
    """Raise ValidationError when a word is not in the vocabulary or is repeated."""
    repeated = sorted({word for word in words if words.count(word) > 1})
    if repeated:
        raise ValidationError(_("두 번 쓴 낱말: %(words)s"), params={"words": ", ".join(repeated)}, code="repeated")
    known = set(Keyword.objects.filter(ko__in=words).values_list("ko", flat=True))
    unknown = [word for word in words if word not in known]
    if unknown:
        raise ValidationError(
            _("키워드 목록에 없는 낱말: %(words)s. 먼저 키워드로 등록해 주세요."),
            params={"words": ", ".join(unknown)},
            code="unknown",
        )


@contextmanager
def _errors_of(field: str) -> Iterator[None]:
    """Attach a ValidationError to the form's field."""
    try:
        yield
    except ValidationError as error:
        raise ValidationError({field: error}) from error


class Confidence(models.TextChoices):
    """How reliable the record is, judged by its sources."""

    HIGH = "high", _("높음")
    MEDIUM = "medium", _("보통")
    LOW = "low", _("낮음")


class CompanyQuerySet(models.QuerySet["Company"]):
    def active(self) -> Self:
        """The companies that people see."""
        return self.filter(is_active=True)

    def with_details(self) -> Self:
        """Load values and sources with the companies, in two more queries."""
        return self.prefetch_related("talent_values", "sources")


class Company(Seeded):
    """One company's published ideal-talent profile. Deactivated rather than deleted: letters refer to it by slug."""

    slug = models.SlugField(_("주소 이름"), max_length=64, unique=True)
    name = models.CharField(_("이름"), max_length=100)
    name_en = models.CharField(_("영어 이름"), max_length=100)
    industry = models.CharField(_("업종"), max_length=100)
    industry_en = models.CharField(_("업종(영어)"), max_length=100)
    homepage = models.URLField(_("누리집"), max_length=500)
    careers_url = models.URLField(_("채용 누리집"), max_length=500)
    talent_summary = models.TextField(_("인재상 요약"))
    talent_summary_en = models.TextField(_("인재상 요약(영어)"))
    qualified = models.CharField(
        _("키워드"),
        max_length=500,
        help_text=_("키워드 목록의 낱말을 빈칸으로 나누어 적습니다. 유형의 특성과 겹치는 낱말로 추천합니다."),
    )
    confidence = models.CharField(_("신뢰도"), max_length=10, choices=Confidence.choices, default=Confidence.MEDIUM)
    note = models.TextField(_("비고"), blank=True, help_text=_("근거와 의심스러운 점. 지원자에게는 보이지 않습니다."))
    is_active = models.BooleanField(
        _("사용"), default=True, help_text=_("끄면 목록과 추천에서 빠집니다. 지우는 대신 끄세요.")
    )
    created_at = models.DateTimeField(_("만든 시각"), auto_now_add=True)
    updated_at = models.DateTimeField(_("고친 시각"), auto_now=True)
    """Changes with every save, also of values and sources, which are edited with their company. Search uses it."""

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name = _("회사")
        verbose_name_plural = _("회사")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> tuple[str, ...]:
        """The keywords, one by one."""
        return tuple(self.qualified.split())

    def clean(self) -> None:
        super().clean()
        if self.slug in RESERVED_SLUGS:
            raise ValidationError({"slug": ValidationError(_("쓸 수 없는 주소 이름입니다."), code="reserved")})
        self.qualified = " ".join(self.words)
        with _errors_of("qualified"):
            check_words(self.words)


class TalentValue(models.Model):
    """One value of a company's ideal-talent profile."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="talent_values", verbose_name=_("회사"))
    ko = models.CharField(_("한국어"), max_length=100)
    en = models.CharField(_("영어"), max_length=150)
    official = models.BooleanField(_("공식"), default=True, help_text=_("회사가 스스로 쓴 말인가."))
    order = models.PositiveSmallIntegerField(_("순서"), default=0)

    class Meta:
        verbose_name = _("인재상")
        verbose_name_plural = _("인재상")
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["company", "ko"], name="companies_talent_value_once")]

    def __str__(self) -> str:
        return self.ko


class Source(models.Model):
    """A source of a company's record."""

    company = models.ForeignKey(Company, models.CASCADE, related_name="sources", verbose_name=_("회사"))
    title = models.CharField(_("제목"), max_length=200)
    url = models.URLField(_("주소"), max_length=500)
    order = models.PositiveSmallIntegerField(_("순서"), default=0)

    class Meta:
        verbose_name = _("출처")
        verbose_name_plural = _("출처")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.title


class PersonalityType(Seeded):
    """One of the sixteen types and how such people tend to work. An aid for writing, not a predictor for hiring."""

    type = models.CharField(
        _("유형"),
        max_length=4,
        unique=True,
        validators=[RegexValidator(r"^[EI][NS][FT][JP]$", _("MBTI 유형은 INTJ처럼 네 글자입니다."))],
    )
    traits = models.CharField(
        _("특성"),
        max_length=500,
        help_text=_("키워드 목록의 낱말을 빈칸으로 나누어 적습니다. 앞의 것이 더 중요하지는 않습니다."),
    )
    summary = models.TextField(_("요약"))
    summary_en = models.TextField(_("요약(영어)"))

    class Meta:
        verbose_name = _("성격 유형")
        verbose_name_plural = _("성격 유형")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.type

    @property
    def words(self) -> tuple[str, ...]:
        """The traits, one by one."""
        return tuple(self.traits.split())

    def clean(self) -> None:
        super().clean()
        self.traits = " ".join(self.words)
        with _errors_of("traits"):
            check_words(self.words)
