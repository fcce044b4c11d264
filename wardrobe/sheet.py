"""A piece of cloth before it becomes a mesh."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from wardrobe.geometry import Array, from_edges, grid_normal, unit


@dataclass(frozen=True)
class Sheet:
    """A grid of points (rows × columns × 3, cm) and what Blender makes of it."""

    part: str
    """What it is dyed as; see studio.PARTS."""
    points: Array
    keep: NDArray[np.bool_] | None = None
    """Points that stay; faces with another are cut away."""
    thickness: float = 0.0
    """cm, grown from the points along their normals by `offset` (−1 inwards … 1 outwards)."""
    offset: float = 0.0
    bevel: float = 0.06
    turn: float = 0.0
    """Degrees by which the weave is turned against the grid."""
    material: str = ""
    """The cloth; empty = named like the part."""
    behind: NDArray[np.bool_] | None = None
    """Of a collar: the points that belong into the back layer, because the neck hides them."""


def stitched(points: Array, inset: float, edges: str, depth: float = 0.04, width: float = 0.07) -> Array:
    """A seam pressed in beside the named edges, and the small swell of the folded cloth between seam and edge."""
    near = from_edges(points, edges)
    swell = 0.6 * depth * np.exp(-((np.clip(near - inset * 0.4, 0, None) / (inset * 0.5)) ** 2))
    seam = depth * np.exp(-(((near - inset) / width) ** 2))
    return points + grid_normal(points) * (swell - seam)[..., None]


def relaxed(points: Array, rows: float, columns: float) -> Array:
    """The grid smoothed, its border kept."""
    smooth = np.stack([gaussian_filter(points[..., i], (rows, columns), mode="nearest") for i in range(3)], -1)
    share = np.clip(from_edges(points, "tblr") / 0.8, 0, 1)[..., None]
    return np.asarray(points + (smooth - points) * share)


BEHIND = 2.2
"""Depth at which a collar passes behind the neck, cm."""


def behind_neck(points: Array) -> NDArray[np.bool_]:
    return np.asarray(points[..., 1] > BEHIND)


def mirrored(points: Array, side: int) -> Array:
    """Points of the viewer's right half for `side` 1, of the left for −1."""
    return np.asarray(points * (side, 1.0, 1.0))


def outward(points: Array, centre: tuple[float, float]) -> Array:
    """Level unit vectors away from the vertical axis through (x, y)."""
    flat = points - np.array((*centre, 0.0))
    return unit(flat * (1.0, 1.0, 0.0))
