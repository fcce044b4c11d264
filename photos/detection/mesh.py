"""The 468-point face mesh (Kartynnik et al. 2019, arXiv:1907.06724): shape, pose, and whether it is a face at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.types import Pixels

Points = NDArray[np.float64]

LOGIT_AT_LEAST = 9.0
"""The network's own score for "this is a face". Open faces of ordinary photos measured 13–42; dogs, cubist and sketched
faces up to 8. Weakness: realistic paintings, statues and masks may pass."""

_SIDE = 192
_MARGIN = 1.5
"""The network was trained on squares of 1.5 times the face's longer side, eyes level."""
_PASSES = 4
"""How often the square may be moved to the mesh that was found in it, until it no longer moves.

A lying face needs all.
"""
_RESTS_ANGLE = np.deg2rad(4.0)
_RESTS_SIDE = 0.1

# Indices into the mesh; right and left are the person's.
_RIGHT_EYE, _LEFT_EYE = [33, 133], [263, 362]
_NOSE_TIP, _RIGHT_MOUTH, _LEFT_MOUTH = 1, 61, 291
_RIGHT_TEMPLE, _LEFT_TEMPLE = 127, 356
_FOREHEAD, _CHIN = 10, 152
_RIGHT_LIDS = ((33, 133), [160, 159, 158], [144, 145, 153])
_LEFT_LIDS = ((263, 362), [387, 386, 385], [373, 374, 380])
"""Corners, upper lid, lower lid."""
_RIGHT_CHEEK, _LEFT_CHEEK = 234, 454

_PITCH_AT_REST = 5.0
"""Degrees by which the line from forehead to chin leans in a face that looks straight ahead.

Mean of the test portraits.
"""


@dataclass(frozen=True)
class Mesh:
    points: Points
    """468 × 2, the picture's pixels; may lie outside of it."""
    logit: float
    yaw: float
    """Degrees, positive when the face turns to the viewer's right."""
    pitch: float
    """Degrees, positive when the face looks down."""
    roll: float
    """Degrees from −180 to 180, positive when the head leans clockwise for the viewer."""
    upright: Pixels
    """The face cropped with level eyes, 192 × 192."""
    upright_points: Points
    """468 × 2, in pixels of that crop."""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in the picture's pixels: forehead to chin, ear to ear."""
        return _bounds(self.points)

    @property
    def upright_bounds(self) -> tuple[float, float, float, float]:
        """The same in the crop."""
        return _bounds(self.upright_points)

    @property
    def landmarks(self) -> Points:
        """5 × 2: right eye, left eye, nose tip, right and left mouth corner."""
        eyes = [self.points[_RIGHT_EYE].mean(axis=0), self.points[_LEFT_EYE].mean(axis=0)]
        return np.stack([*eyes, *self.points[[_NOSE_TIP, _RIGHT_MOUTH, _LEFT_MOUTH]]])

    @property
    def eyes_open(self) -> float:
        """Height of the eye's opening over its width, of the more open eye (Soukupová and Čech 2016)."""
        return max(self._opening(*points) for points in (_RIGHT_LIDS, _LEFT_LIDS))

    def _opening(self, corners: tuple[int, int], upper: list[int], lower: list[int]) -> float:
        width = np.linalg.norm(self.points[corners[0]] - self.points[corners[1]])
        height = np.linalg.norm(self.points[upper] - self.points[lower], axis=1).mean()
        return float(height / max(float(width), 1e-6))

    @property
    def temple_width(self) -> float:
        """In pixels of the picture."""
        return float(np.linalg.norm(self.points[_LEFT_TEMPLE] - self.points[_RIGHT_TEMPLE]))

    @property
    def brightness(self) -> float:
        """Mean Rec. 709 luma of the face, 0–1, of the values as stored (not linear light)."""
        inside = np.zeros((_SIDE, _SIDE), np.uint8)
        cv2.fillConvexPoly(inside, cv2.convexHull(self.upright_points.astype(np.float32)).astype(np.int32), 1)
        return float((self.upright[inside > 0] @ (0.2126, 0.7152, 0.0722)).mean() / 255)


