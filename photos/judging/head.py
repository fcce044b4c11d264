"""Measures of the kept part of the photo: lost hair, remains of clothes and background, separate pieces."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.judging.evidence import Evidence, Mask, carried, difference, opened

BESIDE_NECK = 0.95
"""Half the widest neck in eye distances. Below the jaw and further out, only hair may have been kept."""
USUAL_REACH = 1.8
"""How far full hair reaches from the middle of the face at the height of the eyes, in eye distances."""
FEWEST = 60
"""Fewest pixels of a zone whose colours are determined."""
SHARE = 0.04
"""Least share of a zone for a colour to count."""
LIKE = 16.0
"""ΔE up to which a pixel has the colour of certain hair or skin."""
UNLIKE = 20.0
"""ΔE from the inside of the head above which a pixel is something else."""


def hair_lost(evidence: Evidence) -> float:
    """Area of hair above the shoulders that the photo's matte has and the candidate lacks, in squared eye distances.

    Only pixels with the colour of the adjacent part of the head count, so a hood behind the neck may be missing. Hair
    below the chin may be behind the clothes.
    """
    above = evidence.below < evidence.head.chin - 0.1
    inside = cv2.erode(evidence.person, np.ones((3, 3), np.uint8)) > 200
    lost = inside & evidence.ground & above & (np.abs(evidence.across) < 2.6)
    head = _sure_head(evidence)
    near, known = carried(evidence.photo_lab, head, round(0.7 * evidence.unit))
    alike = known & (difference(evidence.photo_lab, near) < 1.6 * UNLIKE)
    return float(opened(lost & (alike | (evidence.below < 0)), 3).sum() / evidence.area)


def clothes_left(evidence: Evidence) -> float:
    """Area of the old clothes that is visible beside jaw and neck, in squared eye distances.

    These are the photo's pixels below the ears with neither the colour of skin nor that of the hair above the ears.
    """
    beside = (evidence.below > 0.75) & (np.abs(evidence.across) > BESIDE_NECK)
    under = (evidence.below > evidence.head.chin + 0.05) & (np.abs(evidence.across) <= BESIDE_NECK)
    zone = (beside | under) & (evidence.below < evidence.head.chin + 2.0) & (evidence.keep > 100)
    # Beside the neck there is no bare skin of a head.
    shoulder = (evidence.below > evidence.head.chin) & (np.abs(evidence.across) > 1.3)
    mine = _like_hair(evidence) | (evidence.skin & ~shoulder)
    return float(opened(evidence.own & zone & ~mine, 3).sum() / evidence.area)


def background_left(evidence: Evidence) -> float:
    """Area of the old background that is visible around the head, in squared eye distances.

    These are the photo's pixels near the outline that look like the photo just outside the person, and unlike the head.
    """
    outside = evidence.person < 20
    old, known = carried(evidence.photo_lab, outside, round(0.5 * evidence.unit))
    like_outside = known & (difference(evidence.photo_lab, old) < LIKE)
    zone = (evidence.below < evidence.head.chin) & ~_face_oval(evidence)
    left = evidence.own & zone & like_outside & ~_like_head(evidence)
    return float(opened(left, 3).sum() / evidence.area)


def odd_patch(evidence: Evidence) -> float:
    """Area in the head's upper half, outside the face, with no colour of hair, skin or background.

    In squared eye distances. It is a piece of something behind the head. Weakness: hats count too.
    """
    zone = (evidence.below < 0.6) & ~_face_oval(evidence)
    odd = evidence.figure & zone & ~_like_head(evidence, tolerance=UNLIKE)
    return float(opened(odd, 7).sum() / evidence.area)


def floating_piece(evidence: Evidence) -> float:
    """Area of the pieces that are not connected to the figure, in squared eye distances."""
    pieces = opened(evidence.figure, 2).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(pieces)
    if count < 3:
        return 0.0
    main = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    apart = [stats[label, cv2.CC_STAT_AREA] for label in range(1, count) if label != main]
    return float(sum(apart) / evidence.area)


def flat_crown(evidence: Evidence) -> float:
    """Length of a straight level edge at the top of the hair, in eye distances: hair cut by the photo's border."""
    top = evidence.figure & (evidence.below < 0) & (np.abs(evidence.across) < 1.8)
    columns = np.flatnonzero(top.any(0))
    if not len(columns):
        return 0.0
    heights = top[:, columns].argmax(0)
    level = np.bincount(heights, minlength=1)
    # An edge with one pixel of slope counts as straight.
    runs = level[:-1] + level[1:] if len(level) > 1 else level
    first = int(heights.min())
    near = runs[max(0, first - 1) : first + 3]
    return float(near.max(initial=0) / evidence.unit)


