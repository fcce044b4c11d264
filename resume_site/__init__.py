"""The Django project: settings, addresses, processes. Wiring, no business."""

from resume_site.celery import app as celery_app

__all__ = ["celery_app"]
