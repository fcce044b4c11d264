"""The portrait as a file to take along, and the sheets to print: the requests, the answers and the files' names."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.problems import FieldError, Problem, problems
from photos import services as photos
from photos.computing import computing
from photos.export import (
    LARGEST_DPI,
    LARGEST_ENLARGEMENT,
    LARGEST_SIDE,
    LEAST_DPI,
    LEAST_QUALITY,
    LEAST_SIDE,
    PRINT_SIZES,
    USUAL_DPI,
    ExportSize,
    TooLarge,
    TooManyBytes,
    export,
    parse_size,
)
from photos.models import Photo
from photos.sheet import PAPERS, sheet_jpeg, sheet_pdf
from resumes.api import ResumeView
from resumes.models import Resume

LEAST_KB, LARGEST_KB = 5, 20_000
FORBIDDEN = re.compile(r'[\\/:*?"<>|;%]')
"""What some file system or browser does not take in a file's name."""

ENLARGEMENT = "Portrait-Enlargement"
"""Answer header: pixels of the file per pixel of the portrait, two decimals. Above 1.00 no detail is gained."""


class PortraitFileSerializer(serializers.Serializer[Any]):
    size = serializers.CharField(max_length=20)
    dpi = serializers.IntegerField(min_value=LEAST_DPI, max_value=LARGEST_DPI, default=USUAL_DPI)
    max_kb = serializers.IntegerField(min_value=LEAST_KB, max_value=LARGEST_KB, required=False)

    def validate_size(self, value: str) -> ExportSize:
        try:
            return parse_size(value)
        except ValueError as error:
            sentence = _(
                "크기는 %(names)s, original, 또는 600x800처럼 가로x세로 픽셀로 적어 주세요. "
                "픽셀은 %(least)d–%(largest)d, 가로는 세로의 절반에서 같은 길이까지입니다."
            )
            values = {"names": ", ".join(PRINT_SIZES), "least": LEAST_SIDE, "largest": LARGEST_SIDE}
            raise serializers.ValidationError(sentence % values, code="size") from error


class PortraitSheetSerializer(serializers.Serializer[Any]):
    size = serializers.ChoiceField(choices=tuple(PRINT_SIZES))
    paper = serializers.ChoiceField(choices=tuple(PAPERS), default=next(iter(PAPERS)))


class PortraitFileView(ResumeView):
    @extend_schema(
        operation_id="resumes_portrait_file",
        parameters=[
            OpenApiParameter(
                "size",
                required=True,
                description=(
                    "`3x4cm`(반명함판)과 `5x7cm`(명함판)는 머리와 어깨, 곧 사진 너비 전체. "
                    "`3.5x4.5cm`는 정수리에서 턱까지 3.2–3.6 cm(외교부 여권사진 규격); "
                    "크기만 같을 뿐, 옷을 그려 넣은 사진은 여권에 쓸 수 없음. "
                    f"`600x800`처럼 픽셀({LEAST_SIDE}–{LARGEST_SIDE}); "
                    "413x531처럼 여권사진 비율이면 여권사진처럼 자름. "
                    "`original`은 자르지 않은 2:3 그대로."
                ),
                examples=[OpenApiExample(name, value=name) for name in (*PRINT_SIZES, "600x800", "original")],
            ),
            OpenApiParameter(
                "dpi",
                int,
                description=f"{LEAST_DPI}–{LARGEST_DPI}, 없으면 {USUAL_DPI}. 파일 안에 적힙니다.",
                examples=[OpenApiExample("300", value=300)],
            ),
            OpenApiParameter(
                "max_kb",
                int,
                description=(
                    f"{LEAST_KB}–{LARGEST_KB}. 1 KB = 1000바이트. 들어가는 가장 좋은 화질, 낮아도 {LEAST_QUALITY}."
                ),
                examples=[OpenApiExample("100", value=100)],
            ),
            OpenApiParameter(
                ENLARGEMENT,
                str,
                OpenApiParameter.HEADER,
                response=[200],
                description=(
                    "사진의 픽셀 하나가 파일의 몇 픽셀이 되었는지. 1.00보다 크면 늘린 것이라 더 또렷해지지 않습니다. "
                    f"{LARGEST_ENLARGEMENT:.0f}배가 넘으면 400."
                ),
            ),
        ],
        responses={
            (200, "image/jpeg"): OpenApiResponse(OpenApiTypes.BINARY, description="고른 후보, 없으면 첫 후보"),
            **problems("invalid", "not_authenticated", "not_found", "not_ready", "throttled"),
        },
    )
    def get(self, request: Request, resume_id: str) -> HttpResponse:
        """지원서가 바라는 크기의 증명사진 파일."""
        resume = self.resume(resume_id)
        data = _validated(PortraitFileSerializer, request)
        portrait = _portrait(self, resume)
        size: ExportSize = data["size"]
        try:
            with computing():
                made = export(portrait.data, portrait.place, size, data["dpi"], data.get("max_kb"))
        except TooManyBytes as error:
            sentence = _("가장 낮은 화질로도 %(least)d KB입니다. max_kb를 늘리거나 더 작은 크기를 고르세요.")
            raise _invalid("max_kb", sentence % {"least": error.least}) from error
        except TooLarge as error:
            sentence = _("이 사진을 %(times)d배 넘게 늘려야 합니다. 더 작은 크기나 dpi를 고르세요.")
            raise _invalid("size", sentence % {"times": LARGEST_ENLARGEMENT}) from error
        response = _answer(made.data, "image/jpeg", resume, size.name, "jpg")
        response[ENLARGEMENT] = f"{made.enlargement:.2f}"
        return response


