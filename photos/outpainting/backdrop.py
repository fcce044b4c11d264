"""Finds the plain background in a painted portrait, and changes its colour without any call.

The new picture is the old one plus the difference of the two backgrounds, times the share of the background in each
pixel. That is exact wherever the cover is exact.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.anatomy import Head, head_of
from photos.framing import BACKGROUND
from photos.masking.matting import Colours, Plane, by_colour
from photos.outpainting import Colour
from photos.types import Alpha, FramedHead, Pixels

BACKGROUNDS: dict[str, Colour] = {
    "light_blue": BACKGROUND,
    "white": (255, 255, 255),
    "grey": (203, 206, 211),
    "blue": (109, 150, 199),
    "beige": (235, 225, 209),
}
"""The backgrounds that studios offer for ID photos, sRGB. The first is painted. The others need no call."""
DEFAULT_BACKGROUND = next(iter(BACKGROUNDS))

DISTANCE = 7.0
"""Largest ΔE (CIE 76, lightness weighted by `SHADING`) of a background pixel from the background around it, if that is
even …"""
UNEVEN = 3.0
"""… and if it is not, the largest multiple of the background's own unevenness."""
SHADING = 0.6
"""Weight of a difference in lightness beside one in colour. It is below 1, since light falls off across a backdrop."""
ISLAND = 0.01
"""Side of the smallest patch of background between hair and shoulder that is found, as a share of the width."""
OPENING = 1.05
"""Half the width, in eye distances, within which a jacket shows shirt or blouse."""
SEAM = 1 / 190
"""Half the width of a painted outline's soft edge, as a share of the picture's width: 4 pixels of 768."""
GROWING = 4
"""How often the background's shading is measured again on the background that was found."""

Mask = NDArray[np.bool_]


def cover_of(painted: Pixels, framed: FramedHead) -> Alpha:
    """The cover of a model's painting on a plain background: 255 = figure, 0 = background, with soft edges.

    The background is connected to the picture's border beside the head and has its colour, apart from shading. The
    figure may have the same colour inside (a pale blue shirt). Under the chin a patch that touches no border is
    clothes; elsewhere it is background between hair and shoulder.

    Weakness: clothes of exactly the background's colour that touch it without an outline are lost.
    """
    head = head_of(framed.face, painted.shape[1], painted.shape[0])
    ground = _background(painted, framed, head)
    reach = max(1, round(SEAM * painted.shape[1]))
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    sure, never = cv2.erode((~ground).astype(np.uint8), kernel) > 0, cv2.erode(ground.astype(np.uint8), kernel) > 0
    blurred = cv2.GaussianBlur((~ground).astype(np.float32), (0, 0), reach / 4)
    plane = np.where(sure, 1, np.where(never, 0, np.clip(blurred, 0.04, 0.96))).astype(np.float32)
    # Kept pixels belong to the figure, whatever colour the provider gave them.
    plane = np.maximum(plane, (framed.keep == 255).astype(np.float32))
    mended = by_colour(painted, plane, 4 * reach)
    return np.asarray(np.rint(np.clip((mended - 0.03) / 0.94, 0, 1) * 255), np.uint8)


def before(portrait: Pixels, cover: Alpha, background: Colour) -> Pixels:
    """The same figure before a plain background of another colour."""
    through = (1 - cover.astype(np.float32) / 255)[..., None]
    present = _spread(portrait, cover == 0)
    changed = portrait + through * (np.asarray(background, np.float32) - present)
    changed = np.where((cover == 0)[..., None], np.asarray(background, np.float32), changed)
    return np.asarray(np.clip(np.rint(changed), 0, 255), np.uint8)


def _background(painted: Pixels, framed: FramedHead, head: Head) -> Mask:
    lab = cv2.cvtColor(painted.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab = cv2.GaussianBlur(lab, (0, 0), painted.shape[1] / 768) * np.array((SHADING, 1, 1), np.float32)
    # The shading is smooth, so it is found at half the size, and only the last pass uses every pixel.
    half = (painted.shape[1] // 2, painted.shape[0] // 2)
    small, kept = (
        cv2.resize(lab, half, interpolation=cv2.INTER_AREA),
        np.asarray(cv2.resize(framed.keep, half), np.uint8),
    )
    small_head = head_of(framed.face, *half)
    grown = cv2.resize(beside_the_head(framed).astype(np.uint8), half, interpolation=cv2.INTER_NEAREST) > 0
    for _ in range(GROWING - 1):
        grown = _grown(small, grown, kept, small_head)
    found = cv2.resize(grown.astype(np.uint8), framed.keep.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return _grown(lab, found, framed.keep, head)


def _grown(lab: Colours, found: Mask, keep: Alpha, head: Head) -> Mask:
    """The background, found again by the shading of the part that is known."""
    difference = lab - _spread(lab, found)
    away = np.sqrt(np.einsum("yxc,yxc->yx", difference, difference))
    # The border may contain a shoulder or a strand, so a percentile is used.
    unevenness = float(np.percentile(away[found], 80)) if found.any() else 0.0
    return _joined((away < max(DISTANCE, UNEVEN * unevenness)) & (keep < 255), head)


def _joined(alike: Mask, head: Head) -> Mask:
    """The pixels that are background, of those with its colour."""
    height, width = alike.shape
    opened = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    outside = {*np.unique(labels[0]), *np.unique(labels[:, 0]), *np.unique(labels[:, -1])} - {0}
    y, x = np.mgrid[:height, :width].astype(np.float32)
    across, below = head.position(x, y)
    clothes = (below > head.chin) & (np.abs(across) < OPENING)
    smallest = (ISLAND * width) ** 2
    for label in range(1, count):
        large = stats[label, cv2.CC_STAT_AREA] > smallest
        if label not in outside and large and not clothes[labels == label].any():
            outside.add(label)
    joined = np.isin(labels, list(outside))
    # The opening removed corners of the outline and gaps between strands.
    grown = cv2.dilate(joined.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.asarray(grown & alike)


def beside_the_head(framed: FramedHead) -> Mask:
    """The outer tenth left, right and above, down to the mouth, without hair. Clothes cannot be there."""
    height, width = framed.keep.shape
    band = np.zeros((height, width), np.bool_)
    mouth = int(np.clip(max(y for _, y in framed.face.landmarks[3:5]) * height, height // 5, height - 1))
    band[:mouth, : width // 10] = True
    band[:mouth, -width // 10 :] = True
    band[: height // 24] = True
    grown = cv2.dilate(framed.keep, np.ones((15, 15), np.uint8))
    return np.asarray(band & (grown == 0))


def _spread(picture: NDArray[Any], known: Mask) -> Colours:
    """The known pixels' colours spread smoothly over the picture, the nearest first (push–pull on a small grid)."""
    height, width = known.shape
    size = (max(1, width // 4), max(1, height // 4))
    weight: Plane = known.astype(np.float32)
    mass = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(picture.astype(np.float32) * weight[..., None], size, interpolation=cv2.INTER_AREA)
    answer, certainty = np.zeros_like(total), np.zeros_like(mass)
    for reach in (3, 9, 27, 81, 243):
        side = (2 * reach + 1, 2 * reach + 1)
        near, near_mass = cv2.blur(total, side), cv2.blur(mass, side)
        more = (1 - certainty) * np.clip(near_mass * 8, 0, 1)
        answer = answer + near / np.maximum(near_mass, 1e-6)[..., None] * more[..., None]
        certainty = certainty + more
    answer = answer / np.maximum(certainty, 1e-6)[..., None]
    return np.asarray(cv2.resize(answer, (width, height), interpolation=cv2.INTER_LINEAR))
