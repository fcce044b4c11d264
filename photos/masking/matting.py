"""Soft edges: from a rough mask to an alpha that follows hair, and hair without the old background's colour.

Pure NumPy and OpenCV; floats are 0–1 unless said otherwise.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.types import Alpha, Pixels

Plane = NDArray[Any]
"""Height × width, 0–1, single precision (not in the type: NumPy and OpenCV forget it on the way)."""
Colours = NDArray[Any]
"""Height × width × 3, 0–255 or 0–1, single precision."""


def _mean(image: Colours | Plane, radius: int) -> NDArray[Any]:
    side = 2 * radius + 1
    return cv2.boxFilter(image, -1, (side, side), borderType=cv2.BORDER_REFLECT)


def _channels(image: Colours) -> Plane:
    # Over a last axis of three NumPy's own sum is ten times slower.
    return np.asarray(image[..., 0] + image[..., 1] + image[..., 2])


def guided(guide: Pixels, plane: Plane, radius: int, smoothness: float, shrink: int = 2) -> Plane:
    """The colour guided filter (He, Sun, Tang 2010) with coefficients taken on a `shrink` times smaller picture.

    `radius` in pixels of the guide; `smoothness` is the filter's ε for colours of 0–1.
    """
    height, width = plane.shape
    size = (max(1, width // shrink), max(1, height // shrink))
    small = cv2.resize(guide, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    target = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    reach = max(1, radius // shrink)
    mean_guide, mean_target = _mean(small, reach), _mean(target, reach)
    covariance = _mean(small * target[..., None], reach) - mean_guide * mean_target[..., None]
    pairs = np.stack([small[..., i] * small[..., j] for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))], -1)
    second = np.concatenate([_mean(pairs[..., :3], reach), _mean(pairs[..., 3:], reach)], -1)
    rr, rg, rb = (second[..., k] - mean_guide[..., 0] * mean_guide[..., k] for k in range(3))
    gg = second[..., 3] - mean_guide[..., 1] ** 2
    gb = second[..., 4] - mean_guide[..., 1] * mean_guide[..., 2]
    bb = second[..., 5] - mean_guide[..., 2] ** 2
    rr, gg, bb = rr + smoothness, gg + smoothness, bb + smoothness
    # The symmetric 3 × 3 system solved by cofactors: one batched solve would cost ten times as much.
    inverse = (
        (gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb),
        (gb * rb - rg * bb, rr * bb - rb * rb, rb * rg - rr * gb),
        (rg * gb - gg * rb, rb * rg - rr * gb, rr * gg - rg * rg),
    )
    determinant = rr * inverse[0][0] + rg * inverse[0][1] + rb * inverse[0][2]
    slope = np.stack([sum(row[k] * covariance[..., k] for k in range(3)) / determinant for row in inverse], -1)
    offset = mean_target - _channels(slope * mean_guide)
    slope, offset = _mean(slope.astype(np.float32), reach), _mean(offset.astype(np.float32), reach)
    slope = cv2.resize(slope, (width, height), interpolation=cv2.INTER_LINEAR)
    offset = cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR)
    filtered = _channels(slope * (guide.astype(np.float32) / 255)) + offset
    return np.asarray(np.clip(filtered, 0, 1), np.float32)


def steepen(plane: Plane, low: float, high: float) -> Plane:
    """Everything under `low` becomes 0, over `high` 1, smooth between."""
    ratio = np.clip((plane - low) / (high - low), 0, 1)
    return np.asarray((ratio * ratio * (3 - 2 * ratio)), np.float32)


def by_colour(picture: Pixels, plane: Plane, reach: int) -> Plane:
    """Decide the partial pixels by where their colour lies between the sure foreground's and the background's nearby.

    As far as those two differ and the background is even; elsewhere the plane stays as it was. `reach` in pixels.
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
    """Put the foreground's own colour where `alpha` is partial, so that no halo of the old background stays.

    The colours of the sure foreground and background nearby are carried into the band; what of the pixel they do not
    explain is added as far as it is foreground, which keeps the strands' texture (after blur fusion, Forte 2021).
    Computed only over the band's bounding box. Pixels where `alpha` is 0 or 255 come back unchanged.
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
    # The small weights serve where nothing sure is near: wisps far from the head.
    own = _carried(image, np.clip((share - 0.9) * 10, 0, 1) + 1e-3 * share**2, radius)
    old = _carried(image, np.clip((0.1 - share) * 10, 0, 1) + 1e-3 * (1 - share) ** 2, radius)
    foreground = np.clip(own + share * (image - share * own - (1 - share) * old), 0, 255)
    mended = picture.copy()
    mended[window] = np.where(partial[window][..., None], np.rint(foreground).astype(np.uint8), picture[window])
    return mended
