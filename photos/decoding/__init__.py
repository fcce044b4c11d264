"""From an uploaded file to the one form that everything behind works on: an upright sRGB JPEG without metadata.

It runs in a process of its own (`__main__`), which `photos.intake` starts for each upload: what is uploaded is hostile
until proven otherwise. Nothing here knows of Django.
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
    """The upload cannot become a photo. `code` and `status` are the API's."""

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
