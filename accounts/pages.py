"""Pages for sign-up, sign-in, sign-out and passwords: Django's views with this project's templates.

The limits of the API's sign-in count requests to these pages too.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import login, password_validation, views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, PasswordResetForm, SetPasswordForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.api import LONGEST_PASSWORD
from accounts.models import User
from api.security_headers import own_resources_only
from api.throttles import SignInThrottle


class Limited:
    """Counts each POST to these pages as an attempt to sign in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and not SignInThrottle().allow_request(Request(request), APIView()):
            return render(request, "accounts/throttled.html", status=429)
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return answer


page = method_decorator([own_resources_only, never_cache], name="dispatch")


PASSWORD_HINT = _("여덟 자 이상, 흔하지 않은 것으로 정해 주세요.")


class SignUpForm(forms.Form):
    email = forms.EmailField(label=_("이메일"), max_length=254, widget=forms.EmailInput({"autocomplete": "email"}))
    password = forms.CharField(
        label=_("비밀번호"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=PASSWORD_HINT,
    )

    def clean_email(self) -> str:
        return User.objects.normalize_email(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("email"), self.cleaned_data.get("password")
        if email and password:
            try:
                password_validation.validate_password(password, User(email=email))
            except ValidationError as error:
                self.add_error("password", error)
        return self.cleaned_data


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("이메일이나 비밀번호가 맞지 않아요."),
        "inactive": _("지금은 쓸 수 없는 계정이에요."),
    }


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = PASSWORD_HINT


class ChangePasswordForm(PasswordChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = PASSWORD_HINT


@page
class SignUp(Limited, FormView):  # type: ignore[type-arg]
    """A guest becomes an account and keeps everything; anyone else gets a new one."""

    template_name = "accounts/sign_up.html"
    form_class = SignUpForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.is_guest:
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        try:
            with transaction.atomic():
                user = self._account(**form.cleaned_data)
        except IntegrityError:
            form.add_error("email", _("이미 가입된 이메일입니다."))
            return self.form_invalid(form)
        login(self.request, user)
        return super().form_valid(form)

    def _account(self, email: str, password: str) -> User:
        user = self.request.user
        if isinstance(user, User) and user.become_account(email, password):
            return user
        return User.objects.create_user(email, password)

    def get_success_url(self) -> str:
        return _next(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(next=_next(self.request), **kwargs)


@page
class SignIn(Limited, views.LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm


@page
class SignOut(views.LogoutView):
    next_page = "index"


@page
class PasswordChange(Limited, views.PasswordChangeView):
    form_class = ChangePasswordForm
    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("password_changed")


@page
class PasswordChanged(views.PasswordChangeDoneView):
    template_name = "accounts/password_changed.html"


@page
class PasswordReset(Limited, views.PasswordResetView):
    """Gives the same answer for addresses with and without an account."""

    form_class = PasswordResetForm
    template_name = "accounts/password_reset.html"
    email_template_name = "accounts/password_reset_mail.txt"
    subject_template_name = "accounts/password_reset_subject.txt"
    success_url = reverse_lazy("password_reset_sent")


@page
class PasswordResetSent(views.PasswordResetDoneView):
    template_name = "accounts/password_reset_sent.html"


@page
class PasswordResetConfirm(views.PasswordResetConfirmView):
    form_class = NewPasswordForm
    template_name = "accounts/password_reset_confirm.html"
    success_url = reverse_lazy("password_changed")
    post_reset_login = True


def _next(request: HttpRequest) -> str:
    """The page in the parameter `next` if it is on this site, else the start page."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else reverse("index")
