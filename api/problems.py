"""The API's refusals: one exception class and one table of codes.

Views raise `Problem`. `api.exceptions` renders it, and every other error, as an RFC 9457 problem document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.exceptions import APIException

MEDIA_TYPE = "application/problem+json"

Sentence = str | Promise
"""A sentence for a person, translated when the document is written."""


@dataclass(frozen=True)
class Kind:
    """Status, title and default sentence of one code."""

    status: int
    title: Sentence
    detail: Sentence


KINDS: Mapping[str, Kind] = {
    "invalid": Kind(400, _("입력값 오류"), _("입력한 내용을 확인해 주세요.")),
    "not_authenticated": Kind(401, _("인증 필요"), _("로그인이 필요합니다.")),
    "permission_denied": Kind(403, _("권한 없음"), _("이 작업을 할 권한이 없습니다.")),
    "not_found": Kind(404, _("찾을 수 없음"), _("요청한 항목을 찾을 수 없습니다.")),
    "method_not_allowed": Kind(405, _("허용되지 않는 메서드"), _("이 주소에서는 쓸 수 없는 요청 방식입니다.")),
    "unsupported_media_type": Kind(415, _("지원하지 않는 본문 형식"), _("이 형식의 요청 본문은 받지 않습니다.")),
    "not_an_image": Kind(400, _("사진이 아님"), _("사진 파일이 아닙니다. 다른 파일을 골라 주세요.")),
    "corrupt_image": Kind(400, _("손상된 사진"), _("사진 파일을 열 수 없습니다. 다른 사진을 골라 주세요.")),
    "image_too_small": Kind(400, _("너무 작은 사진"), _("사진이 너무 작습니다. 더 큰 사진을 골라 주세요.")),
    "unsupported_format": Kind(
        415, _("지원하지 않는 사진 형식"), _("JPEG, PNG, WebP, HEIC 사진만 사용할 수 있습니다.")
    ),
    "request_timeout": Kind(
        408, _("요청 시간 초과"), _("보낸 내용이 제때 다 오지 않았습니다. 연결을 확인하고 다시 시도해 주세요.")
    ),
    "too_large": Kind(413, _("너무 큰 요청"), _("보낸 내용이 너무 큽니다.")),
    "photo_in_progress": Kind(409, _("사진 작업 중"), _("사진을 만드는 중입니다. 끝난 뒤에 다시 시도해 주세요.")),
    "letter_in_progress": Kind(
        409, _("자기소개서 작성 중"), _("자기소개서를 쓰는 중입니다. 끝난 뒤에 다시 시도해 주세요.")
    ),
    "not_ready": Kind(409, _("준비 중"), _("아직 준비되지 않았습니다. 끝난 뒤에 다시 시도해 주세요.")),
    "idempotency_mismatch": Kind(
        422,
        _("멱등성 키 불일치"),
        _("같은 Idempotency-Key로 다른 내용이 이미 접수되었습니다. 새 키로 다시 보내 주세요."),
    ),
    "throttled": Kind(429, _("요청 제한"), _("요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.")),
    "failed": Kind(500, _("서버 오류"), _("서버에서 문제가 생겼습니다. 잠시 후 다시 시도해 주세요.")),
    "unavailable": Kind(503, _("일시 중단"), _("지금은 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.")),
}


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with the input. `field` is a dotted path, or None when it concerns the whole body."""

    field: str | None
    code: str
    detail: Sentence


class Problem(APIException):
    """A refusal with a stable code.

    `detail` replaces the code's own sentence; `headers` go out with the answer (`Retry-After`, …).
    Raises KeyError for a code that is not in `KINDS`: a new code is a change of the API.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: Sentence | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.kind = KINDS[code]
        self.status_code = status
        self.code = code
        self.detail: Any = self.kind.detail if detail is None else detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        if status == HTTPStatus.UNAUTHORIZED:
            # RFC 9110 requires a challenge in every 401.
            self.headers.setdefault("WWW-Authenticate", "Token")

    def document(self) -> dict[str, Any]:
        """The problem as JSON-ready data, in the language active now. The raw event stream sends it as it is."""
        return {
            "type": f"/problems/{self.code}/",
            "title": str(self.kind.title),
            "status": self.status_code,
            "detail": _written(self.detail),
            "code": self.code,
            "errors": [
                {
                    "field": None if error.field is None else _written(error.field),
                    "code": error.code,
                    "detail": _written(error.detail),
                }
                for error in self.errors
            ],
        }


def _written(sentence: Sentence) -> str:
    """The translated sentence as valid UTF-8. It may repeat input, which may hold lone surrogates."""
    return str(sentence).encode("utf-8", "replace").decode()


class FieldErrorSerializer(serializers.Serializer[FieldError]):
    field = serializers.CharField(allow_null=True, help_text="점으로 이은 경로. 본문 전체에 대한 것이면 null.")
    code = serializers.CharField()
    detail = serializers.CharField(help_text="사람이 읽는 문장.")


class ProblemSerializer(serializers.Serializer[Problem]):
    """The shape of a problem document, for the schema."""

    type = serializers.CharField(help_text="코드마다 하나인 주소.")
    title = serializers.CharField(help_text="코드의 짧은 이름.")
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="사람이 읽는 문장. Accept-Language를 따르고 기본은 한국어.")
    code = serializers.ChoiceField(choices=sorted(KINDS))
    # The document has a field of this name, and this class never validates anything.
    errors = FieldErrorSerializer(many=True)  # type: ignore[assignment]


def problems(*codes: str) -> dict[tuple[int, str], OpenApiResponse]:
    """The answers of an operation that may refuse with these codes, for `extend_schema(responses={…})`."""
    answers: dict[tuple[int, str], OpenApiResponse] = {}
    for status in sorted({KINDS[code].status for code in codes}):
        names = ", ".join(f"`{code}`" for code in codes if KINDS[code].status == status)
        answers[status, MEDIA_TYPE] = OpenApiResponse(ProblemSerializer, description=names)
    return answers
