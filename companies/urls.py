"""The app's routes, included under `/api/v1/`."""

from django.urls import path

from companies import views

app_name = "companies"

urlpatterns = [
    path("mbti-types/", views.PersonalityTypeList.as_view(), name="mbti-types"),
    path("companies/", views.CompanyList.as_view(), name="list"),
    # Before the route with a slug. The model refuses a company with this slug.
    path("companies/recommendations/", views.RecommendationList.as_view(), name="recommendations"),
    path("companies/<slug:slug>/", views.CompanyDetail.as_view(), name="detail"),
]
