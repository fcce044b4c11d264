"""The parts of a head, derived from what every detector gives: a box and five points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from photos.types import Face

CHIN_BELOW_EYES = 1.80
"""Eye line to chin in eye distances, frontal adults: 1.69–1.85 over the project's eight test portraits."""
FOREHEAD_ABOVE_EYES = 0.88
"""Eye line to the hairline's usual height in eye distances: 0.80–0.95 over the same portraits."""
FACE_HEIGHT = CHIN_BELOW_EYES + FOREHEAD_ABOVE_EYES
"""Forehead to chin in eye distances."""

HEAD_HEIGHT = 3.45
"""The usual head from crown to chin, hair included, in eye distances."""
HAIR_CUT_SHARE = 0.1
"""How much of that height the picture's upper edge may cut off, as studio headshots do."""


@dataclass(frozen=True)
class Head:
    """The position of a head in a picture, in pixels, along the head's own tilted axes."""

    eyes: NDArray[np.float64]
    """Midpoint between the eyes, (x, y)."""
    right: NDArray[np.float64]
    """Unit vector towards the viewer's right, along the eye line."""
    down: NDArray[np.float64]
    """Unit vector from the eyes towards the chin."""
    unit: float
    """Distance between the eyes in pixels: the unit of all other measures."""
    chin: float
    """Eye line to chin, in units."""

    def at(self, across: float, below: float) -> tuple[float, float]:
        """The pixel `across` eye distances to the viewer's right and `below` eye distances under the eye line."""
        x, y = self.eyes + (self.right * across + self.down * below) * self.unit
        return float(x), float(y)

    def position(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """The inverse of `at` for whole arrays of pixels: (across, below) in eye distances."""
        dx, dy = x - np.float32(self.eyes[0]), y - np.float32(self.eyes[1])
        across = (dx * np.float32(self.right[0]) + dy * np.float32(self.right[1])) / np.float32(self.unit)
        below = (dx * np.float32(self.down[0]) + dy * np.float32(self.down[1])) / np.float32(self.unit)
        return across, below

    def seen_from(self, left: float, top: float, scale: float) -> Head:
        """The same head in a crop that begins at (left, top) and is then scaled."""
        return replace(self, eyes=(self.eyes - (left, top)) * scale, unit=self.unit * scale)

    @property
    def shows_its_hair(self) -> bool:
        """Whether the picture's upper edge cuts off at most `HAIR_CUT_SHARE` of a usual head."""
        return bool(self.eyes[1] / self.unit >= (1 - HAIR_CUT_SHARE) * HEAD_HEIGHT - self.chin)

    @property
    def roll(self) -> float:
        """Degrees by which the picture must turn counter-clockwise to be straight."""
        return float(np.degrees(np.arctan2(self.right[1], self.right[0])))


def head_of(face: Face, width: int, height: int) -> Head:
    """Derive the head from a face in a picture of `width` × `height` pixels.

    The unit is the mean of two estimates: the distance between the eyes, which a turned head shortens, and the distance
    from eyes to mouth, which a nodding head shortens. The chin is halfway between its usual position and the box's
    lower edge, because detectors draw that edge differently.
    """
    points = np.asarray(face.landmarks, dtype=np.float64) * (width, height)
    first_eye, second_eye, _, first_corner, second_corner = points
    if first_eye[0] > second_eye[0]:
        first_eye, second_eye = second_eye, first_eye
    eyes = (first_eye + second_eye) / 2
    between = float(np.linalg.norm(second_eye - first_eye))
    to_mouth = float(np.linalg.norm((first_corner + second_corner) / 2 - eyes))
    right = (second_eye - first_eye) / between
    down = np.array((-right[1], right[0]))
    unit = (between + to_mouth) / 2
    bottom_middle = np.array(((face.box.left + face.box.width / 2) * width, (face.box.top + face.box.height) * height))
    box_chin = float((bottom_middle - eyes) @ down) / unit
    chin = (CHIN_BELOW_EYES + float(np.clip(box_chin, CHIN_BELOW_EYES - 0.2, CHIN_BELOW_EYES + 0.2))) / 2
    return Head(eyes=eyes, right=right, down=down, unit=unit, chin=chin)
