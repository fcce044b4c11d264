"""Finds the frame of a screenshot or profile picture: flat colour outside a circle or a box."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.types import Pixels

FLATNESS = 10
"""Levels of 255 by which a frame's colour may vary, including JPEG noise. A photographed wall varies more."""
LEAST = 0.02
"""Least share of the picture that a frame has."""
ROUNDNESS = 0.98
"""Share of its convex hull that the picture inside a frame fills. A circle and a box fill all of it, a person less."""

Mask = NDArray[np.bool_]


def inside_frame(picture: Pixels) -> Mask | None:
    """True on the picture inside a flat frame; None when there is no frame.

    A frame has one flat colour in all four corners and a convex shape inside. So a plain studio background is not a
    frame: a person is not convex, and their clothes reach the lower corners.
    """
    height, width = picture.shape[:2]
    corners = ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1))
    colours = np.array([picture[y, x] for x, y in corners], np.int16)
    if np.ptp(colours, axis=0).max() > FLATNESS:
        return None
    flooded = np.zeros((height + 2, width + 2), np.uint8)
    flags = 4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY | (255 << 8)
    near = (FLATNESS,) * 3
    for x, y in corners:
        if not flooded[y + 1, x + 1]:
            cv2.floodFill(picture.copy(), flooded, (x, y), (0, 0, 0), near, near, flags)
    outside = flooded[1:-1, 1:-1] > 0
    if outside.mean() < LEAST:
        return None
    inside = cv2.morphologyEx((~outside).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    contours, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    hull = cv2.convexHull(np.concatenate(contours))
    if inside.sum() < ROUNDNESS * cv2.contourArea(hull):
        return None
    shown = np.zeros((height, width), np.uint8)
    cv2.drawContours(shown, [hull], -1, 1, -1)
    # The frame's edge is blurred into the picture, so a little more is left out.
    reach = max(5, round(0.012 * width)) | 1
    return np.asarray(cv2.erode(shown, np.ones((reach, reach), np.uint8)) > 0)


def without_frame(picture: Pixels, shown: Mask) -> Pixels:
    """The picture with its frame filled in the colour next to it in the upper half, as if the background went on."""
    upper = shown.copy()
    upper[shown.shape[0] // 2 :] = False
    reach = max(5, round(0.03 * shown.shape[1])) | 1
    rim = upper & (cv2.erode(shown.astype(np.uint8), np.ones((reach, reach), np.uint8)) == 0)
    colour = np.median(picture[rim if rim.any() else shown], axis=0)
    return np.where(shown[..., None], picture, np.rint(colour).astype(np.uint8))
