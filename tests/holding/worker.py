"""`celery -A tests.holding.worker`: a step that holds its process, and one that does not."""

from __future__ import annotations

import os
import re
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.holding.settings"
django.setup()

import redis  # noqa: E402
from django.conf import settings  # noqa: E402

from resume_site.celery import app as app  # noqa: E402
from workers.engine.claims import Claim  # noqa: E402
from workers.engine.tasks import step_task  # noqa: E402

NEWS = "test:holding"
"""The Redis list that a step is named in when it ended."""


def _say(subject: str, code: str) -> None:
    redis.Redis.from_url(settings.REDIS_URL).rpush(NEWS, f"{subject} {code}")


@step_task("tests.hold", deadline=timedelta(minutes=5), failed=_say)
def hold(subject: str, claim: Claim) -> None:
    """`re` lets no other thread run while it reads."""
    if subject == "hostile":
        re.fullmatch("(?:a|a)*", "a" * 100 + "b")
    with claim.commit():
        pass
    _say(subject, "done")
