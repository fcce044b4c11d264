"""Measures of the transition from head to clothes: gaps, a neck of another tone, a bust that ends too high."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.judging.evidence import Evidence, Mask, difference, opened

SHINES_THROUGH = 2.5
"""Largest ΔE from the smooth background of what shows in a gap. A pale blue shirt differs from light blue by only 4."""


def neck_gap(evidence: Evidence) -> float:
    """Area of background between jaw and collar, in squared eye distances."""
    chin = evidence.head.chin
    zone = (evidence.below > chin - 0.35) & (evidence.below < chin + 0.9) & (np.abs(evidence.across) < 1.0)
    alike = (evidence.away < SHINES_THROUGH) & zone
    # Background beside the neck is right. A gap has the figure on both sides, or is in the throat.
    throat = (np.abs(evidence.across) < 0.35) & (evidence.below < chin + 0.4)
    closed = _between(evidence.away >= 5.0) | throat
    return float(opened(alike & closed, 2).sum() / evidence.area)


def skin_step(evidence: Evidence) -> float:
    """ΔE, with lightness weighted 0.35, between the skin of lower cheeks and chin and that of the throat.

    Zero when no throat is visible. The jaw's shadow reduces lightness, so lightness counts less than colour.
    """
    chin, across, below = evidence.head.chin, evidence.across, evidence.below
    face = (np.abs(across) < 0.75) & (below > 0.35) & (below < 0.75) & evidence.skin
    throat = (np.abs(across) < 0.4) & (below > chin + 0.08) & (below < chin + 0.55) & _skin_at_all(evidence)
    if face.sum() < 60 or throat.sum() < 0.04 * evidence.area:
        return 0.0
    weights = np.array((0.35, 1, 1), np.float32)
    tones = [np.median(evidence.lab[zone], axis=0) * weights for zone in (face, throat)]
    return float(difference(tones[0][None], tones[1])[0])


def bust_in_air(evidence: Evidence) -> float:
    """Share of the lower edge's middle three fifths that is background: a bust that ends above the edge."""
    height, width = evidence.ground.shape
    return float(evidence.ground[-height // 50 :, width // 5 : -width // 5].mean())


def mirrored(evidence: Evidence) -> float:
    """Correlation, 0–1, of the clothes' lower part with the mirror image of the part above, at the best row.

    It finds clothes that were continued by reflection, which people notice at once.
    """
    grey = cv2.GaussianBlur(evidence.lab[..., 0], (0, 0), 1.0)
    height, width = grey.shape
    first, best = int(evidence.head.at(0, evidence.head.chin + 0.5)[1]), 0.0
    for row in range(max(first, height // 2), height - 24):
        depth = min(height - row - 1, row - first, 60)
        if depth < 20:
            continue
        above, under = grey[row - depth : row][::-1], grey[row + 1 : row + 1 + depth]
        best = max(best, _correlation(above[:, width // 8 : -width // 8], under[:, width // 8 : -width // 8]))
    return best


def _correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    power = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum() / power) if power > 2.0 * one.size else 0.0


def _skin_at_all(evidence: Evidence) -> Mask:
    """Pixels near the hue of skin, wide enough to find a neck of a wrong tone: CIE hue −20–110°, chroma from 6."""
    a, b = evidence.lab[..., 1], evidence.lab[..., 2]
    hue, chroma = np.degrees(np.arctan2(b, a)), np.hypot(a, b)
    return np.asarray((hue > -20) & (hue < 110) & (chroma > 6) & (evidence.lab[..., 0] > 12) & evidence.figure)


def _between(solid: Mask) -> Mask:
    """Pixels that have a pixel of `solid` on both sides in their row."""
    left = np.maximum.accumulate(solid, axis=1)
    right = np.maximum.accumulate(solid[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(left & right)
