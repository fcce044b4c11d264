"""Finds bare skin by the colour range of the face itself, so that it works for every skin and light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.anatomy import Head
from photos.types import Pixels

GREY = np.float32(128)
"""The value of a and b without colour, in OpenCV's 8-bit Lab."""


def bare_skin(pixels: Pixels, head: Head, darkest: float) -> NDArray[np.bool_]:
    """True where a pixel's colour lies in the face's own range between brows and mouth.

    `darkest` is how dark skin may be in shadow, as a share of the face's own lightness: with 0.5 the throat under
    the chin counts, and brown hair may too; with 0.7 neither does.
    """
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    across, below = head.position(x, y)
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
    sample = lab[(np.abs(across) < 0.7) & (below > 0.4) & (below < 0.9)]
    if len(sample) < 20:
        return np.zeros((height, width), np.bool_)
    low, high = np.percentile(sample, (6, 94), axis=0)
    lightness = lab[..., 0]
    bare = (lightness > darkest * low[0]) & (lightness < high[0] + 25)
    # A shadow reduces chroma and lightness in proportion, so colour is compared at the face's lightness.
    lift = np.clip(np.float32(np.median(sample[:, 0])) / np.maximum(lightness, 1), 1, 2.2)
    for channel in (1, 2):
        chroma = (lab[..., channel] - GREY) * lift + GREY
        bare &= (chroma > low[channel] - 6) & (chroma < high[channel] + 8)
    return np.asarray(bare, np.bool_)
