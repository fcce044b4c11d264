"""Measures of the face: how many there are, whether it is still this person's, its light and its colour."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from photos.judging.evidence import SIZE, Evidence, Mask, difference
from photos.sharpness import softness
from photos.types import Face

EXTRA_FACE = 0.04
"""Share of the first face's area. A smaller face is a pattern in the cloth."""


def faces_missing(_: Evidence, faces: Sequence[Face]) -> float:
    """1 when no face is found in the candidate."""
    return float(not faces)


def faces_extra(_: Evidence, faces: Sequence[Face]) -> float:
    """The number of faces besides the first."""
    largest = max((face.box.area for face in faces), default=0.0)
    return float(max(0, sum(face.box.area >= EXTRA_FACE * largest for face in faces) - 1))


def face_moved(evidence: Evidence, faces: Sequence[Face]) -> float:
    """Distance of eyes, nose and mouth from where the framed photo has them, in eye distances, root mean square.

    It is large for another person's face, a stretched head, or a leaning head.
    """
    if not faces:
        return 0.0
    face = max(faces, key=lambda each: each.box.area)
    apart = (np.asarray(face.landmarks) - np.asarray(evidence.framed.face.landmarks)) * SIZE
    return float(np.sqrt((apart**2).sum(axis=1).mean()) / evidence.unit)


def face_changed(evidence: Evidence) -> float:
    """The 90th percentile of ΔE to the framed photo, over the face between brows and mouth."""
    return float(np.percentile(difference(evidence.lab, evidence.photo_lab)[_face(evidence)], 90))


def face_soft(evidence: Evidence) -> float:
    """How little fine detail eyes, nose and mouth have: `photos.sharpness.softness`."""
    return softness(evidence.lab[..., 0], _face(evidence))


def skin_unnatural(evidence: Evidence) -> float:
    """ΔE of the face's colour from the range of skin in ordinary light.

    The range is CIE hue 28–75°, chroma 7–42, at any lightness. Skin of all tones in daylight is inside.
    """
    a, b = np.median(evidence.lab[_face(evidence)], axis=0)[1:]
    hue, chroma = float(np.degrees(np.arctan2(b, a))), float(np.hypot(a, b))
    off_hue = max(28 - hue, hue - 75, 0.0)
    return max(7 - chroma, chroma - 42, 0.0) + chroma * float(np.radians(min(off_hue, 60.0)))


def face_dark(evidence: Evidence) -> float:
    """50 minus the upper quartile of the face's CIE lightness. From 20 on a face can hardly be seen."""
    return float(50 - np.percentile(evidence.lab[..., 0][_face(evidence)], 75))


def face_blown(evidence: Evidence) -> float:
    """Share of the face that is white and has no detail."""
    return float((evidence.pixels[_face(evidence)].min(axis=1) >= 250).mean())


def grain_step(evidence: Evidence) -> float:
    """log2 of the grain on the clothes over that on the face: how much noisier the clothes are."""
    chin = evidence.head.chin
    cloth = (evidence.below > chin + 0.5) & evidence.figure & ~evidence.own
    face = _face(evidence)
    if cloth.sum() < evidence.area:
        return 0.0
    lightness = evidence.lab[..., 0]
    fine = np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), 1.0))
    grains = [float(np.percentile(fine[zone], 50)) for zone in (cloth, face)]
    return float(np.log2((grains[0] + 0.03) / (grains[1] + 0.03)))


def light_step(evidence: Evidence) -> float:
    """How differently face and clothes are lit: |ln| between their ratios of right to left."""
    chin, across, below = evidence.head.chin, evidence.across, evidence.below
    lightness = evidence.lab[..., 0] + 4
    cloth = (below > chin + 0.7) & evidence.figure & ~evidence.own
    face = (np.abs(below - 0.65) < 0.4) & evidence.skin
    sides = []
    for zone, inner, outer in ((face, 0.25, 0.9), (cloth, 1.0, 2.2)):
        left, right = zone & (-across > inner) & (-across < outer), zone & (across > inner) & (across < outer)
        if min(left.sum(), right.sum()) < 0.1 * evidence.area:
            return 0.0
        sides.append(float(np.log(np.median(lightness[right]) / np.median(lightness[left]))))
    return abs(sides[0] - sides[1]) if sides[0] * sides[1] < 0 else max(0.0, abs(sides[1]) - abs(sides[0]))


def _face(evidence: Evidence) -> Mask:
    return np.asarray((np.abs(evidence.across) < 0.75) & (evidence.below > -0.3) & (evidence.below < 1.2))
