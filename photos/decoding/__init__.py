"""Turns an uploaded file into the form that all other code works on: an upright sRGB JPEG without metadata.

Uploads may be hostile, so `photos.intake` starts a process of its own (`__main__`) for each. Nothing here imports
Django.
"""

from __future__ import annotations

from dataclasses import dataclass

STATUS = {
    "not_an_image": 400,
    "corrupt_image": 400,
    "image_too_small": 400,
    "too_large": 413,
    "unsupported_format": 415,
}


class PhotoRefused(Exception):
    """The upload cannot be used. `code` and `status` are those of the API's answer."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.status = STATUS[code]


@dataclass(frozen=True)
class NormalisedPhoto:
    data: bytes
    """JPEG: sRGB, upright, full chroma, no metadata."""
    width: int
    height: int
    digest: str
    """SHA-256 of `data`, hexadecimal."""
