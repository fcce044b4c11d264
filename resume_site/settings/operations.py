"""Metrics, workers and logs."""

from __future__ import annotations

from datetime import timedelta

from resume_site.settings.environment import at_least, env
from resume_site.settings.worlds import FACE_BACKEND, MASK_BACKEND, OUTPAINT_BACKEND

# The token for /metrics from other machines. Empty: only this machine and signed-in staff may read it.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# How many steps all workers together run at once, by queue. `./run` and docker-compose.yml start as many threads.
WORKERS = {
    "at_once": {
        # On-device models use all cores for one picture. Calls of providers only wait.
        "photos": at_least(
            "PHOTO_WORKERS_AT_ONCE", 1 if "local" in (FACE_BACKEND, MASK_BACKEND, OUTPAINT_BACKEND) else 32, 1
        ),
        "letters": at_least("LETTER_WORKERS_AT_ONCE", 16, 1),
        "default": 4,
    },
    "worker_silence": timedelta(seconds=at_least("WORKER_SILENCE_SECONDS", 20, 2)),
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(processName)s %(name)s %(message)s"}},
    "filters": {"without_frequent_tasks": {"()": "resume_site.log_filters.WithoutFrequentTasks"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "celery.worker.strategy": {"filters": ["without_frequent_tasks"]},
        "celery.app.trace": {"filters": ["without_frequent_tasks"]},
    },
}
