"""Kept files: results of paid calls that wait in the database until the file store has them.

The file store may be away when a paid answer comes. So the files are first written to the database, in the transaction
of their artifact. Saving them to the store is a separate action. It needs no call and no quota slot, and it is repeated
until it succeeds.

There are three limits. A file larger than `LARGEST_FILE` is not kept: it is saved at once, and paid again if that
fails. When the kept files reach `LARGEST_TOTAL`, nothing more is paid until the store has taken some. After `LONGEST` a
file is deleted together with its artifact, so that the next try pays again and does not refer to a missing file.

Weakness: a result is lost when the database is away at the moment it arrives.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.dispatch import receiver

from workers.clock import database_now
from workers.errors import LeaseLost, StoreAway
from workers.models import Artifact, KeptFile
from workers.signals import hour_passed

logger = logging.getLogger(__name__)

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes. Escaping may double the size in the SQL statement, and MariaDB accepts 16 MB (max_allowed_packet)."""
LARGEST_TOTAL = 256 * 1024 * 1024
"""Bytes: about two hundred portraits. Calls that run when it is reached may exceed it."""
LONGEST = timedelta(days=7)
"""Longer than any likely outage of a store. A file of cancelled work may never be asked for again."""


@dataclass(frozen=True)
class Output:
    """The result of a call."""

    data: dict[str, Any]
    """The artifact's description; must be serialisable as JSON."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Contents by name in the file store. One name always has the same content."""


def kept() -> tuple[int, int]:
    """How many files wait for the store, and their bytes."""
    counted = KeptFile.objects.aggregate(files=Count("pk"), total=Sum("size"))
    return counted["files"], counted["total"] or 0


def require_room() -> None:
    """Call before a paid call. Raises StoreAway when no more files can be kept."""
    _, total = kept()
    if total >= LARGEST_TOTAL:
        raise StoreAway(f"{total} bytes wait for the file store")


def save_oversized(files: Mapping[str, bytes]) -> None:
    """Save the files that are too large to be kept. Raises StoreAway; then the result has to be made again."""
    for name, data in files.items():
        if len(data) > LARGEST_FILE:
            logger.warning("a file of %s bytes is too large to be kept, and is saved at once", len(data))
            _save(name, data)


def keep(artifact: Artifact, files: Mapping[str, bytes]) -> None:
    """Write the files to the database. Call inside the transaction that writes the artifact."""
    for name, data in files.items():
        if len(data) <= LARGEST_FILE:
            # One statement for each file: together they could exceed the size that the server accepts.
            KeptFile.objects.create(artifact=artifact, name=name, data=data, size=len(data))


def store(artifacts: QuerySet[Artifact]) -> int:
    """Save the kept files of these artifacts to the file store. Returns how many.

    Safe to run several times at once. Raises StoreAway, and LeaseLost when an artifact was deleted meanwhile.
    """
    stored = 0
    for pk in list(KeptFile.objects.filter(artifact__in=artifacts).order_by("pk").values_list("pk", flat=True)):
        file = KeptFile.objects.filter(pk=pk).first()
        if file is None:
            # Another process has stored it.
            continue
        _save(file.name, bytes(file.data))
        stored += 1
        deleted, _ = KeptFile.objects.filter(pk=pk).delete()
        if not deleted and not Artifact.objects.filter(pk=file.artifact_id).exists():
            # The artifact was deleted during the save, so its file must not stay.
            default_storage.delete(file.name)
            raise LeaseLost(f"artifact {file.artifact_id}")
    return stored


def waits(subject: str) -> bool:
    """Whether the subject has kept files."""
    return KeptFile.objects.filter(artifact__subject=subject).exists()


def of_step() -> Exists:
    """`waits` as a condition in a query of steps."""
    return Exists(KeptFile.objects.filter(artifact__subject=OuterRef("subject")))


def _save(name: str, data: bytes) -> None:
    try:
        default_storage.save(name, ContentFile(data))
    except OSError as error:
        raise StoreAway(f"{type(error).__name__}: {error.strerror}") from error


@receiver(hour_passed)
def give_up_old(**_: object) -> None:
    """Delete files that have been kept for longer than `LONGEST`, with their artifacts."""
    old = KeptFile.objects.filter(created_at__lt=database_now() - LONGEST)
    # The artifact goes too: a step that found it would look for its files in the store.
    _total, deleted = Artifact.objects.filter(pk__in=list(old.values_list("artifact", flat=True))).delete()
    if files := deleted.get(KeptFile._meta.label, 0):
        logger.error("%s paid files were not stored for %s days and are given up", files, LONGEST.days)
