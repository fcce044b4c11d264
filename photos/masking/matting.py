"""Matting: an alpha that follows hair, made from a rough mask, and hair without the old background's colour.

Only NumPy and OpenCV. Floats are 0–1 unless a docstring says otherwise.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.types import Alpha, Pixels

Plane = NDArray[Any]
"""Height × width, 0–1, float32. The type does not say so, since NumPy's and OpenCV's annotations lose it."""
Colours = NDArray[Any]
"""Height × width × 3, 0–255 or 0–1, float32."""


def _mean(image: Colours | Plane, radius: int) -> NDArray[Any]:
    side = 2 * radius + 1
    return cv2.boxFilter(image, -1, (side, side), borderType=cv2.BORDER_REFLECT)


def _channels(image: Colours) -> Plane:
    # NumPy's own sum over a last axis of three is ten times slower.
    return np.asarray(image[..., 0] + image[..., 1] + image[..., 2])


def guided(guide: Pixels, plane: Plane, radius: int, smoothness: float, shrink: int = 2) -> Plane:
    """The colour guided filter (He, Sun, Tang 2010), with coefficients from a picture `shrink` times smaller.

    `radius` in pixels of the guide; `smoothness` is the filter's ε for colours of 0–1.
    """
    height, width = plane.shape
    size = (max(1, width // shrink), max(1, height // shrink))
    target = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    return upsampled(guide, target, max(1, radius // shrink), smoothness)


def upsampled(guide: Pixels, target: Plane, reach: int, smoothness: float) -> Plane:
    """A smaller plane at the guide's size, as a linear function of the guide's colours around each pixel.

    `reach` in pixels of the smaller plane.
    """
    height, width = guide.shape[:2]
    small = cv2.resize(guide, target.shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    mean_guide, mean_target = _mean(small, reach), _mean(target, reach)
    covariance = _mean(small * target[..., None], reach) - mean_guide * mean_target[..., None]
    pairs = np.stack([small[..., i] * small[..., j] for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))], -1)
    second = np.concatenate([_mean(pairs[..., :3], reach), _mean(pairs[..., 3:], reach)], -1)
    rr, rg, rb = (second[..., k] - mean_guide[..., 0] * mean_guide[..., k] for k in range(3))
    gg = second[..., 3] - mean_guide[..., 1] ** 2
    gb = second[..., 4] - mean_guide[..., 1] * mean_guide[..., 2]
    bb = second[..., 5] - mean_guide[..., 2] ** 2
    rr, gg, bb = rr + smoothness, gg + smoothness, bb + smoothness
    # Solve the symmetric 3 × 3 systems by cofactors: NumPy's batched solve takes ten times as long.
    inverse = (
        (gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb),
        (gb * rb - rg * bb, rr * bb - rb * rb, rb * rg - rr * gb),
        (rg * gb - gg * rb, rb * rg - rr * gb, rr * gg - rg * rg),
    )
    determinant = rr * inverse[0][0] + rg * inverse[0][1] + rb * inverse[0][2]
    # At least ε³, except for rounding.
    determinant = np.maximum(determinant, smoothness**3)
    slope = np.stack([sum(row[k] * covariance[..., k] for k in range(3)) / determinant for row in inverse], -1)
    offset = mean_target - _channels(slope * mean_guide)
    slope, offset = _mean(slope.astype(np.float32), reach), _mean(offset.astype(np.float32), reach)
    slope = cv2.resize(slope, (width, height), interpolation=cv2.INTER_LINEAR)
    offset = cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR)
    filtered = _channels(slope * (guide.astype(np.float32) / 255)) + offset
    return np.asarray(np.clip(filtered, 0, 1), np.float32)


def steepen(plane: Plane, low: float, high: float) -> Plane:
    """The plane with values below `low` set to 0, above `high` to 1, and a smooth step between."""
    ratio = np.clip((plane - low) / (high - low), 0, 1)
    return np.asarray((ratio * ratio * (3 - 2 * ratio)), np.float32)


MATTING_SMOOTHNESS = 1e-5
"""ε of closed-form matting, for colours of 0–1. It is small, to keep single strands."""
SETTLED = 4e-3
"""Closed-form matting stops when no pixel changes by more than this in a round …"""
MOST_ROUNDS = 60
"""… and after this many rounds at the latest."""


def closed_form(picture: Pixels, plane: Plane, unknown: NDArray[np.bool_], pull: float = 3e-4) -> Plane:
    """The matte of the unknown pixels, by closed-form matting (Levin, Lischinski, Weiss 2008).

    The other pixels are unchanged. In each 3 × 3 window the matte is assumed to be a linear function of colour.
    Conjugate gradients with a diagonal preconditioner find the minimum of the energy. Only windows with unknown pixels
    are built, about 600 bytes each. `pull` is the weight of `plane` at unknown pixels, which decides where the colours
    do not.
    """
    width = plane.shape[1]
    inner = np.zeros_like(unknown)
    inner[1:-1, 1:-1] = unknown[1:-1, 1:-1]
    places = np.flatnonzero(inner)
    if not len(places):
        return plane
    windows, laplacian = _windows(picture, inner)
    alpha = plane.ravel().astype(np.float32)
    count = len(places)
    number = np.full(alpha.size, count, np.int64)
    number[places] = np.arange(count)
    # Known pixels share one last index, whose sums are not used.
    places_of = number[windows]
    scatter = places_of.ravel()

    def gathered(values: Plane) -> Plane:
        return np.bincount(scatter, np.matmul(laplacian, values[..., None]).ravel(), count + 1)[:count]

    def applied(values: Plane) -> Plane:
        return gathered(np.append(values, np.float32(0))[places_of]) + pull * values

    known = np.where(places_of == count, alpha[windows], np.float32(0))
    diagonal = laplacian[:, range(9), range(9)]
    scale = np.bincount(scatter, diagonal.ravel(), count + 1)[:count] + pull
    solution: Plane = alpha[places].astype(np.float32)
    residual = pull * alpha[places] - gathered(known) - applied(solution)
    step = residual / scale
    energy = _dot(residual, step)
    for _ in range(MOST_ROUNDS):
        image = applied(step)
        length = energy / max(_dot(step, image), 1e-12)
        solution = solution + length * step
        if np.abs(length * step).max() < SETTLED:
            break
        residual = residual - length * image
        scaled = residual / scale
        following = _dot(residual, scaled)
        step, energy = scaled + step * (following / max(energy, 1e-12)), following
    alpha[places] = np.clip(solution, 0, 1)
    return np.asarray(alpha.reshape(-1, width), np.float32)


def _dot(first: Plane, second: Plane) -> float:
    # NumPy's own product would start a thread for each core, even for vectors this short.
    return float((first * second).sum())


def _windows(picture: Pixels, unknown: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For each 3 × 3 window with an unknown pixel: the indexes of its nine pixels, and its 9 × 9 matting Laplacian."""
    width = unknown.shape[1]
    middles = cv2.dilate(unknown.astype(np.uint8), np.ones((3, 3), np.uint8))
    middles[[0, -1]] = 0
    middles[:, [0, -1]] = 0
    around = np.array([row * width + column for row in (-1, 0, 1) for column in (-1, 0, 1)])
    windows = np.flatnonzero(middles)[:, None] + around
    colours = (picture.reshape(-1, 3).astype(np.float32) / 255)[windows]
    away = colours - colours.mean(1, keepdims=True)
    covariance = np.matmul(away.transpose(0, 2, 1), away) / 9
    inverse = np.linalg.inv(covariance + np.eye(3, dtype=np.float32) * (MATTING_SMOOTHNESS / 9))
    alike = (1 + np.matmul(np.matmul(away, inverse), away.transpose(0, 2, 1))) / 9
    return windows, np.asarray(np.eye(9, dtype=np.float32) - alike, np.float32)


