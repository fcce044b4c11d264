"""Authentication for the sign-in views, and for the event stream, which is no Django view."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, parse_cookie
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from api.problems import Problem


def user_for_scope(headers: Iterable[tuple[bytes, bytes]]) -> User | None:
    """The active user of a raw ASGI request, by `Authorization: Token …` or else by the session cookie.

    `headers` is the scope's list of lower-case names and values. None means: answer 401. The rules are those of
    the API's views, so a wrong token is refused even with a valid cookie. Reads the database and writes nothing,
    neither session nor last login. Cross-site request forgery is not checked: use it for reading only.
    """
    received = list(headers)
    authorization = b",".join(value for name, value in received if name == b"authorization")
    if authorization:
        request = HttpRequest()
        request.META["HTTP_AUTHORIZATION"] = authorization.decode("latin-1")
        try:
            answer: tuple[User, object] | None = TokenAuthentication().authenticate(request)  # type: ignore[arg-type]
        except AuthenticationFailed:
            return None
        if answer is not None:
            return answer[0]
    cookies = parse_cookie("; ".join(value.decode("latin-1") for name, value in received if name == b"cookie"))
    return _user_of_session(cookies.get(settings.SESSION_COOKIE_NAME))


def require_user(headers: Iterable[tuple[bytes, bytes]]) -> User:
    """`user_for_scope`. Raises Problem `not_authenticated` when there is no user."""
    user = user_for_scope(headers)
    if user is None:
        raise Problem(401, "not_authenticated")
    return user


def _user_of_session(session_key: str | None) -> User | None:
    """As `django.contrib.auth.get_user`, but without renewing a session that an older secret key signed.

    A renewal needs a `Set-Cookie` header in the answer. Without it the person would be signed out.
    """
    if not session_key:
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    try:
        user = User.objects.filter(pk=session.get(SESSION_KEY), is_active=True).first()
    except ValidationError:
        return None
    if user is None:
        return None
    given = session.get(HASH_SESSION_KEY, "")
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return user if any(constant_time_compare(given, each) for each in hashes) else None


class OriginCheck(CsrfViewMiddleware):
    """The part of Django's CSRF check that needs no token: the `Origin` header."""

    def __init__(self) -> None:
        super().__init__(lambda request: HttpResponse())

    def accepts(self, request: HttpRequest) -> bool:
        """Whether the origin is ours, or absent: programs send none, and current browsers send one with each POST."""
        return "Origin" not in request.headers or bool(self._origin_verified(request))  # type: ignore[attr-defined]


class FromOwnPages(BasePermission):
    """Refuses sign-in from a page of another site (login CSRF), which would replace the person's session.

    SessionAuthentication checks the CSRF token of an existing session. Before sign-in there is no token to check.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        if OriginCheck().accepts(request._request):
            return True
        raise Problem(403, "permission_denied", _("다른 사이트에서 보낸 요청은 받지 않습니다."))