class PortraitSheetView(ResumeView):
    @extend_schema(
        operation_id="resumes_portrait_sheet",
        parameters=[
            OpenApiParameter("kind", enum=["pdf", "jpg"], location=OpenApiParameter.PATH),
            OpenApiParameter(
                "size",
                enum=list(PRINT_SIZES),
                required=True,
                examples=[OpenApiExample("3x4cm", value="3x4cm")],
            ),
            OpenApiParameter(
                "paper",
                enum=list(PAPERS),
                default=next(iter(PAPERS)),
                description="A4에는 3×4 cm가 42장, 4×6인치에는 9장.",
                examples=[OpenApiExample("4x6in", value="4x6in")],
            ),
        ],
        responses={
            (200, "application/pdf"): OpenApiResponse(
                OpenApiTypes.BINARY, description="`portrait-sheet.pdf`: 종이의 정확한 크기, 자르는 표시"
            ),
            (200, "image/jpeg"): OpenApiResponse(
                OpenApiTypes.BINARY, description=f"`portrait-sheet.jpg`: {USUAL_DPI} dpi"
            ),
            **problems("invalid", "not_authenticated", "not_found", "not_ready", "throttled"),
        },
    )
    def get(self, request: Request, resume_id: str, kind: str) -> HttpResponse:
        """한 장에 들어가는 만큼 놓은 인화용 증명사진. 자르는 표시가 있습니다."""
        resume = self.resume(resume_id)
        data = _validated(PortraitSheetSerializer, request)
        portrait = _portrait(self, resume)
        size, paper = PRINT_SIZES[data["size"]], data["paper"]
        make, content_type = (sheet_pdf, "application/pdf") if kind == "pdf" else (sheet_jpeg, "image/jpeg")
        # Even the smaller portraits are enlarged less than twice at this density.
        with computing():
            document = make(portrait.data, portrait.place, size, paper)
        return _answer(document, content_type, resume, f"{size.name}_{paper}", kind)


def file_name(name: str, rest: str, ending: str) -> str:
    """`증명사진_김하늘_3x4cm.jpg`; in a name what no file may be called is left out."""
    plain = FORBIDDEN.sub("", name)
    plain = "".join(character for character in plain if unicodedata.category(character)[0] != "C")
    return f"{'_'.join([_('증명사진'), *plain.split(), rest])}.{ending}"


def disposition(name: str, rest: str, ending: str) -> str:
    """RFC 6266: the name in UTF-8, and one in ASCII for whoever does not read that."""
    encoded = quote(file_name(name, rest, ending), safe="!#$&+-.^_`|~")
    return f"attachment; filename=\"portrait_{rest}.{ending}\"; filename*=UTF-8''{encoded}"


def _validated(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = kind(data=request.query_params)
    serializer.is_valid(raise_exception=True)
    data: dict[str, Any] = serializer.validated_data
    return data


def _portrait(view: ResumeView, resume: Resume) -> photos.Portrait:
    """Raises Problem `not_ready`, or `not_found` where the résumé went meanwhile."""
    try:
        found = photos.portrait(resume.photo) if resume.photo.state == Photo.State.DONE else None
    except FileNotFoundError:
        view.resume(resume.pk)
        found = None
    if found is None:
        raise Problem(409, "not_ready")
    return found


def _invalid(field: str, detail: str) -> Problem:
    return Problem(400, "invalid", errors=[FieldError(field, field, detail)])


def _answer(data: bytes, content_type: str, resume: Resume, rest: str, ending: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = disposition(resume.name, rest, ending)
    response["Cache-Control"] = "private, no-store"
    return response
