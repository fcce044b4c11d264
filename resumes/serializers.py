"""Validates requests to the résumé API, and describes its answers to the schema."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from letters.models import Letter
from photos.advice import THRESHOLDS as ADVICE_THRESHOLDS
from photos.judging.sentences import SENTENCES as REASONS
from photos.models import Candidate, Photo
from photos.outpainting import STYLES
from photos.outpainting.backdrop import BACKGROUNDS, DEFAULT_BACKGROUND
from resumes import profile, services
from workers.engine.waiting import Reason

LONGEST_SECTION = 5000
"""Characters of an edited section. No application form takes so many."""


@extend_schema_field(serializers.CharField(help_text="1–40자"))
class NameField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        return profile.name(super().to_internal_value(data))


@extend_schema_field(serializers.CharField(help_text="한국 휴대폰 번호. 흔한 표기는 모두 됩니다."))
class PhoneField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        return profile.phone(super().to_internal_value(data))


@extend_schema_field(serializers.CharField(help_text="대소문자를 가리지 않습니다."))
class MbtiField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        return profile.mbti(super().to_internal_value(data))


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "job": {"type": "string"},
            "education": {"type": "array", "items": {"type": "string"}},
            "experiences": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        name: {"type": "string"} for name in ("title", "role", "period", "action", "result")
                    },
                },
            },
            "strengths": {"type": "array", "items": {"type": "string"}},
            "weakness": {"type": "string"},
            "motivation": {"type": "string"},
        },
    }
)
class FactsField(serializers.Field):  # type: ignore[type-arg]
    """Facts: JSON text in a form, an object in a JSON body."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, str):
            if not data.strip():
                return {}
            try:
                data = json.loads(data)
            except (ValueError, RecursionError) as error:
                raise serializers.ValidationError(_("JSON으로 읽을 수 없습니다."), code="json") from error
        return profile.facts(data)

    def to_representation(self, value: Any) -> Any:
        return value


def _require_style(value: str) -> None:
    """Raises ValidationError for an unknown style."""
    if value and value not in STYLES:
        raise serializers.ValidationError(
            _("이 가운데 하나를 고르세요: %(names)s") % {"names": ", ".join(STYLES)}, code="style"
        )


class ProfileSerializer(serializers.Serializer[Any]):
    """What a person writes about themselves."""

    name = NameField(max_length=400)
    phone = PhoneField(max_length=40)
    mbti = MbtiField(max_length=20)
    language = serializers.ChoiceField(choices=("ko", "en"), default="ko")
    style = serializers.CharField(required=False, allow_blank=True, default="", validators=[_require_style])  # type: ignore[assignment]
    facts = FactsField(required=False, default=dict)


class CreateSerializer(ProfileSerializer):
    photo = serializers.FileField(
        allow_empty_file=True, help_text="JPEG, PNG, WebP, HEIC; 20 MB, 5천만 화소(JPEG은 6천4백만)까지."
    )
    consent = serializers.BooleanField()

    def validate_consent(self, value: bool) -> bool:
        if not value:
            raise serializers.ValidationError(_("동의해야 시작할 수 있습니다."), code="consent")
        return value


class CommandCreateSerializer(CreateSerializer):
    """For requests of the embedded command, in which the phone number is optional."""

    phone = PhoneField(max_length=40, required=False, default="")


class PhotoSerializer(serializers.Serializer[Any]):
    photo = serializers.FileField(allow_empty_file=True)


class PortraitSerializer(serializers.Serializer[Any]):
    candidate = serializers.IntegerField(min_value=1, max_value=32767)
    background = serializers.ChoiceField(
        choices=tuple(BACKGROUNDS), default=DEFAULT_BACKGROUND, help_text="고른 사진의 배경. 새로 그리지 않습니다."
    )


class AskLetterSerializer(serializers.Serializer[Any]):
    company = serializers.CharField(max_length=80, help_text="회사의 slug.")


class SectionTextSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=LONGEST_SECTION)


class WhatSerializer(serializers.Serializer[Any]):
    what = serializers.ChoiceField(choices=services.WHAT, required=False, help_text="없으면 둘 다.")


# --- answers, for the schema -----------------------------------------------------------------------


