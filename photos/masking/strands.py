"""Finds hair that hangs below the jaw, and beards: the start by position, the course by colour.

Beside the face, between jaw and chin, all of a person is hair. A lock that begins there is followed downwards as long
as its colour changes gradually. The points on its way give the colours of the hair.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.masking.matting import Plane, steepen
from photos.masking.sam import Point
from photos.masking.view import View

Strand = list[Point]

BEARD_LIGHTNESS = 0.45
"""Share of the face's lightness. A chin and throat that are darker have a beard."""
STEP = 0.22
"""Eye distances from point to point down a strand."""


def locks(view: View, bare: NDArray[np.bool_]) -> list[Strand]:
    """One strand for each lock that hangs past the jaw."""
    beside = view.inside & ~bare & (view.below > -0.5) & (view.below < 1.75) & (np.abs(view.across) < 2.4)
    brush = np.ones((view.span(0.06),) * 2, np.uint8)
    found = []
    for side in (-1, 1):
        region = (beside & (view.across * side > 0.85)).astype(np.uint8)
        count, labels = cv2.connectedComponents(cv2.morphologyEx(region, cv2.MORPH_OPEN, brush))
        for label in range(1, count):
            part = labels == label
            low = part & (view.below > 1.35)
            if (part & (view.below < 0.3)).any() and low.sum() > 0.05 * view.head.unit**2:
                upper = part & (view.below > 0.6) & (view.below < 1.35)
                found.append([_deepest(upper), *_followed(view, ~bare, _deepest(low))])
    return found


def beard(view: View) -> Strand:
    """A strand down the beard; empty when chin or throat are bare."""
    cheeks = (np.abs(view.across) < 0.7) & (view.below > 0.4) & (view.below < 0.9)
    face = float(np.median(view.lab[cheeks][:, 0])) if cheeks.any() else 0.0
    chin = max(float(view.colour(view.at(0, below))[0]) for below in (1.65, 1.75))
    throat = float(np.median([view.colour(view.at(0, below))[0] for below in (1.8, 1.9, 2.0, 2.1, 2.2, 2.3)]))
    # The chin may get more light than the throat.
    if max(chin - 0.15 * face, throat) > BEARD_LIGHTNESS * face:
        return []
    return _followed(view, np.ones_like(view.inside), view.at(0, 1.75))


def tapered(view: View, hair: Plane) -> Plane:
    """Hair cut by the picture's lower edge, with its strands ending at different heights instead of in one line."""
    height, width = hair.shape
    unit = view.head.unit
    random = np.random.default_rng(5)
    jitter = cv2.GaussianBlur(random.standard_normal((1, width)).astype(np.float32), (0, 0), 0.035 * unit)
    drift = cv2.GaussianBlur(random.standard_normal((1, width)).astype(np.float32), (0, 0), 0.2 * unit)
    jitter = jitter + 0.8 * drift
    jitter = (jitter - jitter.min()) / max(float(np.ptp(jitter)), 1e-3)
    left = (height - 1 - np.arange(height, dtype=np.float32))[:, None] / unit
    return (hair * steepen(left - 0.05 - 0.5 * jitter, 0.0, 0.3)).astype(np.float32)


def sigmoid(logits: NDArray[np.float32]) -> Plane:
    return (1 / (1 + np.exp(-np.clip(logits, -20, 20)))).astype(np.float32)


def _followed(view: View, possible: NDArray[np.bool_], start: Point) -> Strand:
    unit = view.head.unit
    width = view.matte.shape[1]
    strand, colour, breadth = [start], view.colour(start), 0.0
    x, y = start
    while (y := y + STEP * unit) < view.matte.shape[0] - 1:
        row, left, right = int(y), max(0, int(x - 0.9 * unit)), min(width, int(x + 0.9 * unit))
        smooth = cv2.blur(view.lab[max(0, row - 3) : row + 4, left:right], (7, 7))[3:4].reshape(-1, 3)
        alike = (np.abs(smooth - colour) < (28, 7, 7)).all(1)
        columns = np.flatnonzero(alike & view.inside[row, left:right] & possible[row, left:right])
        if not len(columns):
            break
        runs = np.split(columns, np.flatnonzero(np.diff(columns) > 0.06 * unit) + 1)
        run = min(runs, key=lambda run: abs((run[0] + run[-1]) / 2 + left - x) - len(run) / 2)
        # A strand that suddenly widens has reached clothes of its colour.
        if len(run) < 0.12 * unit or (breadth and len(run) > 1.8 * breadth + 0.15 * unit):
            break
        breadth = max(0.7 * breadth, float(len(run)))
        x = float(left + (run[0] + run[-1]) / 2)
        colour = ((colour + np.median(smooth[run], 0)) / 2).astype(np.float32)
        strand.append((x, y))
    return strand


def _deepest(mask: NDArray[np.bool_]) -> Point:
    """The point of a mask farthest from its edge."""
    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    return float(x), float(y)
