"""Signed distances, curves and noise. Lengths in centimetres; arrays of points end in an axis of three (x, y, z)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator, make_interp_spline
from scipy.ndimage import gaussian_filter, map_coordinates

Array = NDArray[Any]
Distance = Callable[[Array], Array]
"""Signed distance of points (… × 3) to a surface: negative inside."""


def smooth_union(first: Array, second: Array, width: Array | float) -> Array:
    """Union of two distances, rounded over `width` where they meet (polynomial smooth minimum, Quilez 2013)."""
    share = np.clip(0.5 + 0.5 * (second - first) / width, 0, 1)
    return np.asarray(second + (first - second) * share - width * share * (1 - share))


def capsule(points: Array, start: ArrayLike, end: ArrayLike, start_radius: float, end_radius: float) -> Array:
    a, b = np.asarray(start, float), np.asarray(end, float)
    along = np.clip((points - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
    from_axis = np.linalg.norm(points - (a + along[..., None] * (b - a)), axis=-1)
    return np.asarray(from_axis - (start_radius + (end_radius - start_radius) * along))


def ellipsoid(points: Array, centre: ArrayLike, radii: ArrayLike) -> Array:
    """Approximate: exact on the surface, and right in sign everywhere."""
    offset, size = points - np.asarray(centre, float), np.asarray(radii, float)
    scaled = np.linalg.norm(offset / size, axis=-1)
    slope = np.linalg.norm(offset / size**2, axis=-1)
    return np.asarray(scaled * (scaled - 1) / np.maximum(slope, 1e-9))


def trace(distance: Distance, start: Array, direction: ArrayLike, steps: int = 80) -> Array:
    """Where rays meet a surface. Steps are shortened, because a smooth union's distance is not exact."""
    heading = np.asarray(direction, float)
    points = np.array(np.broadcast_to(start, np.broadcast_shapes(start.shape, heading.shape)), float)
    for _ in range(steps):
        points += heading * (0.85 * np.clip(distance(points), -4, 8))[..., None]
    return points


def gradient_normal(distance: Distance, points: Array, reach: float = 0.15) -> Array:
    slopes = [distance(points + step) - distance(points - step) for step in np.eye(3) * reach]
    return unit(np.stack(slopes, -1))


def grid_normal(points: Array, towards: ArrayLike = (0.0, -1.0, 0.0)) -> Array:
    """Normals of a grid of points, turned to the side of `towards`."""
    normal = unit(np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1)))
    return np.where((normal @ np.asarray(towards, float))[..., None] < 0, -normal, normal)


def unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9))


def curve(points: ArrayLike, count: int, *, straight: bool = False) -> Array:
    """A curve through points, sampled evenly by length. `straight`: without overshoot, for sharp bends."""
    knots = np.asarray(points, float)
    at = lengths(knots)
    fine = np.linspace(0, at[-1], 800)
    drawn = (
        PchipInterpolator(at, knots)(fine) if straight else make_interp_spline(at, knots, k=min(3, len(at) - 1))(fine)
    )
    evenly, walked = np.linspace(0, 1, count), lengths(drawn)
    return np.asarray(
        np.stack([np.interp(evenly * walked[-1], walked, drawn[:, i]) for i in range(drawn.shape[1])], -1)
    )


def lengths(points: Array) -> Array:
    """Distance walked along a polyline at each of its points."""
    walked: Array = np.r_[0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=-1))]
    return walked


def blend(at: ArrayLike, knots: Sequence[float], values: Sequence[float]) -> Array:
    """Values between knots without overshoot; constant beyond the ends."""
    inside = np.clip(np.asarray(at, float), knots[0], knots[-1])
    return np.asarray(PchipInterpolator(knots, values)(inside))


def smoothstep(value: ArrayLike, low: float = 0.0, high: float = 1.0) -> Array:
    t = np.clip((np.asarray(value, float) - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def bump(value: ArrayLike, width: ArrayLike) -> Array:
    """A smooth hill of height 1 around 0."""
    return np.asarray(np.exp(-((np.asarray(value, float) / width) ** 2)))


def noise(shape: tuple[int, ...], smoothness: tuple[float, ...], seed: int) -> Array:
    """Smooth noise of standard deviation 1; `smoothness` in grid cells."""
    raw = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), smoothness, mode="nearest")
    return np.asarray(raw / raw.std())


def refined(coarse: Array, rows: int, columns: int) -> Array:
    """A grid of points with more cells, interpolated by cubics."""
    row, column = np.meshgrid(
        np.linspace(0, coarse.shape[0] - 1, rows), np.linspace(0, coarse.shape[1] - 1, columns), indexing="ij"
    )
    planes: list[Any] = [map_coordinates(coarse[..., i], (row, column), order=3, mode="nearest") for i in range(3)]
    return np.stack(planes, -1)


def from_edges(points: Array, edges: str) -> Array:
    """Distance of each point of a grid to the nearest of its named edges, any of "t" (first row) "b" "l" "r"."""
    down = np.linalg.norm(np.diff(points, axis=0), axis=-1).cumsum(0)
    down = np.vstack([np.zeros((1, points.shape[1])), down])
    across = np.linalg.norm(np.diff(points, axis=1), axis=-1).cumsum(1)
    across = np.hstack([np.zeros((len(points), 1)), across])
    found = {"t": down, "b": down[-1] - down, "l": across, "r": across[:, -1:] - across}
    return np.asarray(np.minimum.reduce([found[edge] for edge in edges]))


def tube(line: Array, radius: float, count: int = 10) -> Array:
    along = unit(np.gradient(line, axis=0))
    first = unit(np.cross(along, (0.0, 0.0, 1.0)))
    second = np.cross(along, first)
    angle = np.linspace(0, 2 * np.pi, count)[None, :, None]
    return np.asarray(line[:, None] + radius * (first[:, None] * np.cos(angle) + second[:, None] * np.sin(angle)))
