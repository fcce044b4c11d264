"""The app's only task. The database is authoritative: `reindex` repairs the index after a lost message."""

from __future__ import annotations

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from companies import services
from workers.errors import Transient

logger = logging.getLogger(__name__)


@shared_task(  # type: ignore[untyped-decorator]
    name="companies.index", ignore_result=True, autoretry_for=(Transient,), retry_backoff=5, max_retries=6
)
def index(company_id: int) -> None:
    """Write one company to the search index. Safe to run twice.

    Retried for up to five minutes while the index is away. After that `manage.py reindex_companies` repairs it.
    """
    services.index_company(company_id)


def ask_for_index(company_id: int) -> None:
    """Send the task. When the broker is away, the edit is saved anyway and a warning is logged."""
    try:
        index.apply_async((company_id,), retry=False)
    except OperationalError:
        logger.warning("company %s saved, but the broker is away: companies.index was not sent", company_id)
