"""Guests, sign-up and sign-in under `/api/v1/auth/`.

There is one token per person, shared by all devices (the token model of Django REST framework). Signing out with the
token deletes it for all devices. Signing out with the cookie ends the session of that browser only.
"""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.authtoken.models import Token
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import FromOwnPages
from accounts.models import User
from api.parsers import BoundedJSONParser
from api.problems import FieldError, Problem, problems
from api.throttles import SignInThrottle, UserThrottle

LONGEST_PASSWORD = 1024
"""Characters. Limits the work of hashing; far longer than any typed password."""


class UserSerializer(serializers.ModelSerializer[User]):
    id = serializers.SerializerMethodField(help_text="사람마다 하나인 불투명한 문자열.")

    class Meta:
        model = User
        fields = ("id", "is_guest", "email")
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_id(self, user: User) -> str:
        return str(user.pk)


class SignedInSerializer(serializers.Serializer[dict[str, Any]]):
    token = serializers.CharField(help_text="`Authorization: Token …`에 쓰는 값.")
    user = UserSerializer()


class CredentialsSerializer(serializers.Serializer[dict[str, str]]):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False, write_only=True)

    def validate_email(self, email: str) -> str:
        return User.objects.normalize_email(email)


class RegistrationSerializer(CredentialsSerializer):
    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        try:
            validate_password(attrs["password"], User(email=attrs["email"]))
        except DjangoValidationError as error:
            raise serializers.ValidationError({"password": get_error_detail(error)}) from error
        return attrs


def _email_taken() -> Problem:
    return Problem(400, "invalid", errors=[FieldError("email", "taken", _("이미 가입된 이메일입니다."))])


def _signed_in(request: Request, user: User, status_code: int) -> Response:
    """Start a session and answer with the token: browsers use the cookie, programs the token."""
    login(request, user)
    token, _created = Token.objects.get_or_create(user=user)
    return Response(SignedInSerializer({"token": token.key, "user": user}).data, status=status_code)


class SignInView(APIView):
    """Base of guest, sign-up and sign-in. Accepts JSON only, because a form on another site cannot send it."""

    permission_classes = (FromOwnPages,)
    throttle_classes = (SignInThrottle,)
    parser_classes = (BoundedJSONParser,)


class GuestView(SignInView):
    # Every request makes a new guest, whatever session it carries, so there is nothing to authenticate.
    authentication_classes = ()

    @extend_schema(
        operation_id="auth_guest",
        summary="손님으로 시작",
        description="새 손님을 만들고 토큰과 세션 쿠키를 줍니다. 부를 때마다 새 손님이며, 이전 쿠키를 대신합니다.",
        tags=["auth"],
        request=None,
        auth=[],
        responses={201: SignedInSerializer, **problems("permission_denied", "throttled")},
    )
    def post(self, request: Request) -> Response:
        return _signed_in(request, User.objects.create_guest(), status.HTTP_201_CREATED)


class RegisterView(SignInView):
    @extend_schema(
        operation_id="auth_register",
        summary="가입",
        description=(
            "손님의 토큰이나 쿠키와 함께 보내면 그 손님이 계정이 되고 번호와 이력서가 그대로 남습니다. "
            "쿠키로 보낼 때는 `X-CSRFToken` 헤더가 필요합니다. "
            "오류 코드: email `taken`, 이미 계정으로 로그인한 상태면 `already_registered`."
        ),
        tags=["auth"],
        request=RegistrationSerializer,
        auth=[{}, {"tokenAuth": []}, {"cookieAuth": []}],  # type: ignore[list-item]
        responses={
            201: SignedInSerializer,
            **problems(
                "invalid", "not_authenticated", "permission_denied", "unsupported_media_type", "too_large", "throttled"
            ),
        },
    )
    def post(self, request: Request) -> Response:
        serializer = RegistrationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                user = self._account(request, **serializer.validated_data)
        except IntegrityError as error:
            raise _email_taken() from error
        return _signed_in(request, user, status.HTTP_201_CREATED)

    def _account(self, request: Request, email: str, password: str) -> User:
        if isinstance(request.user, User):
            if not request.user.become_account(email, password):
                detail = _("이미 계정으로 로그인되어 있습니다. 먼저 로그아웃해 주세요.")
                raise Problem(400, "invalid", detail, errors=[FieldError(None, "already_registered", detail)])
            return request.user
        return User.objects.create_user(email, password)


class LoginView(SignInView):
    authentication_classes = ()

    @extend_schema(
        operation_id="auth_login",
        summary="로그인",
        description=(
            "토큰과 세션 쿠키를 줍니다. 손님으로 만든 이력서는 손님의 것으로 남고 계정으로 옮겨지지 않습니다. "
            "가져가려면 손님으로서 가입하세요."
        ),
        tags=["auth"],
        request=CredentialsSerializer,
        auth=[],
        responses={
            200: SignedInSerializer,
            **problems(
                "invalid", "not_authenticated", "permission_denied", "unsupported_media_type", "too_large", "throttled"
            ),
        },
    )
    def post(self, request: Request) -> Response:
        serializer = CredentialsSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        user = authenticate(request, **serializer.validated_data)
        if not isinstance(user, User):
            raise Problem(401, "not_authenticated", _("이메일 또는 비밀번호가 올바르지 않습니다."))
        return _signed_in(request, user, status.HTTP_200_OK)


class LogoutView(APIView):
    throttle_classes = (UserThrottle,)

    @extend_schema(
        operation_id="auth_logout",
        summary="로그아웃",
        description=(
            "세션을 끝내고, 토큰으로 불렀으면 그 토큰도 지웁니다. 토큰은 사람마다 하나이므로 다른 기기에서도 끝납니다. "
            "손님은 다시 로그인할 길이 없습니다."
        ),
        tags=["auth"],
        request=None,
        responses={
            204: OpenApiResponse(description="끝났습니다."),
            **problems("not_authenticated", "permission_denied", "throttled"),
        },
    )
    def post(self, request: Request) -> Response:
        if isinstance(request.auth, Token):
            request.auth.delete()
        logout(request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(APIView):
    throttle_classes = (UserThrottle,)

    @extend_schema(
        operation_id="auth_me",
        summary="나",
        description="지금 인증된 사람. 로그인 응답의 `user`와 같은 모양입니다.",
        tags=["auth"],
        responses={200: UserSerializer, **problems("not_authenticated", "throttled")},
    )
    def get(self, request: Request) -> Response:
        return Response(UserSerializer(cast(User, request.user)).data)
