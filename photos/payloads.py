"""Converts pictures to the sizes and forms of providers, and back."""

from __future__ import annotations

import base64

import cv2
import numpy as np

from photos.pictures import encode_jpeg
from photos.types import Alpha, Pixels
from workers.errors import BadAnswer

SHRINK = 0.8
"""The factor for each side per try: a third fewer pixels."""


def jpeg_within(pixels: Pixels, largest_bytes: int) -> tuple[bytes, Pixels]:
    """A JPEG of at most `largest_bytes`, and its pixels, which are shrunk until they fit."""
    encoded = encode_jpeg(pixels)
    while len(encoded) > largest_bytes:
        size = (max(1, int(pixels.shape[1] * SHRINK)), max(1, int(pixels.shape[0] * SHRINK)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        encoded = encode_jpeg(pixels)
    return encoded, pixels


def png_in_base64(picture: Pixels | Alpha) -> str:
    """A PNG with three channels, also for masks: not every model accepts a grey one."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR if picture.ndim == 2 else cv2.COLOR_RGB2BGR)
    return base64.b64encode(cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes()).decode()


def picture_from_base64(text: str) -> Pixels:
    """The picture that a provider painted. Raises BadAnswer when it is not a picture."""
    try:
        data = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    except (ValueError, TypeError) as error:
        raise BadAnswer("a picture that is not Base64") from error
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if decoded is None:
        raise BadAnswer("an answer that is no picture")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)