class WaitingAnswer(serializers.Serializer[Any]):
    position = serializers.IntegerField(help_text="1 = 다음 차례")
    seconds = serializers.IntegerField(allow_null=True, help_text="시작까지 어림한 초. 아무도 모르면 null.")
    reason = serializers.ChoiceField(
        choices=tuple(Reason), help_text="기다리는 까닭: 차례, 제공자의 장애, 살아 있는 작업자가 없음"
    )


class BoxAnswer(serializers.Serializer[Any]):
    left = serializers.FloatField()
    top = serializers.FloatField()
    width = serializers.FloatField()
    height = serializers.FloatField()


class EmotionAnswer(serializers.Serializer[Any]):
    type = serializers.CharField()
    confidence = serializers.FloatField()


class FaceAnswer(serializers.Serializer[Any]):
    box = BoxAnswer()
    confidence = serializers.FloatField()
    age_range = serializers.ListField(child=serializers.IntegerField(), allow_null=True)
    gender = serializers.ChoiceField(choices=("female", "male"), allow_null=True)
    emotions = EmotionAnswer(many=True)


class AdviceAnswer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(
        choices=tuple(ADVICE_THRESHOLDS),
        help_text="어디서부터 알리는지: " + " · ".join(f"`{code}` {when}" for code, when in ADVICE_THRESHOLDS.items()),
    )
    detail = serializers.CharField()


class ReasonAnswer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=tuple(REASONS))
    detail = serializers.CharField()


class CandidateAnswer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="이름일 뿐, 순위는 목록의 차례")
    url = serializers.CharField()
    look = serializers.CharField(allow_blank=True, help_text="입은 옷: 스타일의 이름")
    score = serializers.FloatField(help_text="0–1, 누구의 사진에서나 같은 뜻: 0.67부터 send, 0.34부터 look")
    verdict = serializers.ChoiceField(
        choices=Candidate.Verdict.values, help_text="send 내도 좋음 · look 크게 보고 정할 것 · dont 내지 말 것"
    )
    reasons = ReasonAnswer(many=True, help_text="심한 것부터")
    portrait_url = serializers.CharField(help_text="고른 배경 앞의 이 후보")


class PhotoAnswer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=Photo.State.choices)
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField(allow_null=True)
    waiting = WaitingAnswer(allow_null=True)
    face = FaceAnswer(allow_null=True)
    mask_url = serializers.CharField(allow_null=True)
    advice = AdviceAnswer(many=True)
    candidates = CandidateAnswer(many=True)
    chosen = serializers.IntegerField(allow_null=True)
    background = serializers.ChoiceField(choices=tuple(BACKGROUNDS))


class CompanyNameAnswer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class RecommendationAnswer(serializers.Serializer[Any]):
    company = CompanyNameAnswer()
    score = serializers.FloatField()
    matched = serializers.ListField(child=serializers.CharField())


class ProblemAnswer(serializers.Serializer[Any]):
    check = serializers.CharField()
    detail = serializers.CharField()


class SectionAnswer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    title = serializers.CharField()
    text = serializers.CharField()
    characters = serializers.IntegerField()
    problems = ProblemAnswer(many=True)


class LetterAnswer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    origin = serializers.ChoiceField(choices=Letter.Origin.choices)
    state = serializers.ChoiceField(choices=Letter.State.choices)
    company = CompanyNameAnswer()
    sections = SectionAnswer(many=True)
    detail = serializers.CharField(allow_null=True)
    waiting = WaitingAnswer(allow_null=True)


class ProfileAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    phone = serializers.CharField(allow_null=True, help_text="가운데를 가린 번호")
    mbti = serializers.CharField()


class ResumeAnswer(serializers.Serializer[Any]):
    id = serializers.CharField()
    state = serializers.ChoiceField(choices=("needs_photo", "needs_company", "working", "done", "failed"))
    created_at = serializers.DateTimeField()
    language = serializers.ChoiceField(choices=("ko", "en"))
    style = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    profile = ProfileAnswer()
    facts = FactsField()
    photo = PhotoAnswer()
    recommendations = RecommendationAnswer(many=True)
    letter = LetterAnswer(allow_null=True)
    events_url = serializers.CharField()
    pdf_url = serializers.CharField(allow_null=True)


class ResumePageAnswer(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = ResumeAnswer(many=True)
