"""Measures of the background, and of the head's position before it."""

from __future__ import annotations

import numpy as np

from photos.anatomy import FACE_HEIGHT
from photos.framing import CHIN_AT, FACE_SHARE
from photos.judging.evidence import SIZE, Evidence, difference, lab_of


def background_colour(evidence: Evidence) -> float:
    """ΔE (CIE 76) between the border's median and the colour that was asked for."""
    if not evidence.border.any():
        return 0.0
    asked = lab_of(np.asarray(evidence.background, np.uint8)[None, None])[0, 0]
    return float(np.linalg.norm(np.median(evidence.lab[evidence.border], axis=0) - asked))


def background_uneven(evidence: Evidence) -> float:
    """The 95th percentile of the border's ΔE from its own smooth shading."""
    if not evidence.border.any():
        return 0.0
    return float(np.percentile(difference(evidence.lab, evidence.ground_lab)[evidence.border], 95))


def head_size(evidence: Evidence) -> float:
    """|log2| of the face's height, as a share of the picture's, over the rule's share. 1 = twice or half."""
    share = FACE_HEIGHT * evidence.unit / SIZE[1]
    return float(abs(np.log2(share / FACE_SHARE)))


def head_place(evidence: Evidence) -> float:
    """Distance of the chin from the rule's position, as a share of the picture's height. Sideways counts twice."""
    x, y = evidence.head.at(0, evidence.head.chin)
    return float(np.hypot(2 * (x - SIZE[0] / 2) / SIZE[1], y / SIZE[1] - CHIN_AT))


def top_touched(evidence: Evidence) -> float:
    """Share of the picture's upper edge that the figure touches."""
    return float(evidence.figure[:2].mean())
