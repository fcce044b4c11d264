"""Routes of the account pages, included under `/account/`."""

from django.urls import path

from accounts import pages

urlpatterns = [
    path("sign-up/", pages.SignUp.as_view(), name="sign_up"),
    path("sign-in/", pages.SignIn.as_view(), name="sign_in"),
    path("sign-out/", pages.SignOut.as_view(), name="sign_out"),
    path("password/", pages.PasswordChange.as_view(), name="password_change"),
    path("password/changed/", pages.PasswordChanged.as_view(), name="password_changed"),
    path("password/reset/", pages.PasswordReset.as_view(), name="password_reset"),
    path("password/reset/sent/", pages.PasswordResetSent.as_view(), name="password_reset_sent"),
    path(
        "password/reset/<uidb64>/<token>/",
        pages.PasswordResetConfirm.as_view(),
        name="password_reset_confirm",
    ),
]
