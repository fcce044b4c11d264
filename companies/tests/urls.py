"""The app's addresses by themselves, and what its pages need: admin and schema."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("companies.urls")),
    path("api/schema/", SpectacularAPIView.as_view()),
]
