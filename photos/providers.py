"""The providers that the settings choose. Each process makes them once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from photos.detection import Detector
from photos.detection.finder import finder
from photos.masking import Masker
from photos.outpainting import Outpainter
from photos.types import Face, Pixels
from workers.errors import Misconfigured

logger = logging.getLogger(__name__)

_making = threading.RLock()


def load() -> None:
    """Make all providers now, so that the first photo of a process does not wait for the models."""
    for make in (detector, masker, outpainter):
        make()


def detector() -> Detector:
    return cast(Detector, _made("face"))


@cache
def face_counter() -> Callable[[Pixels], list[Face]] | None:
    """The detector for the faces of painted candidates. It runs on this machine in both worlds, since calls cost money.

    None when the weights are not installed. Then a second face that a model painted is not noticed.
    """
    try:
        return finder().faces
    except Misconfigured as error:
        logger.warning("candidates are judged without their faces: %s", error)
        return None


def masker() -> Masker:
    return cast(Masker, _made("mask"))


def outpainter() -> Outpainter:
    return cast(Outpainter, _made("outpaint"))


def _made(step: str) -> Any:
    # The lock keeps two threads from loading a model twice.
    with _making:
        return _make(settings.PROVIDERS[step])


@cache
def _make(path: str) -> Any:
    return import_string(path)()
