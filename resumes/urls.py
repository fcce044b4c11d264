"""Routes of the résumé API; the project puts them under `/api/v1/`."""

from django.urls import path, re_path

from resumes import api, portrait_files

RESUME = r"^resumes/(?P<resume_id>[0-9a-zA-Z-]+)/"
NUMBER = r"(?P<number>[1-4])"

urlpatterns = [
    path("resumes/", api.ResumeListView.as_view(), name="resumes"),
    path("resumes/<str:resume_id>/", api.ResumeDetailView.as_view(), name="resume"),
    path("resumes/<str:resume_id>/photo/", api.PhotoView.as_view(), name="resume-photo"),
    path("resumes/<str:resume_id>/portrait/", api.PortraitView.as_view(), name="resume-portrait"),
    path("resumes/<str:resume_id>/portrait.jpg", portrait_files.PortraitFileView.as_view(), name="portrait-file"),
    re_path(
        RESUME + r"portrait-sheet\.(?P<kind>pdf|jpg)$",
        portrait_files.PortraitSheetView.as_view(),
        name="portrait-sheet",
    ),
    path("resumes/<str:resume_id>/letter/", api.LetterView.as_view(), name="resume-letter"),
    re_path(RESUME + rf"letter/sections/{NUMBER}/$", api.SectionView.as_view(), name="resume-section"),
    re_path(RESUME + rf"letter/sections/{NUMBER}/regenerate/$", api.RegenerateView.as_view(), name="resume-regenerate"),
    path("resumes/<str:resume_id>/letter/versions/", api.VersionsView.as_view(), name="resume-versions"),
    path("resumes/<str:resume_id>/cancel/", api.CancelView.as_view(), name="resume-cancel"),
    path("resumes/<str:resume_id>/retry/", api.RetryView.as_view(), name="resume-retry"),
    path("resumes/<str:resume_id>/events/", api.EventsView.as_view(), name="resume-events"),
    path("resumes/<str:resume_id>/media/<str:name>", api.MediaView.as_view(), name="resume-media"),
    path("resumes/<str:resume_id>/resume.pdf", api.PdfView.as_view(), name="resume-pdf"),
]
