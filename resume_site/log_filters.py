"""What the log leaves out."""

from __future__ import annotations

import logging

FREQUENT_TASKS = frozenset({"workers.report_liveness"})
"""One of each queue every few seconds."""


class WithoutFrequentTasks(logging.Filter):
    """Drops Celery's lines that such a task was received or succeeded; its failures stay."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Celery hands the task's name on as `record.data`."""
        told = getattr(record, "data", None)
        frequent = isinstance(told, dict) and told.get("name") in FREQUENT_TASKS
        return record.levelno > logging.INFO or not frequent
