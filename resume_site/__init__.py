"""The Django project: settings, routes, web and worker processes. It holds no business logic."""

from resume_site.celery import app as celery_app

__all__ = ["celery_app"]
