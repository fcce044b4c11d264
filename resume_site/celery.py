"""The Celery app. Settings come from Django's under the prefix CELERY_."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resume_site.settings")

app = Celery("resume_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
