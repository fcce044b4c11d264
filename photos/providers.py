"""The providers that settings chose, made once per process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from photos.detection import Detector
from photos.masking import Masker
from photos.outpainting import Outpainter
from photos.types import Face

_making = threading.RLock()


def load() -> None:
    """Make them all now: the first person of a process need not wait for the models."""
    for make in (detector, masker, outpainter):
        make()


def detector() -> Detector:
    return cast(Detector, _made("face"))


def face_counter() -> Callable[[bytes], list[Face]] | None:
    """What counts the faces of a painted candidate; None where each count would be a paid call.

    Weakness: so in the AWS world a second face that the model painted is not noticed.
    """
    return detector().detect if settings.FACE_BACKEND == "local" else None


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
