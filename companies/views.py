"""The companies over HTTP. Anyone may read them; only curators write them, in the admin.

The default rate limits of the settings apply.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from companies import services
from companies.models import Company, PersonalityType
from companies.serializers import (
    CompanyQuery,
    CompanySerializer,
    PersonalityTypeSerializer,
    RecommendationQuery,
    RecommendationSerializer,
)


class CompanyPagination(CursorPagination):
    """Fifty at a time, in the order that `services.find` gives."""

    page_size = 50
    ordering = "place"

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        # The position comes from the URL. A value that is no whole number would fail in the query.
        if cursor and cursor.position is not None and not str(cursor.position).isdecimal():
            raise NotFound(self.invalid_cursor_message)
        return cursor


class PersonalityTypeList(ListAPIView[PersonalityType]):
    """The sixteen types, how such a person tends to work, and the traits that recommendations go by."""

    permission_classes = [AllowAny]
    serializer_class = PersonalityTypeSerializer
    pagination_class = None
    queryset = PersonalityType.objects.all()

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "vocabulary": services.vocabulary()}


class CompanyList(ListAPIView[Company]):
    """The companies; with `q` those in which every word of it occurs, the best first.

    Searched are names, industry, values, keywords and summary, in Korean and English.
    """

    permission_classes = [AllowAny]
    serializer_class = CompanySerializer
    pagination_class = CompanyPagination

    @extend_schema(parameters=[CompanyQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Company]:
        query = CompanyQuery(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return services.find(query.validated_data["q"])


class CompanyDetail(RetrieveAPIView[Company]):
    """One company."""

    permission_classes = [AllowAny]
    serializer_class = CompanySerializer
    lookup_field = "slug"
    queryset = Company.objects.active().with_details()


class RecommendationList(APIView):
    """Three companies that fit a type's traits, best first; `skip=3` gives the next three, empty at the end."""

    permission_classes = [AllowAny]

    @extend_schema(
        parameters=[RecommendationQuery],
        responses=RecommendationSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        query = RecommendationQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        try:
            recommendations = services.recommend(query.validated_data["mbti"], skip=query.validated_data["skip"])
        except PersonalityType.DoesNotExist as error:
            raise ValidationError({"mbti": [_("MBTI 유형은 INTJ처럼 열여섯 가지 가운데 하나입니다.")]}) from error
        return Response(RecommendationSerializer(recommendations, many=True).data)
