"""The project in a bench's own process: a database and a Redis of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.processes import redis_server
from tests.database import own_database


@contextmanager
def engine(settings: str) -> Iterator[Path]:
    """Sets Django up with this settings module and migrates. Yields the folder of its files.

    For a main program that ends with it: the environment and Django's set-up stay.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as path:
        folder = Path(path)
        with own_database(folder) as database, redis_server(folder) as redis_url:
            os.environ |= {
                "RUN_DIR": path,
                "REDIS_URL": redis_url,
                "DATABASE_URL": database.url,
                "LOG_LEVEL": "WARNING",
                "DJANGO_SETTINGS_MODULE": settings,
            }
            _set_up()
            yield folder


def _set_up() -> None:
    import django
    from django.core.management import call_command

    import resume_site.celery  # noqa: F401

    django.setup()
    call_command("migrate", verbosity=0)
