"""Files that a call was paid for, kept in the database until the file store has them.

Hosts share the database, Redis and the file store, and a store may be away when a paid answer comes. So the files are
written to the database first, in the transaction of their artifact. To save them is an act of its own: it needs no
call and no quota slot, and it is repeated until it succeeds.

Bounded three ways. A file larger than `LARGEST_FILE` is not kept: it is saved at once, and paid again when that fails.
Beyond `LARGEST_TOTAL` nothing more is paid until the store has taken some. After `LONGEST` a file is given up together
with its artifact, so that the next try pays again instead of pointing at nothing.

Weakness: what is paid while the database is away as well is lost.
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
"""Bytes. Escaped it doubles in the statement, and MariaDB takes statements of 16 MB (max_allowed_packet)."""
LARGEST_TOTAL = 256 * 1024 * 1024
"""Bytes: some two hundred portraits. What is under way when it is reached still comes on top."""
LONGEST = timedelta(days=7)
"""Longer than any outage of a store; a person who cancelled meanwhile may have left the file for good."""


@dataclass(frozen=True)
class Output:
    """What a call brought."""

    data: dict[str, Any]
    """JSON-able; the artifact's description."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """By the name under which the file store takes them. The same name always holds the same content."""


def kept() -> tuple[int, int]:
    """How many files wait for the store, and their bytes."""
    counted = KeptFile.objects.aggregate(files=Count("pk"), total=Sum("size"))
    return counted["files"], counted["total"] or 0


def require_room() -> None:
    """To be called before anything is paid. Raises StoreAway when more could not be kept."""
    _, total = kept()
    if total >= LARGEST_TOTAL:
        raise StoreAway(f"{total} bytes wait for the file store")


def save_oversized(files: Mapping[str, bytes]) -> None:
    """Save what is too large to be kept. Raises StoreAway: then it has to be made again."""
    for name, data in files.items():
        if len(data) > LARGEST_FILE:
            logger.warning("a file of %s bytes is too large to be kept, and is saved at once", len(data))
            _save(name, data)


def keep(artifact: Artifact, files: Mapping[str, bytes]) -> None:
    """Write the files to the database. Call inside the transaction that writes the artifact."""
    for name, data in files.items():
        if len(data) <= LARGEST_FILE:
            # One statement each: together they could be larger than the server takes.
            KeptFile.objects.create(artifact=artifact, name=name, data=data, size=len(data))


def store(artifacts: QuerySet[Artifact]) -> int:
    """Save what is still kept of these artifacts. Returns how many files.

    Safe to run several times at once. Raises StoreAway, and LeaseLost when they were deleted meanwhile.
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
            # Deleted while it was saved: nothing of it may stay.
            default_storage.delete(file.name)
            raise LeaseLost(f"artifact {file.artifact_id}")
    return stored


def waits(subject: str) -> bool:
    """Whether something of this subject is paid and not stored yet."""
    return KeptFile.objects.filter(artifact__subject=subject).exists()


def of_step() -> Exists:
    """The same as a condition on a step."""
    return Exists(KeptFile.objects.filter(artifact__subject=OuterRef("subject")))


def _save(name: str, data: bytes) -> None:
    try:
        default_storage.save(name, ContentFile(data))
    except OSError as error:
        raise StoreAway(f"{type(error).__name__}: {error.strerror}") from error


@receiver(hour_passed)
def give_up_old(**_: object) -> None:
    """Delete what no store has taken for `LONGEST`."""
    old = KeptFile.objects.filter(created_at__lt=database_now() - LONGEST)
    # Not the artifact alone: a step that went on with it would look for its files in the store.
    _total, deleted = Artifact.objects.filter(pk__in=list(old.values_list("artifact", flat=True))).delete()
    if files := deleted.get(KeptFile._meta.label, 0):
        logger.error("%s paid files were not stored for %s days and are given up", files, LONGEST.days)
