"""The résumé API under `/api/v1/resumes/`. Views translate between HTTP and services, nothing more."""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import cast

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from api.problems import FieldError, Problem, problems
from api.throttles import UserThrottle
from letters.models import Letter
from photos import services as photos
from photos.decoding import NormalisedPhoto, PhotoRefused
from photos.intake import DecodersBusy
from resumes import presentation, printing, selectors, services
from resumes.models import Resume
from resumes.serializers import (
    AskLetterSerializer,
    CommandCreateSerializer,
    CreateSerializer,
    LetterAnswer,
    PhotoSerializer,
    PortraitSerializer,
    ProfileSerializer,
    ResumeAnswer,
    ResumePageAnswer,
    SectionTextSerializer,
    WhatSerializer,
)
from resumes.throttles import DailyLetters, DailyPhotos, count

EMBEDDED_COMMAND = "embedded-command"
"""The `X-Client` of `./run resume`, for which the phone number is optional."""
LONGEST_KEY = 200
RETRY_BUSY = 5
"""Seconds to wait when no decoder was free. Several photos are decoded in that time."""


class ResumePagination(CursorPagination):
    ordering = ("-created_at", "-id")
    page_size = 20

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        # The position comes from the address. One that is not a time would fail in the query.
        if cursor and cursor.position is not None and not _is_moment(str(cursor.position)):
            raise Problem(404, "not_found")
        return cursor


def _is_moment(text: str) -> bool:
    try:
        moment = parse_datetime(text)
        if moment is None or is_naive(moment):
            return False
        # The query is in UTC, so the time must exist in UTC too.
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True


class ResumeView(APIView):
    """What all views of résumés share: authentication, and the language of the answer."""

    # A request without a session is refused before any limit counts it.
    throttle_classes = [UserThrottle]

    def person(self) -> User:
        return cast(User, self.request.user)

    def resume(self, resume_id: str) -> Resume:
        """The person's own résumé. Raises Problem `not_found` for anybody else's."""
        found = Resume.objects.select_related("photo").filter(pk=resume_id, user=self.person()).first()
        if found is None:
            raise Problem(404, "not_found")
        return found

    def answer(self, resume: Resume, status_code: int = status.HTTP_200_OK) -> Response:
        fresh = self.resume(resume.pk)
        return Response(presentation.resume_json(fresh, selectors.letter(fresh), language()), status=status_code)


def language() -> str:
    return "en" if (get_language() or "").startswith("en") else "ko"


