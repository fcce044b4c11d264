"""Filters of log records."""

from __future__ import annotations

import logging

FREQUENT_TASKS = frozenset({"workers.report_liveness"})
"""Tasks that run every few seconds for each queue."""


class WithoutFrequentTasks(logging.Filter):
    """Drops Celery's records that a frequent task was received or succeeded. Records of failures stay."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Celery gives the task's name in `record.data`."""
        data = getattr(record, "data", None)
        frequent = isinstance(data, dict) and data.get("name") in FREQUENT_TASKS
        return record.levelno > logging.INFO or not frequent