def by_colour(picture: Pixels, plane: Plane, reach: int) -> Plane:
    """Recompute partial pixels from their colour's position between nearby certain foreground and background colours.

    Only as far as those two differ and the background is even; elsewhere the plane is unchanged. `reach` is in pixels.
    """
    image = picture.astype(np.float32)
    sure, never = (plane > 0.97).astype(np.float32), (plane < 0.03).astype(np.float32)
    inside_mass, outside_mass = _mean(sure, reach), _mean(never, reach)
    inside = _mean(image * sure[..., None], reach) / (inside_mass[..., None] + 1e-4)
    outside = _mean(image * never[..., None], reach) / (outside_mass[..., None] + 1e-4)
    span = inside - outside
    length = _channels(span * span)
    share = np.clip(_channels((image - outside) * span) / (length + 1), 0, 1)
    uneven = (
        _mean(_channels(image * image) / 3 * never, reach) / (outside_mass + 1e-4) - _channels(outside * outside) / 3
    )
    trust = length / (length + 60.0**2) * np.exp(-np.clip(uneven, 0, None) / 15.0**2)
    trust = trust * (inside_mass > 0.01) * (outside_mass > 0.01) * (plane > 0) * (plane < 1)
    return np.asarray((plane + trust * (share - plane)), np.float32)


def _carried(image: Colours, weight: Plane, radius: int) -> Colours:
    return np.asarray(_mean(image * weight, radius) / (_mean(weight, radius)[..., None] + 1e-7))


def decontaminated(picture: Pixels, alpha: Alpha, radius: int) -> Pixels:
    """Replace the colour where `alpha` is partial by the foreground's own, so that no halo of the background remains.

    Nearby certain foreground and background colours are spread into the band. The rest of a pixel's colour, which they
    do not explain, is added in proportion to alpha. That keeps the strands' texture (after blur fusion, Forte 2021). It
    is computed only over the band's bounding box. Pixels where `alpha` is 0 or 255 are unchanged.
    """
    partial = (alpha > 0) & (alpha < 255)
    if not partial.any():
        return picture
    rows, columns = np.flatnonzero(partial.any(1)), np.flatnonzero(partial.any(0))
    top, bottom = max(0, rows[0] - radius), rows[-1] + radius + 1
    left, right = max(0, columns[0] - radius), columns[-1] + radius + 1
    window = np.s_[top:bottom, left:right]
    image: Colours = picture[window].astype(np.float32)
    share = (alpha[window].astype(np.float32) / 255)[..., None]
    # The small weights are for pixels with nothing certain nearby: wisps far from the head.
    own = _carried(image, np.clip((share - 0.9) * 10, 0, 1) + 1e-3 * share**2, radius)
    old = _carried(image, np.clip((0.1 - share) * 10, 0, 1) + 1e-3 * (1 - share) ** 2, radius)
    foreground = np.clip(own + share * (image - share * own - (1 - share) * old), 0, 255)
    mended = picture.copy()
    mended[window] = np.where(partial[window][..., None], np.rint(foreground).astype(np.uint8), picture[window])
    return mended
