"""Deletes photos after `PHOTO_RETENTION_DAYS`."""

from __future__ import annotations

import logging

from django.conf import settings
from django.dispatch import receiver

from photos import services
from workers.signals import hour_passed

logger = logging.getLogger(__name__)


@receiver(hour_passed)
def delete_expired(**_: object) -> None:
    if expired := services.expire(settings.PHOTO_RETENTION_DAYS):
        logger.info("%s photos were older than %s days and are deleted", expired, settings.PHOTO_RETENTION_DAYS)
    if swept := services.sweep():
        logger.info("%s folders without a photo are deleted", swept)
