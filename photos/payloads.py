"""Pictures within the sizes that providers take."""

from __future__ import annotations

import cv2

from photos.pictures import encode_jpeg
from photos.types import Pixels

SHRINK = 0.8
"""Per side and try: a third fewer pixels each."""


def jpeg_within(pixels: Pixels, largest_bytes: int) -> tuple[bytes, Pixels]:
    """A JPEG of at most so many bytes, and the pixels it shows: the same, or fewer where they did not fit."""
    encoded = encode_jpeg(pixels)
    while len(encoded) > largest_bytes:
        size = (max(1, int(pixels.shape[1] * SHRINK)), max(1, int(pixels.shape[0] * SHRINK)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        encoded = encode_jpeg(pixels)
    return encoded, pixels
