"""Companies and types as JSON, in the requested language."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from companies.language import in_request_language
from companies.models import Company, PersonalityType, Source
from companies.services import Recommendation


class SourceSerializer(serializers.ModelSerializer[Source]):
    class Meta:
        model = Source
        fields = ("title", "url")


class CompanySerializer(serializers.ModelSerializer[Company]):
    """One company. `name` is always Korean; the other fields are in the requested language."""

    industry = serializers.SerializerMethodField()
    talent_values = serializers.SerializerMethodField()
    talent_summary = serializers.SerializerMethodField()
    sources = SourceSerializer(many=True)

    class Meta:
        model = Company
        fields = ("slug", "name", "name_en", "industry", "talent_values", "talent_summary", "careers_url", "sources")

    def get_industry(self, company: Company) -> str:
        return in_request_language(company.industry, company.industry_en)

    def get_talent_values(self, company: Company) -> list[str]:
        return [in_request_language(value.ko, value.en) for value in company.talent_values.all()]

    def get_talent_summary(self, company: Company) -> str:
        return in_request_language(company.talent_summary, company.talent_summary_en)


class RecommendationSerializer(serializers.Serializer[Any]):
    company = CompanySerializer()
    score = serializers.FloatField(help_text="BM25, 0 or more; comparable within one type only.")
    matched = serializers.SerializerMethodField(help_text="The traits that the company asks for too.")

    def get_matched(self, recommendation: Recommendation) -> list[str]:
        return list(in_request_language(recommendation.matched, recommendation.matched_en))


class PersonalityTypeSerializer(serializers.ModelSerializer[PersonalityType]):
    """Needs the vocabulary (Korean → English) in its context under `vocabulary`."""

    traits = serializers.SerializerMethodField()
    summary = serializers.SerializerMethodField()

    class Meta:
        model = PersonalityType
        fields = ("type", "traits", "summary")

    def get_traits(self, personality_type: PersonalityType) -> list[str]:
        vocabulary: dict[str, str] = self.context["vocabulary"]
        return [in_request_language(word, vocabulary.get(word, word)) for word in personality_type.words]

    def get_summary(self, personality_type: PersonalityType) -> str:
        return in_request_language(personality_type.summary, personality_type.summary_en)


class CompanyQuery(serializers.Serializer[None]):
    """The parameters of the list."""

    q = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=100, help_text="Words that must all occur; parts do."
    )


class RecommendationQuery(serializers.Serializer[None]):
    """The parameters of the recommendations."""

    mbti = serializers.CharField(max_length=10, help_text="One of the sixteen types, in any case.")
    skip = serializers.IntegerField(required=False, default=0, min_value=0, help_text="How many were shown already.")
