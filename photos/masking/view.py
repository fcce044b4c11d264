"""The part of a picture around one head, and each pixel's position on that head."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.anatomy import Head
from photos.masking.matting import Plane
from photos.masking.sam import Point
from photos.types import Alpha, Pixels

BOUNDS = (-3.7, -4.0, 3.7, 6.2)
"""Left, top, right, bottom of the window in eye distances from the eyes: a little more than the canvas shows."""
SIDE = 1024
"""Longest side of the window in pixels. A larger one is shrunk."""


@dataclass(frozen=True)
class Window:
    """A box of the picture in its pixels, and the factor by which it is shrunk."""

    left: int
    top: int
    right: int
    bottom: int
    scale: float

    @classmethod
    def around(cls, head: Head, width: int, height: int) -> Window:
        x, y = head.eyes
        left, top, right, bottom = (edge * head.unit for edge in BOUNDS)
        box = (
            max(0, int(x + left)),
            max(0, int(y + top)),
            min(width, int(x + right)),
            min(height, int(y + bottom)),
        )
        return cls(*box, scale=min(1.0, SIDE / max(box[2] - box[0], box[3] - box[1])))

    def cut(self, picture: Pixels) -> Pixels:
        part = picture[self.top : self.bottom, self.left : self.right]
        size = (round(part.shape[1] * self.scale), round(part.shape[0] * self.scale))
        return np.ascontiguousarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA))

    def put_back(self, plane: Plane, width: int, height: int) -> Alpha:
        """A plane of the window as an alpha of the whole picture, with 0 around."""
        size = (self.right - self.left, self.bottom - self.top)
        alpha = np.zeros((height, width), np.uint8)
        # Round nearly 0 and nearly 1, so that kept pixels are exactly the photo's and no trace of the background
        # remains.
        sure = np.clip((plane - 0.02) / 0.93, 0, 1)
        part = np.rint(cv2.resize(sure, size, interpolation=cv2.INTER_LINEAR) * 255)
        alpha[self.top : self.bottom, self.left : self.right] = part.astype(np.uint8)
        return alpha


class View:
    """A window's pixels, and measures of them."""

    def __init__(self, pixels: Pixels, matte: Plane, head: Head) -> None:
        self.pixels = pixels
        self.matte = matte
        self.head = head
        self.lab: NDArray[np.float32] = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
        self.inside = matte > 0.9
        y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]].astype(np.float32)
        self.across, self.below = head.position(x, y)

    def at(self, across: float, below: float) -> Point:
        """The pixel at a position on the head, moved into the window if it is outside."""
        x, y = self.head.at(across, below)
        height, width = self.matte.shape
        return float(np.clip(x, 0, width - 1)), float(np.clip(y, 0, height - 1))

    def box(self, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        """The axis-parallel box around a box in the head's axes."""
        corners = np.array([self.at(across, below) for across in (left, right) for below in (top, bottom)])
        (left, top), (right, bottom) = corners.min(0), corners.max(0)
        return float(left), float(top), float(right), float(bottom)

    def colour(self, point: Point) -> NDArray[np.float32]:
        """Median Lab of a small patch."""
        x, y, reach = int(point[0]), int(point[1]), max(2, round(0.06 * self.head.unit))
        patch = self.lab[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1]
        return np.asarray(np.median(patch.reshape(-1, 3), 0), np.float32)

    def span(self, share: float, least: int = 3) -> int:
        """A share of the eye distance in odd whole pixels: the size of a kernel."""
        return max(least, round(share * self.head.unit)) | 1