def frame_left(evidence: Evidence) -> float:
    """How far the kept pixels reach on both sides at the height of the eyes, in eye distances beyond 1.8.

    Hair rarely reaches so far on both sides. The round or square frame of a profile picture does.
    """
    level = np.abs(evidence.below) < 0.3
    kept = evidence.own & level
    left, right = (float((sign * evidence.across[kept]).max(initial=0)) for sign in (-1, 1))
    return max(0.0, min(left, right) - USUAL_REACH)


def _sure_head(evidence: Evidence) -> Mask:
    """Certain hair and skin: well inside both masks of the head, above the mouth."""
    side = round(0.25 * evidence.unit) | 1
    core = cv2.erode(np.minimum(evidence.keep, evidence.person), np.ones((side, side), np.uint8)) > 240
    return np.asarray(core & (evidence.below < 0.9))


def _like_head(evidence: Evidence, tolerance: float = LIKE) -> Mask:
    """Pixels with a colour of this head's certain hair, beard or skin."""
    skull = (evidence.across / 1.5) ** 2 + (evidence.below / 1.75) ** 2 < 1
    bare = evidence.skin & (skull | (evidence.below > 0.6))
    return np.asarray(_like_hair(evidence, tolerance) | bare)


def _like_hair(evidence: Evidence, tolerance: float = LIKE) -> Mask:
    """Pixels with a colour of the hair, and from the mouth down also those of the beard."""
    beard = (evidence.below > 0.7) & (evidence.below < evidence.head.chin - 0.1) & (np.abs(evidence.across) < 0.8)
    hair_colours = _palette(evidence, _sure_head(evidence) & _hair_zone(evidence), 6)
    beard_colours = _palette(evidence, beard & (evidence.keep > 240), 4)
    low = evidence.below > 0.5
    return _near(evidence, hair_colours, tolerance) | (low & _near(evidence, beard_colours, tolerance))


def _near(evidence: Evidence, colours: NDArray[np.float32], tolerance: float) -> Mask:
    nearest = np.full(evidence.below.shape, np.inf, np.float32)
    # Lightness counts less, since light and shadow change it more than colour.
    weights = np.array((0.6, 1, 1), np.float32)
    for colour in colours:
        nearest = np.minimum(nearest, difference(evidence.photo_lab * weights, colour * weights))
    return np.asarray(nearest < tolerance)


def _palette(evidence: Evidence, zone: Mask, clusters: int) -> NDArray[np.float32]:
    """The photo's main colours in a zone, clusters × 3; empty when the zone is too small."""
    sample = evidence.photo_lab[zone]
    if len(sample) < FEWEST:
        return np.zeros((0, 3), np.float32)
    criteria = (cv2.TERM_CRITERIA_MAX_ITER | cv2.TERM_CRITERIA_EPS, 12, 0.5)
    cv2.setRNGSeed(1)
    sample = np.ascontiguousarray(sample[:: max(1, len(sample) // 1500)])
    _, labels, centres = cv2.kmeans(
        sample, clusters, np.zeros((len(sample), 1), np.int32), criteria, 1, cv2.KMEANS_PP_CENTERS
    )
    shares = np.bincount(labels.ravel(), minlength=clusters) / len(labels)
    return np.asarray(centres[shares > SHARE], np.float32)


def _hair_zone(evidence: Evidence) -> Mask:
    """The zone around the face, within the usual skull, where hair is if there is any."""
    across, below = evidence.across, evidence.below
    skull = (across / 1.25) ** 2 + ((below + 0.15) / 1.45) ** 2 < 1
    return np.asarray(skull & ~_face_oval(evidence))


def _face_oval(evidence: Evidence) -> Mask:
    middle = (evidence.head.chin - 0.8) / 2
    reach = (evidence.head.chin + 0.8) / 2
    return np.asarray((evidence.across / 0.98) ** 2 + ((evidence.below - middle) / reach) ** 2 < 1)
