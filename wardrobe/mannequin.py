"""The wearer as signed distances: torso, neck, and what lies over them. Sizes and cuts are data.

The chin is the origin; x points to the viewer's right, y away from the camera, z up. Centimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wardrobe.geometry import (
    Array,
    Distance,
    blend,
    capsule,
    ellipsoid,
    smooth_union,
    trace,
)

Point = tuple[float, float]
"""(x, z) seen from the front, on the viewer's right half."""


@dataclass(frozen=True)
class Cut:
    """One size and cut of a jacket, with the body that wears it."""

    neck: float = 5.5
    """Radius."""
    shoulder: float = 18.6
    """Where the shoulder pad's axis ends."""
    shoulder_drop: float = 3.8
    chest: tuple[float, float, float] = (18.0, 12.5, 21.0)
    """Half axes of the chest."""
    bust: float = 0.0
    waist: float = 0.25
    """How much the cloth follows the body under the chest: 0 = hangs straight."""
    arm: float = 4.5
    arm_out: float = 3.0
    """How far the sleeve leaves the body on 38 cm."""
    roll: tuple[Point, ...] = ((5.9, -7.2), (5.5, -10.5), (4.2, -20.0), (1.6, -34.0), (-1.4, -41.0))
    """The lapel's fold, from the gorge to the button."""
    tip: Point = (12.6, -12.6)
    lapel: tuple[Point, ...] = ((12.3, -15.5), (10.8, -22.0), (7.4, -31.0), (2.6, -38.5), (-1.3, -41.6))
    """The lapel's outer edge under the tip."""
    notch: Point = (9.5, -10.2)
    corner: Point = (11.6, -8.2)
    """The collar's corner over the notch."""
    collar_side: float = -1.3
    """Height of the collar's fold beside the neck."""
    button: float = -42.6
    creases: float = 1.0
    """How much the cloth is drawn into folds."""
    pocket: bool = True
    over: int = 1
    """The front that lies on top: 1 = the wearer's left, as men's jackets are buttoned, −1 = the wearer's right."""
    seed: int = 3


MAN = Cut()
WOMAN = Cut(
    neck=4.8,
    shoulder=15.6,
    shoulder_drop=3.9,
    chest=(16.0, 11.0, 20.0),
    bust=2.2,
    waist=0.5,
    arm=4.1,
    arm_out=2.6,
    roll=((5.7, -6.6), (5.4, -9.5), (4.1, -18.0), (1.2, -29.0), (-1.2, -34.0)),
    tip=(11.3, -12.6),
    lapel=((11.0, -15.0), (9.5, -21.0), (6.2, -28.0), (1.8, -33.0), (-1.1, -34.6)),
    notch=(8.5, -9.9),
    corner=(10.2, -7.9),
    collar_side=-1.7,
    button=-35.6,
    creases=0.55,
    pocket=False,
    over=-1,
    seed=5,
)


class Mannequin:
    """Distances of the body and of what is worn over it, and the ways to lay cloth on them."""

    pad_inner = np.array((6.0, 3.2, -7.2))
    neck_low, neck_high = np.array((0.0, 2.6, -12.0)), np.array((0.0, 1.0, 4.0))

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self.pad_outer = np.array((cut.shoulder, 3.4, -7.2 - cut.shoulder_drop))
        self.arm_top = np.array((cut.shoulder + 0.35, 3.6, -8.2 - cut.shoulder_drop))
        self.arm_low = self.arm_top + (cut.arm_out, 0.4, -38.0)

    def torso(self, points: Array) -> Array:
        """Chest, padded shoulders, and cloth that hangs from the chest instead of following the waist."""
        # Both halves meet in a curve, not in a crease.
        half = np.stack([np.hypot(points[..., 0], 1.5), points[..., 1], points[..., 2]], -1)
        hung = half.copy()
        under = np.minimum(half[..., 2] + 27.5, 0)
        hung[..., 2] = half[..., 2] - under * (1 - self.cut.waist)
        chest = ellipsoid(hung, (0, 2.2, -27.5), self.cut.chest)
        body = smooth_union(chest, capsule(half, self.pad_inner, self.pad_outer, 3.2, 3.3), 6.0)
        if self.cut.bust:
            bust = ellipsoid(half, (7.6, -4.0, -25.5), (6.6, 5.2 + self.cut.bust, 7.5))
            body = smooth_union(body, bust, 5.0)
        return body

    def neck(self, points: Array) -> Array:
        return capsule(points, self.neck_low, self.neck_high, self.cut.neck + 0.1, self.cut.neck - 0.1)

    def skin(self, points: Array) -> Array:
        return smooth_union(self.torso(points) + 0.3, self.neck(points), 4.0)

    def shirt(self, points: Array) -> Array:
        return smooth_union(self.torso(points), self.neck(points), 3.0) - 0.35

    def jacket(self, points: Array) -> Array:
        """Torso and sleeves as one piece: soft over the shoulder, parted by a crease under the arm."""
        half = np.stack([np.abs(points[..., 0]), points[..., 1], points[..., 2]], -1)
        flattened = (half - self.arm_top) * (1.0, 0.92, 1.0) + self.arm_top
        arm = capsule(flattened, self.arm_top, self.arm_low, self.cut.arm, self.cut.arm * 0.88)
        softness = np.interp(half[..., 2], (-23, -13), (0.6, 2.0))
        return smooth_union(self.torso(points) - 1.1, arm, softness)

    def armhole(self, z: Array) -> Array:
        """Where the sleeve is sewn on: x over z, seen from the front."""
        top = -3.7 - self.cut.shoulder_drop
        knots = (-50, -27, -22, -17, -12, top, top + 3)
        return self.cut.shoulder + blend(z, knots, (0.2, -0.6, -1.3, -0.9, 0.2, 1.3, 1.6))

    def from_front(self, surface: Distance, x: Array, z: Array) -> Array:
        """The points of a surface that the camera would see straight ahead at (x, z)."""
        across, up = np.broadcast_arrays(np.asarray(x, float), np.asarray(z, float))
        return trace(surface, np.stack([across, np.full_like(across, -34.0), up], -1), (0.0, 1.0, 0.0))

    def around_neck(self, surface: Distance, angle: Array, z: Array) -> tuple[Array, Array]:
        """Points met by level rays towards the neck's axis, and those rays reversed.

        Angle 0 is the front, π/2 the viewer's right, in radians.
        """
        turn, height = np.broadcast_arrays(np.asarray(angle, float), np.asarray(z, float))
        along = (height - self.neck_low[2]) / (self.neck_high[2] - self.neck_low[2])
        centre = self.neck_low + along[..., None] * (self.neck_high - self.neck_low)
        outward = np.stack([np.sin(turn), -np.cos(turn), np.zeros_like(turn)], -1)
        return trace(surface, centre + outward * 25, -outward), outward
