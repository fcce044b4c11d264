"""Converts normalised pictures (sRGB, upright, of limited size) between bytes and arrays."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from photos.types import Alpha, Pixels

PORTRAIT_QUALITY = 95
"""JPEG quality of portraits. A print of 3 × 4 cm shows no block edges."""


def decode(data: bytes) -> Pixels:
    """A normalised JPEG as height × width × 3 sRGB."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    return cast(Pixels, decoded)


def encode_jpeg(pixels: Pixels) -> bytes:
    """JPEG without chroma subsampling."""
    parameters = [
        cv2.IMWRITE_JPEG_QUALITY,
        PORTRAIT_QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), parameters)[1].tobytes()


def encode_alpha(alpha: Alpha) -> bytes:
    """A grey PNG. The fastest compression is enough, since masks are flat."""
    return cv2.imencode(".png", alpha, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def decode_alpha(data: bytes) -> Alpha:
    return cast(Alpha, cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE))
