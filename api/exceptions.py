"""Every failure under `/api/` as a problem document (RFC 9457), in the requested language.

`exception_handler` handles errors of the API's views. The four error views handle errors outside of views (unknown
routes, malformed requests, a crash). Outside of `/api/` they answer with plain pages.
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from api.problems import KINDS, MEDIA_TYPE, FieldError, Problem
from workers.errors import DATABASE_AWAY, every_class

logger = logging.getLogger(__name__)

AWAY = (
    *DATABASE_AWAY,
    RedisConnectionError,
    RedisTimeoutError,
    *(error for error in every_class() if error.unavailable),
)
"""Errors of a database, Redis or file store that cannot be reached, or is locked for too long."""
RETRY_UNAVAILABLE = 5
"""Seconds to wait after `unavailable`: about the time that a restart of a process takes."""
RETRY_THROTTLED = 60
"""Seconds to wait when a limit does not say when it allows the next request."""


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Django REST framework's hook. None for an unexpected error: Django logs it and calls `server_error`."""
    problem = _problem(error)
    if problem is None:
        return None
    set_rollback()
    # Also in views that otherwise answer with a page or a file.
    request = context["request"]
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    return Response(problem.document(), status=problem.status_code, headers=problem.headers, content_type=MEDIA_TYPE)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return _answer(request, _problem(exception) or Problem(400, "invalid", _("요청을 읽을 수 없습니다.")))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return _answer(request, Problem(403, "permission_denied"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return _answer(request, Problem(404, "not_found"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500, called while the failure is being handled. Touches neither database nor templates."""
    return _answer(request, _problem(sys.exception()) or Problem(500, "failed"))


def describe(request: HttpRequest, code: str) -> HttpResponse:
    """The page behind a problem's `type`."""
    kind = KINDS.get(code)
    if kind is None:
        raise Http404
    return HttpResponse(_page(f"{kind.status} {code}", f"{kind.title}: {kind.detail}"))


def _problem(error: BaseException | None) -> Problem | None:
    match error:
        case Problem():
            return error
        case exceptions.ValidationError():
            return Problem(400, "invalid", errors=list(_field_errors(error.detail)))
        case exceptions.ParseError():
            detail = _("요청 본문을 읽을 수 없습니다. 형식을 확인해 주세요.")
            return Problem(400, "invalid", detail, errors=[FieldError(None, "parse_error", detail)])
        case exceptions.NotAuthenticated():
            return Problem(401, "not_authenticated")
        case exceptions.AuthenticationFailed():
            return Problem(401, "not_authenticated", _("로그인 정보가 올바르지 않습니다. 다시 로그인해 주세요."))
        case exceptions.PermissionDenied() if str(error.detail).startswith("CSRF"):
            return Problem(403, "permission_denied", _("CSRF 토큰이 없거나 맞지 않습니다. 페이지를 새로 고쳐 주세요."))
        case exceptions.PermissionDenied() | DjangoPermissionDenied():
            return Problem(403, "permission_denied")
        # The original sentence may name a model or the reason, which the client must not see.
        case exceptions.NotFound() | Http404():
            return Problem(404, "not_found")
        case exceptions.Throttled():
            return _throttled(error)
        case exceptions.MethodNotAllowed() | exceptions.UnsupportedMediaType():
            return Problem(error.status_code, error.default_code)
        case RequestDataTooBig():
            return Problem(413, "too_large")
        case error if isinstance(error, AWAY):
            logger.error("unavailable: %s", type(error).__name__, exc_info=error)
            return Problem(503, "unavailable", headers={"Retry-After": str(RETRY_UNAVAILABLE)})
    return None


def _throttled(error: exceptions.Throttled) -> Problem:
    wait: float | None = getattr(error, "wait", None)
    seconds = max(1, math.ceil(wait)) if wait is not None else RETRY_THROTTLED
    detail = _("요청이 너무 많습니다. %(seconds)d초 뒤에 다시 시도해 주세요.") % {"seconds": seconds}
    return Problem(429, "throttled", detail, headers={"Retry-After": str(seconds)})


def _field_errors(detail: Any, path: tuple[str, ...] = ()) -> Iterator[FieldError]:
    """The framework's nested errors, one by one. `field` is the dotted path, with indices of lists from 0."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = () if name == api_settings.NON_FIELD_ERRORS_KEY else (str(name),)
            yield from _field_errors(inner, path + own)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            # A list of sentences belongs to one field. A list of anything else has one entry for each item.
            own = () if isinstance(inner, str) else (str(index),)
            yield from _field_errors(inner, path + own)
    else:
        yield FieldError(".".join(path) or None, getattr(detail, "code", None) or "invalid", str(detail))


def _answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(
            problem.document(),
            status=problem.status_code,
            headers=problem.headers,
            content_type=MEDIA_TYPE,
            json_dumps_params={"ensure_ascii": False},
        )
    return HttpResponse(
        _page(str(problem.kind.title), str(problem.detail)), status=problem.status_code, headers=problem.headers
    )


def _page(title: str, sentence: str) -> str:
    return format_html(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>{}</title></head>'
        '<body><main><h1>{}</h1><p>{}</p><p><a href="/">AI Resume</a></p></main></body></html>',
        get_language() or "ko",
        title,
        title,
        sentence,
    )
