"""The app's one task. The row is the truth: losing a message costs nothing that `reindex` does not mend."""

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
    """Take one company over into the search index. Safe to run twice.

    Tried again for up to five minutes while the index is away; after that `manage.py reindex_companies` mends it.
    """
    services.index_company(company_id)


def ask_for_index(company_id: int) -> None:
    """Send the task. Without a broker the edit stands all the same, and a warning says that the index may be behind."""
    try:
        index.apply_async((company_id,), retry=False)
    except OperationalError:
        logger.warning("company %s saved, but the broker is away: companies.index was not sent", company_id)
