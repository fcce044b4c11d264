"""The Celery app. Settings come from Django's under the prefix CELERY_."""

import os

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resume_site.settings")

app = Celery("resume_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect  # type: ignore[untyped-decorator]
def keep_connections(**_: object) -> None:
    """A worker's threads are few and stay: each keeps its database connection, where a web process closes it."""
    from django.conf import settings

    settings.DATABASES["default"]["CONN_MAX_AGE"] = None
