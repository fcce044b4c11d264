"""The clock of all leases is the database's: the clocks of several hosts may differ."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection


def database_now() -> datetime:
    """The database's current time, timezone-aware, in UTC."""
    if connection.vendor == "sqlite":
        # SQLite runs on this machine and would read the same clock.
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        moment: datetime = cursor.fetchone()[0]
        return moment.replace(tzinfo=UTC)