@dataclass(frozen=True)
class _Square:
    x: float
    y: float
    side: float
    angle: float
    """Radians by which the eye line leans clockwise."""

    @property
    def to_crop(self) -> NDArray[np.float64]:
        """The 2 × 3 matrix from the picture's pixels to the network's."""
        scale = _SIDE / self.side
        cosine, sine = np.cos(self.angle) * scale, np.sin(self.angle) * scale
        turn = np.array(((cosine, sine), (-sine, cosine)))
        return np.column_stack((turn, _SIDE / 2 - turn @ (self.x, self.y)))


class FaceMesh:
    """Not thread-safe."""

    def __init__(self, weights: Path) -> None:
        # OpenCV 5's new engine returns only one of the two outputs.
        self._net = cv2.dnn.readNetFromTFLite(str(weights), cv2.dnn.ENGINE_CLASSIC)

    def fit(self, picture: Pixels, centre: tuple[float, float], size: float, angle: float) -> Mesh:
        """Fit the mesh to the face about `centre`, of about `size` pixels, that leans by about `angle` radians."""
        # Warping skips pixels when it shrinks more than twofold, so a larger face is shrunk first.
        shrink = min(1.0, 2 * _SIDE / (_MARGIN * size))
        if shrink < 1:
            picture = np.asarray(
                cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8
            )
        square = _Square(centre[0] * shrink, centre[1] * shrink, _MARGIN * size * shrink, angle)
        for _ in range(_PASSES):
            upright, shape, logit = self._run(picture, square)
            back = cv2.invertAffineTransform(square.to_crop)
            points = shape[:, :2] @ back[:, :2].T + back[:, 2]
            tighter = _square_around(points)
            if _rests(square, tighter):
                break
            square = tighter
        across, down = shape[_LEFT_CHEEK] - shape[_RIGHT_CHEEK], shape[_CHIN] - shape[_FOREHEAD]
        return Mesh(
            points=points / shrink,
            logit=logit,
            yaw=float(np.degrees(np.arctan2(across[2], across[0]))),
            pitch=float(np.degrees(np.arctan2(down[2], down[1]))) - _PITCH_AT_REST,
            roll=float(np.degrees(tighter.angle)),
            upright=upright,
            upright_points=shape[:, :2],
        )

    def _run(self, picture: Pixels, square: _Square) -> tuple[Pixels, Points, float]:
        """The crop, 468 × 3 points in its pixels (z grows away from the viewer), and the score as a logit."""
        crop = np.asarray(cv2.warpAffine(picture, square.to_crop, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR), np.uint8)
        self._net.setInput(crop.astype(np.float32).transpose(2, 0, 1)[None] / np.float32(255))
        points, score = self._net.forward(["conv2d_21", "conv2d_31"])
        return crop, points.reshape(468, 3).astype(np.float64), float(score.item())


def _bounds(points: Points) -> tuple[float, float, float, float]:
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return left, top, right, bottom


def _rests(square: _Square, tighter: _Square) -> bool:
    turned = np.angle(np.exp(1j * (tighter.angle - square.angle)))
    return bool(abs(turned) < _RESTS_ANGLE) and abs(tighter.side / square.side - 1) < _RESTS_SIDE


def _square_around(points: Points) -> _Square:
    across = points[_LEFT_EYE].mean(axis=0) - points[_RIGHT_EYE].mean(axis=0)
    angle = float(np.arctan2(across[1], across[0]))
    level = np.array(((np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))))
    turned = points @ level
    low, high = turned.min(axis=0), turned.max(axis=0)
    x, y = level @ ((low + high) / 2)
    return _Square(float(x), float(y), _MARGIN * float((high - low).max()), angle)
