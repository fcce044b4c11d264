"""Health checks: whether this process lives, and whether it can serve requests."""

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
    """200 when database and Redis answer, else 503; `missing` names those that do not.

    `degraded` names the queues without a living worker. Their work waits in the rows, and pages are still served. So
    the status stays 200, and a load balancer keeps the web process.
    """
    missing = [name for name, works in (("database", _database()), ("redis", connections.answers())) if not works]
    return JsonResponse(
        {"status": "unavailable" if missing else "ok", "missing": missing, "degraded": _degraded()},
        status=503 if missing else 200,
    )


def _degraded() -> list[str]:
    """The queues without a living worker; empty while the database is away, since they are unknown then."""
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
