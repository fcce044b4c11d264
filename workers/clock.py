"""One clock for all leases: the database's. Hosts' clocks may differ, the database is one."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """The database's present moment, aware, UTC."""
    if connection.vendor == "sqlite":
        # One machine, one clock: SQLite would ask the same one.
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        moment: datetime = cursor.fetchone()[0]
        return moment.replace(tzinfo=UTC)
