"""The Celery app. Its settings are Django's settings with the prefix CELERY_."""

import os

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resume_site.settings")

app = Celery("resume_site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect  # type: ignore[untyped-decorator]
def keep_connections(**_: object) -> None:
    """A worker has a few permanent threads, so each keeps its database connection. Web processes close theirs."""
    from django.conf import settings

    settings.DATABASES["default"]["CONN_MAX_AGE"] = None
