"""The providers that settings chose, made once per process."""

from __future__ import annotations

from functools import cache
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from photos.detection import Detector
from photos.masking import Masker
from photos.outpainting import Outpainter


@cache
def detector() -> Detector:
    return cast(Detector, import_string(settings.PROVIDERS["face"])())


@cache
def masker() -> Masker:
    return cast(Masker, import_string(settings.PROVIDERS["mask"])())


@cache
def outpainter() -> Outpainter:
    return cast(Outpainter, import_string(settings.PROVIDERS["outpaint"])())
