"""Routes of the sign-in API, included under `/api/v1/`."""

from django.urls import path

from accounts.api import GuestView, LoginView, LogoutView, MeView, RegisterView

urlpatterns = [
    path("auth/guest/", GuestView.as_view(), name="auth-guest"),
    path("auth/register/", RegisterView.as_view(), name="auth-register"),
    path("auth/login/", LoginView.as_view(), name="auth-login"),
    path("auth/logout/", LogoutView.as_view(), name="auth-logout"),
    path("auth/me/", MeView.as_view(), name="auth-me"),
]
