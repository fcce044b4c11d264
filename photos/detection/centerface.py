"""CenterFace (Xu et al. 2019, arXiv:1911.03599): finds faces as boxes with a score."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.types import Pixels

SCORE_AT_LEAST = 0.70
"""Measured with this network on ordinary photos: about 100 faces 0.75–0.95, dogs up to 0.62, cubist and sketched faces
up to 0.74. The mesh's score decides between the remaining ones."""

SIDES = (640, 1280, 320)
"""Longest sides of the network's input in pixels, tried in this order until a face is found.

The first is enough for nearly every portrait. A distant person needs the second. A face that fills the picture, or a
soft one, needs the third.
"""

_STRIDE = 4
_MULTIPLE = 32
"""The network halves its input five times."""
_OVERLAP = 0.3
"""Boxes that share more than this of their union are one face."""
_OUTPUTS = ["537", "538", "539", "540"]
"""Heat map of centres, logarithm of the size, offset of the centre, five points (of which the eyes are used)."""


@dataclass(frozen=True)
class Found:
    """Pixels of the picture."""

    left: float
    top: float
    width: float
    height: float
    angle: float
    """Radians by which the eye line leans clockwise, roughly."""
    score: float
    """0–1."""

    @property
    def centre(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.top + self.height / 2


class CenterFace:
    """Not thread-safe."""

    def __init__(self, weights: Path) -> None:
        self._net = cv2.dnn.readNetFromONNX(str(weights))

    def find(self, picture: Pixels) -> list[Found]:
        for side in SIDES:
            if found := self._find_at(picture, side):
                return found
        return []

    def _find_at(self, picture: Pixels, side: int) -> list[Found]:
        height, width = picture.shape[:2]
        # A small picture is not magnified: that would add no information.
        scale = min(1.0, side / max(height, width))
        size = (_round_up(width * scale), _round_up(height * scale))
        resized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        self._net.setInput(resized.astype(np.float32).transpose(2, 0, 1)[None])
        maps = self._net.forward(_OUTPUTS)
        scores, boxes, angles = _decode(*(each[0] for each in maps))
        boxes *= np.array((width / size[0], height / size[1]) * 2)
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), SCORE_AT_LEAST, _OVERLAP)
        return [_found(boxes[index], angles[index], scores[index]) for index in kept]


def _found(box: NDArray[np.float64], angle: np.float32, score: np.float32) -> Found:
    left, top, box_width, box_height = (float(value) for value in box)
    return Found(left, top, box_width, box_height, float(angle), float(score))


def _round_up(length: float) -> int:
    return math.ceil(length / _MULTIPLE) * _MULTIPLE


def _decode(
    heat: NDArray[np.float32], sizes: NDArray[np.float32], offsets: NDArray[np.float32], points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float32]]:
    """Scores, boxes (left, top, width, height in the network's pixels) and angles of every centre in the maps."""
    rows, columns = np.nonzero(heat[0] >= SCORE_AT_LEAST)
    heights, widths = (np.exp(sizes[:, rows, columns]) * _STRIDE).astype(np.float64)
    y = (rows + offsets[0, rows, columns] + 0.5) * _STRIDE
    x = (columns + offsets[1, rows, columns] + 0.5) * _STRIDE
    boxes = np.stack((x - widths / 2, y - heights / 2, widths, heights), axis=1)
    first_y, first_x, second_y, second_x = points[:4, rows, columns]
    angles = np.arctan2((second_y - first_y) * heights, (second_x - first_x) * widths)
    return heat[0, rows, columns], boxes, angles
