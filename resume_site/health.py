"""Whether this process lives, and whether it can serve."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, JsonResponse

from workers import connections
from workers.engine.liveness import silent_queues
from workers.errors import DATABASE_AWAY


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Database and Redis answer; 503 names what does not.

    `degraded` names the queues without a living worker. Their work waits in the rows and pages are served, so the
    status stays 200: a load balancer must not take the web away for it.
    """
    missing = [name for name, works in (("database", _database()), ("redis", connections.answers())) if not works]
    return JsonResponse(
        {"status": "unavailable" if missing else "ok", "missing": missing, "degraded": _degraded()},
        status=503 if missing else 200,
    )


def _degraded() -> list[str]:
    """Empty while the database is away, which alone knows it."""
    try:
        return sorted(silent_queues())
    except DATABASE_AWAY:
        return []


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DATABASE_AWAY:
        return False
    return True