class ResumeListView(ResumeView):
    pagination_class = ResumePagination

    @extend_schema(operation_id="resumes_list", responses={200: ResumePageAnswer, **problems("not_authenticated")})
    def get(self, request: Request) -> Response:
        """내 이력서, 새것부터."""
        pagination = ResumePagination()
        rows = Resume.objects.select_related("photo").prefetch_related("photo__candidates").filter(user=self.person())
        page = pagination.paginate_queryset(rows, request, view=self) or []
        return pagination.get_paginated_response(presentation.resumes_json(page, language()))

    @extend_schema(
        request={"multipart/form-data": CreateSerializer},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
        responses={
            201: ResumeAnswer,
            **problems(
                "invalid",
                "not_an_image",
                "corrupt_image",
                "image_too_small",
                "not_authenticated",
                "too_large",
                "unsupported_format",
                "idempotency_mismatch",
                "throttled",
                "unavailable",
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """이력서를 만든다: 사진 작업이 바로 시작되고 추천 회사 세 곳이 온다."""
        embedded = request.headers.get("X-Client") == EMBEDDED_COMMAND
        serializer = (CommandCreateSerializer if embedded else CreateSerializer)(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        upload = _read(data.pop("photo"))
        del data["consent"]
        application = services.Application(**data)
        key = _idempotency_key(request)
        body_hash = application.body_hash(hashlib.sha256(upload).hexdigest())
        if key and (found := services.repeated(self.person(), key, body_hash)):
            return self.answer(found, status.HTTP_201_CREATED)
        normalised = _take_in(upload)
        count(DailyPhotos(), request, self)
        resume = services.create(self.person(), application, normalised, key, body_hash)
        return self.answer(resume, status.HTTP_201_CREATED)


class ResumeDetailView(ResumeView):
    @extend_schema(responses={200: ResumeAnswer, **problems("not_authenticated", "not_found")})
    def get(self, request: Request, resume_id: str) -> Response:
        """이력서 하나."""
        return self.answer(self.resume(resume_id))

    @extend_schema(
        request=ProfileSerializer(partial=True),
        responses={200: ResumeAnswer, **problems("invalid", "not_authenticated", "not_found", "photo_in_progress")},
    )
    def patch(self, request: Request, resume_id: str) -> Response:
        """이름, 번호, MBTI, 언어, 사실, 스타일을 고친다."""
        resume = self.resume(resume_id)
        serializer = ProfileSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        changes = {name: value for name, value in serializer.validated_data.items() if name in request.data}
        if changes:
            services.change(resume, changes)
        return self.answer(resume)

    @extend_schema(responses={204: None, **problems("not_authenticated", "not_found")})
    def delete(self, request: Request, resume_id: str) -> Response:
        """이력서와 사진, 글을 모두 지운다."""
        services.delete(self.resume(resume_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PhotoView(ResumeView):
    @extend_schema(
        request={"multipart/form-data": PhotoSerializer},
        responses={
            202: ResumeAnswer,
            **problems(
                "invalid",
                "not_an_image",
                "corrupt_image",
                "image_too_small",
                "not_authenticated",
                "not_found",
                "photo_in_progress",
                "too_large",
                "unsupported_format",
                "throttled",
                "unavailable",
            ),
        },
    )
    def put(self, request: Request, resume_id: str) -> Response:
        """다른 사진으로 다시 만든다."""
        resume = self.resume(resume_id)
        if resume.photo.in_progress:
            raise Problem(409, "photo_in_progress")
        serializer = PhotoSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        normalised = _take_in(_read(serializer.validated_data["photo"]))
        count(DailyPhotos(), request, self)
        services.replace_photo(resume, normalised)
        return self.answer(resume, status.HTTP_202_ACCEPTED)


class PortraitView(ResumeView):
    @extend_schema(
        request=PortraitSerializer,
        responses={200: ResumeAnswer, **problems("invalid", "not_authenticated", "not_found")},
    )
    def post(self, request: Request, resume_id: str) -> Response:
        """후보 가운데 하나를, 그리고 그 배경을 고른다."""
        resume = self.resume(resume_id)
        serializer = PortraitSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        data = serializer.validated_data
        services.choose_portrait(resume, data["candidate"], data["background"])
        return self.answer(resume)


class LetterView(ResumeView):
    @extend_schema(
        request=AskLetterSerializer,
        responses={
            200: OpenApiResponse(ResumeAnswer, description="같은 회사의 글을 이미 쓰고 있음"),
            202: ResumeAnswer,
            **problems("invalid", "not_authenticated", "not_found", "letter_in_progress", "throttled"),
        },
    )
    def post(self, request: Request, resume_id: str) -> Response:
        """이 회사에 낼 자기소개서를 쓴다."""
        resume = self.resume(resume_id)
        serializer = AskLetterSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        slug = serializer.validated_data["company"]
        _, new = services.ask_letter(resume, slug, lambda: count(DailyLetters(), request, self))
        return self.answer(resume, status.HTTP_202_ACCEPTED if new else status.HTTP_200_OK)


class SectionView(ResumeView):
    @extend_schema(
        request=SectionTextSerializer,
        responses={
            200: ResumeAnswer,
            **problems("invalid", "not_authenticated", "not_found", "letter_in_progress", "not_ready"),
        },
    )
    def patch(self, request: Request, resume_id: str, number: str) -> Response:
        """항목을 손수 고친다: 새 판이 된다."""
        resume = self.resume(resume_id)
        serializer = SectionTextSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.edit_section(resume, int(number), serializer.validated_data["text"])
        return self.answer(resume)


class RegenerateView(ResumeView):
    @extend_schema(
        request=None,
        responses={
            202: ResumeAnswer,
            **problems("not_authenticated", "not_found", "letter_in_progress", "not_ready", "throttled"),
        },
    )
    def post(self, request: Request, resume_id: str, number: str) -> Response:
        """이 항목만 새로 쓴다: 새 판이 된다."""
        resume = self.resume(resume_id)
        services.regenerate_section(resume, int(number), lambda: count(DailyLetters(), request, self))
        return self.answer(resume, status.HTTP_202_ACCEPTED)


class VersionsView(ResumeView):
    @extend_schema(responses={200: LetterAnswer(many=True), **problems("not_authenticated", "not_found")})
    def get(self, request: Request, resume_id: str) -> Response:
        """자기소개서의 모든 판, 새것부터."""
        resume = self.resume(resume_id)
        letters = Letter.objects.filter(document=resume.id)
        return Response([presentation.letter_json(letter) for letter in letters])


class CancelView(ResumeView):
    @extend_schema(
        request=WhatSerializer,
        responses={202: ResumeAnswer, **problems("invalid", "not_authenticated", "not_found")},
    )
    def post(self, request: Request, resume_id: str) -> Response:
        """하고 있는 일을, 또는 그 가운데 `what`만 멈춘다."""
        resume = self.resume(resume_id)
        services.cancel(resume, _what(request))
        return self.answer(resume, status.HTTP_202_ACCEPTED)


class RetryView(ResumeView):
    @extend_schema(
        request=WhatSerializer,
        responses={202: ResumeAnswer, **problems("invalid", "not_authenticated", "not_found")},
    )
    def post(self, request: Request, resume_id: str) -> Response:
        """실패한 일을, 또는 그 가운데 `what`만 다시 한다.

        사람이 멈춘 글은 사진이 저절로 실패했을 때에는 `what`이 `letter`라야 이어 쓴다. 다 된 사진에 그리지 못한 후보가
        있으면 `what`이 `photo`일 때 그 후보만 다시 그린다.
        """
        resume = self.resume(resume_id)
        services.retry(resume, _what(request))
        return self.answer(resume, status.HTTP_202_ACCEPTED)


class EventsView(ResumeView):
    """For the schema, and for methods other than GET and HEAD. `resumes.stream` answers those."""

    @extend_schema(
        parameters=[OpenApiParameter("Last-Event-ID", str, OpenApiParameter.HEADER)],
        responses={
            (200, "text/event-stream"): OpenApiTypes.STR,
            **problems("not_authenticated", "not_found"),
        },
    )
    def get(self, request: Request, resume_id: str) -> Response:
        """사진과 글의 사건 흐름."""
        self.resume(resume_id)
        raise Problem(503, "unavailable")


class MediaView(ResumeView):
    @extend_schema(
        responses={
            (200, "image/*"): OpenApiTypes.BINARY,
            302: OpenApiResponse(description="짧게 유효한 주소"),
            **problems("not_authenticated", "not_found"),
        }
    )
    def get(self, request: Request, resume_id: str, name: str) -> HttpResponseBase:
        """사진 한 장."""
        resume = self.resume(resume_id)
        file = selectors.media_file(resume, name)
        if file is None or not default_storage.exists(file):
            raise Problem(404, "not_found")
        if not isinstance(default_storage._wrapped, FileSystemStorage):  # type: ignore[attr-defined]
            redirect = HttpResponseRedirect(default_storage.url(file))
            redirect["Cache-Control"] = "private, no-store"
            return redirect
        try:
            picture = photos.load_file(file)
        except FileNotFoundError as error:
            # Deleted or replaced after its name was read.
            raise Problem(404, "not_found") from error
        kind = "image/png" if name.endswith(".png") else "image/jpeg"
        response = HttpResponse(picture, content_type=kind)
        # Another photo or style changes the picture, but not its address.
        response["Cache-Control"] = "private, no-cache"
        return response


class PdfView(ResumeView):
    @extend_schema(
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            **problems("not_authenticated", "not_found", "not_ready"),
        }
    )
    def get(self, request: Request, resume_id: str) -> HttpResponse:
        """이력서 PDF."""
        resume = self.resume(resume_id)
        letter = selectors.letter(resume)
        if letter is None or not selectors.printable(resume.photo, letter):
            raise Problem(409, "not_ready")
        try:
            document = printing.pdf(resume, letter)
        except FileNotFoundError as error:
            # The portrait was deleted meanwhile, with its résumé or because another replaced it.
            self.resume(resume_id)
            raise Problem(409, "not_ready") from error
        response = HttpResponse(document, content_type="application/pdf")
        response["Content-Disposition"] = 'inline; filename="resume.pdf"'
        response["Cache-Control"] = "private, no-store"
        return response


def _what(request: Request) -> services.What | None:
    """The part that a cancellation or a retry names; None = everything. Raises ValidationError."""
    serializer = WhatSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    return cast(services.What | None, serializer.validated_data.get("what"))


def _read(upload: UploadedFile[bytes]) -> bytes:
    """The upload's bytes. Raises Problem `too_large` before reading."""
    if (upload.size or 0) > settings.PHOTO_LARGEST_BYTES:
        raise _photo_problem("too_large", 413)
    return cast(bytes, upload.read())


def _take_in(upload: bytes) -> NormalisedPhoto:
    try:
        return photos.take_in(upload)
    except PhotoRefused as refused:
        raise _photo_problem(refused.code, refused.status) from refused
    except DecodersBusy as busy:
        raise Problem(503, "unavailable", headers={"Retry-After": str(RETRY_BUSY)}) from busy


def _photo_problem(code: str, status_code: int) -> Problem:
    detail = presentation.sentence(code, language())
    return Problem(status_code, code, detail, errors=[FieldError("photo", code, detail)])


def _idempotency_key(request: Request) -> str:
    key: str = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        detail = f"Idempotency-Key: ≤ {LONGEST_KEY}"
        raise Problem(400, "invalid", errors=[FieldError("Idempotency-Key", "max_length", detail)])
    return key
