"""Routes: pages, the API and its schema, the admin, health checks, metrics."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from api import exceptions
from resume_site import health, metrics
from resumes import pages

urlpatterns = [
    path("", pages.index, name="index"),
    path("resumes/", pages.mine, name="mine"),
    path("resumes/<str:resume_id>/", pages.index, name="page"),
    path("account/", include("accounts.page_urls")),
    path("api/v1/", include("accounts.urls")),
    path("api/v1/", include("companies.urls")),
    path("api/v1/", include("resumes.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("problems/<str:code>/", exceptions.describe, name="problem"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.scrape, name="metrics"),
]

handler400 = exceptions.bad_request
handler403 = exceptions.permission_denied
handler404 = exceptions.not_found
handler500 = exceptions.server_error
