"""A photo's pictures in the file store: one folder for each photo.

A file's name has the hash of the content's inputs.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from workers.errors import StepError, location_of

logger = logging.getLogger(__name__)


def load(name: str) -> bytes:
    """A stored picture. It has at most a few megabytes, so it is read as a whole."""
    with default_storage.open(name) as file:
        data: bytes = file.read()
    return data


def save(name: str, data: bytes) -> None:
    # Both storages overwrite. The name has the hash of the content's inputs, so an existing file is the same.
    default_storage.save(name, ContentFile(data))


def cover_of(portrait: str) -> str:
    """The name of a portrait's cover."""
    return portrait.replace("/portrait-", "/cover-").removesuffix(".jpg") + ".png"


def folder(photo_id: str) -> str:
    return f"photos/{photo_id}"


def folders() -> list[str]:
    """The ids of all photos that have a folder."""
    try:
        return default_storage.listdir("photos")[0]
    except FileNotFoundError:
        return []


def older_than(photo_id: str, age: timedelta) -> bool:
    names = default_storage.listdir(folder(photo_id))[1]
    times = [default_storage.get_modified_time(f"{folder(photo_id)}/{name}") for name in names]
    return all(time < timezone.now() - age for time in times)


def delete_folder(path: str) -> None:
    """Delete the folder's files.

    Those that cannot be deleted, because the store is away or a step still writes, are left to the sweep.
    """
    try:
        for name in default_storage.listdir(path)[1]:
            default_storage.delete(f"{path}/{name}")
        default_storage.delete(path)
    except FileNotFoundError:
        return
    except (OSError, StepError) as error:
        logger.warning("a photo's folder is left to the sweep: %s", location_of(error))
