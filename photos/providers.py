"""The providers that settings chose, made once per process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from photos.detection import Detector
from photos.masking import Masker
from photos.outpainting import Outpainter
from photos.types import Face


@cache
def detector() -> Detector:
    return cast(Detector, import_string(settings.PROVIDERS["face"])())


def face_counter() -> Callable[[bytes], list[Face]] | None:
    """What counts the faces of a painted candidate; None where each count would be a paid call.

    Weakness: so in the AWS world a second face that the model painted is not noticed.
    """
    return detector().detect if settings.FACE_BACKEND == "local" else None


@cache
def masker() -> Masker:
    return cast(Masker, import_string(settings.PROVIDERS["mask"])())


@cache
def outpainter() -> Outpainter:
    return cast(Outpainter, import_string(settings.PROVIDERS["outpaint"])())
