"""The providers that settings chose, made once per process."""

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
    """Make them all now: the first person of a process need not wait for the models."""
    for make in (detector, masker, outpainter):
        make()


def detector() -> Detector:
    return cast(Detector, _made("face"))


@cache
def face_counter() -> Callable[[Pixels], list[Face]] | None:
    """What finds the faces of a painted candidate: on this machine in both worlds, since a provider's look is paid.

    None where the weights are not installed; a second face that a model painted is then not noticed.
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
    # Two threads that ask at once must not load a model twice.
    with _making:
        return _make(settings.PROVIDERS[step])


@cache
def _make(path: str) -> Any:
    return import_string(path)()
