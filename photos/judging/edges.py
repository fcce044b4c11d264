"""Measures of the outline around the head: ragged, smeared, with a rim of another colour."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.judging.evidence import Evidence

SMOOTHING = 0.16
"""Eye distances over which an outline is smoothed. Locks remain, jagged teeth disappear."""
DEPTH = 0.09
"""How far inside and outside the outline unmixed colours are looked for, in eye distances."""
SHOULDERS = 0.8
"""How far below the chin the outline is measured, in eye distances, for hanging hair. Cloth has a smooth edge."""
LARGEST_STEP = 3.0
"""Largest distance in pixels between neighbours on one outline."""
FEWEST = 60
"""Fewest points of an outline that are measured."""


@dataclass(frozen=True)
class _Profile:
    """Colours along the normals of the outline, points × steps × 3, from inside to outside."""

    colours: NDArray[np.float32]
    steps: NDArray[np.float32]
    """Pixels from the outline, negative inside."""


def edge_ragged(evidence: Evidence) -> float:
    """Root mean square distance of the outline of head and hair from its smoothed course, in eye distances."""
    points = _head_outline(evidence, down_to=SHOULDERS)
    if len(points) < FEWEST:
        return 0.0
    away = np.linalg.norm(points - _smoothed(points, SMOOTHING * evidence.unit), axis=1)
    # Where the outline leaves the measured part and returns elsewhere, its smoothed course is meaningless.
    breaks = np.linalg.norm(np.diff(points, axis=0, prepend=points[:1]), axis=1) > LARGEST_STEP
    reach = 2 * round(3 * SMOOTHING * evidence.unit) + 1
    away[np.convolve(breaks, np.ones(reach), mode="same") > 0.5] = 0
    # The worst section of one eye distance counts: one torn lock spoils a picture.
    length = max(8, round(evidence.unit))
    energy = np.convolve(away**2, np.ones(length) / length, mode="valid")
    return float(np.sqrt(energy.max(initial=0)) / evidence.unit)


def edge_smeared(evidence: Evidence) -> float:
    """Share of the outline at which figure and background blend over more than 0.16 eye distances.

    Zero when the two colours hardly differ.
    """
    profile = _profile(evidence, reach=0.3)
    if profile is None:
        return 0.0
    share, clear = _mixture(profile)
    if clear.sum() < FEWEST:
        return 0.0
    mixed = ((share > 0.15) & (share < 0.85)).sum(axis=1) * float(profile.steps[1] - profile.steps[0])
    return float((mixed[clear] > 0.16 * evidence.unit).mean())


def halo(evidence: Evidence) -> float:
    """ΔE of the outline's colour from every mixture of figure and background: a rim of another colour.

    It is averaged over each eighth of the outline, so that locks and highlights cancel out and a rim does not. The
    third highest eighth counts: one side of the head is three eighths, while an ear or glasses cover fewer.
    """
    profile = _profile(evidence, reach=DEPTH)
    if profile is None:
        return 0.0
    inside, outside = profile.colours[:, :2].mean(1), profile.colours[:, -2:].mean(1)
    span = outside - inside
    length = np.maximum(np.einsum("pc,pc->p", span, span), 1e-3)
    middle = profile.colours[:, 2:-2]
    share = np.clip(np.einsum("psc,pc->ps", middle - inside[:, None], span) / length[:, None], 0, 1)
    rest = middle - (inside[:, None] + share[..., None] * span[:, None])
    rims = sorted(float(np.linalg.norm(part.mean(axis=0), axis=1).max()) for part in np.array_split(rest, 8))
    return rims[-3]


def _head_outline(evidence: Evidence, down_to: float = -0.3) -> NDArray[np.float32]:
    """The outline's points above `down_to` (eye distances below the chin), in order, without the picture's border."""
    points = evidence.outline
    if not len(points):
        return np.zeros((0, 2), np.float32)
    below = evidence.below[points[:, 1], points[:, 0]]
    height, width = evidence.figure.shape
    inner = (points[:, 0] > 1) & (points[:, 0] < width - 2) & (points[:, 1] > 1) & (points[:, 1] < height - 2)
    chosen = (below < evidence.head.chin + down_to) & inner
    # The contour is a ring. Rotate it so that the chosen points are consecutive.
    if chosen.any() and not chosen.all():
        start = int(np.flatnonzero(~chosen)[0])
        points, chosen = np.roll(points, -start, axis=0), np.roll(chosen, -start)
    return np.asarray(points[chosen], np.float32)


def _smoothed(points: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    padded = cv2.copyMakeBorder(points[:, None, :], int(3 * reach), int(3 * reach), 0, 0, cv2.BORDER_REPLICATE)
    blurred = cv2.GaussianBlur(padded, (1, 2 * int(3 * reach) + 1), sigmaX=1e-3, sigmaY=reach)
    return np.asarray(blurred[int(3 * reach) : int(3 * reach) + len(points), 0], np.float32)


def _profile(evidence: Evidence, reach: float) -> _Profile | None:
    points = _head_outline(evidence)
    if len(points) < FEWEST:
        return None
    smooth = _smoothed(points, 0.06 * evidence.unit)
    along = np.gradient(smooth, axis=0)
    normal = np.stack((-along[:, 1], along[:, 0]), axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    centre = np.asarray(evidence.head.at(0, 0.3), np.float32)
    inward = np.einsum("pc,pc->p", centre - points, normal) > 0
    normal[inward] *= -1
    steps = np.linspace(-reach, reach, 13, dtype=np.float32) * evidence.unit
    where = points[:, None] + normal[:, None] * steps[None, :, None]
    colours = cv2.remap(
        evidence.lab,
        np.ascontiguousarray(where[..., 0], np.float32),
        np.ascontiguousarray(where[..., 1], np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return _Profile(np.asarray(colours, np.float32), steps)


def _mixture(profile: _Profile) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The share of the outside's colour in each step, 0–1, and the points at which both ends clearly differ."""
    inside, outside = profile.colours[:, 0], profile.colours[:, -1]
    span = outside - inside
    length = np.einsum("pc,pc->p", span, span)
    share = np.einsum("psc,pc->ps", profile.colours - inside[:, None], span) / np.maximum(length, 1e-3)[:, None]
    return np.asarray(share, np.float32), np.asarray(length > 25.0**2)
