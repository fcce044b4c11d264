"""The throat: the part that the photo shows, and skin filled in for the rest.

Visible skin is kept. Its colours are spread into the part near it. Farther away, the face's tone in the chin's shadow
is used. Both are lit as the face is. Weakness: filled-in skin is smooth, so a low neckline over a hidden throat looks
artificial.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.anatomy import Head
from photos.masking.matting import Colours, Plane
from photos.skin import bare_skin
from photos.types import FramedHead, Gender

USUAL_NECK: dict[Gender | None, float] = {"male": 1.72, "female": 1.48, None: 1.6}
"""Neck width in eye distances, for when the photo does not show it."""
UNLIKE_SKIN = 40.0
"""Difference, in levels of 255, from the skin around it, from which a pixel is a necklace, a collar or hair."""
EDGE = 0.08
"""How far beyond the bare skin the photo is examined, in eye distances."""
LEAST_OUTLINE = 0.12
"""Least height of an outline to be used, in eye distances."""
WIDENING = 0.6
"""Pixels by which each side of the neck widens per row, towards the shoulders."""
GAP = 0.3
"""Widest gap between neck and hanging hair that is filled with the hair's shadow, in eye distances."""
DEEPEST = 2.4
"""How far below the chin skin is filled in, in eye distances: down to the lowest neckline."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Neck:
    """Measured once for all looks; pixels of the canvas."""

    middle: float
    width: float
    skin: Colours
    """Colours of the whole throat; the photo's own where it is visible."""
    cover: Plane
    """Where the throat is, 0–1."""
    real: Plane
    """The share of the photo's own skin in it, 0–1."""
    shown: float
    """How far under the chin the photo shows bare skin, in eye distances."""


def neck_of(framed: FramedHead, head: Head, gender: Gender | None, light: float, across: Plane, below: Plane) -> Neck:
    """Measure and fill in the throat.

    `light` is the logarithm of the brightness of the face's right side over the left.
    """
    bare = bare_skin(framed.pixels, head, darkest=0.5) & (framed.person > 240) & _skin_hued(framed, across, below)
    middle, width = _measured(bare, head, gender)
    known = _joined_skin(framed, bare & (below > 1.1) & (below < head.chin + DEEPEST), head)
    throat = _Throat(framed, head, middle, width, light, across, below)
    skin, cover, real = throat.filled(known)
    return Neck(middle, width, skin, cover, real, _shown(known, head, middle))


def _skin_hued(framed: FramedHead, across: Plane, below: Plane) -> Mask:
    """Pixels with the face's hue. A grey scarf may have the face's lightness, but not its hue."""
    lab = cv2.cvtColor(framed.pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
    face = (np.abs(across) < 0.7) & (below > 0.4) & (below < 1.5) & (framed.keep > 250)
    if not face.any():
        return np.ones(face.shape, np.bool_)
    usual = np.median(lab[face], axis=0)
    # A shadow reduces chroma and lightness in the same proportion.
    chroma = (lab[..., 1:] - 128) * np.clip(usual[0] / np.maximum(lab[..., :1], 1), 0.8, 2.2)
    away = np.linalg.norm(chroma - (usual[1:] - 128), axis=-1)
    return np.asarray(away < 3 * np.median(away[face]) + 4)


@dataclass(frozen=True)
class _Throat:
    framed: FramedHead
    head: Head
    middle: float
    width: float
    light: float
    across: Plane
    below: Plane

    def filled(self, known: NDArray[np.uint8]) -> tuple[Colours, Plane, Plane]:
        """Colours, cover and the real share."""
        framed, head, below = self.framed, self.head, self.below
        pixels = framed.pixels.astype(np.float32)
        throat = (below > 1.1) & (below < head.chin + DEEPEST)
        edge = 2 * round(3 + 2.5 * max(1.0, framed.enlargement)) - 1
        core = cv2.erode(known, np.ones((edge, edge), np.uint8))
        real = np.clip(cv2.GaussianBlur(core.astype(np.float32), (0, 0), edge / 4) * 2 - 0.6, 0, 1) * throat
        aside = (self.across - (self.middle - head.eyes[0]) / head.unit) / (self.width / 2 / head.unit)
        # Further out, a shirt in the skin's colours may touch the neck.
        real = real * np.clip((1.3 + 0.5 * np.maximum(below - head.chin, 0) - np.abs(aside)) * 8, 0, 1)
        flare = 1.0 + 0.30 * np.clip(below - head.chin, 0, 1) ** 1.5
        shape = np.clip((flare - np.abs(aside)) * self.width / 6 + 0.5, 0, 1) * throat * self._within_its_edges(real)
        inner = cv2.erode(core, np.ones((5, 5), np.uint8))
        carried = _spread(pixels, inner.astype(np.float32))
        away = cv2.distanceTransform(1 - inner, cv2.DIST_L2, 5) / head.unit
        fading = np.exp(-away / 0.3)[..., None]
        tone = _tone(pixels, inner > 0, self.across, below, head) * self._modelled(aside)[..., None]
        filled = tone * (1 - fading) + carried * fading + _grain(framed, known > 0)
        skin = filled + (pixels - filled) * real[..., None]
        cover = np.maximum(shape, real)
        gap = _gap(framed, cover, below, head) * (np.abs(self.across) < 1.4)
        skin = skin + (_spread(pixels, (framed.keep > 250).astype(np.float32)) * 0.5 - skin) * gap[..., None]
        return skin.astype(np.float32), np.maximum(cover, gap).astype(np.float32), np.asarray(real, np.float32)

    def _within_its_edges(self, real: Plane) -> Plane:
        """0 beyond the neck's outline, where the photo shows it against background or hair; 1 elsewhere.

        Below the last row that shows it, the outline is continued and widens as a neck does.
        """
        height, width = real.shape
        within = np.ones_like(real)
        step = max(2, round(EDGE * self.head.unit))
        first, last = (
            int(np.clip(self.head.at(0, below)[1], 0, height))
            for below in (self.head.chin + 0.05, self.head.chin + DEEPEST)
        )
        middle = int(np.clip(self.middle, 1, width - 2))
        other = (self.framed.person < 128) | ((self.framed.keep > 128) & (np.abs(self.across) > 0.7))
        columns = np.arange(width)
        for side in (-1, 1):
            edges = np.full(last - first, np.nan)
            for row in range(first, last):
                half = real[row, middle::side] > 0.5
                if half[0]:
                    reach = int(half.argmin()) if not half.all() else len(half)
                    beyond = middle + side * (reach + step)
                    if 0 <= beyond < width and other[row, beyond] and reach > 0.25 * self.width:
                        edges[row - first] = reach
            found = np.flatnonzero(~np.isnan(edges))
            if len(found) < LEAST_OUTLINE * self.head.unit:
                continue
            rows = np.arange(len(edges))
            outline = np.interp(rows, found, edges[found]) + np.maximum(rows - found[-1], 0) * WIDENING
            outward = side * (columns[None] - middle)
            within[first:last] *= np.clip(outline[:, None] - outward + 0.5, 0, 1)
        return within

    def _modelled(self, aside: Plane) -> Plane:
        """Light on a round neck, from the face's lit side. Less at the edges, least under the jaw."""
        head = self.head
        roundness = 1 - 0.26 * np.clip(np.abs(aside), 0, 1.2) ** 3.5
        lit = np.exp(0.5 * self.light * np.clip(aside, -1.2, 1.2))
        jaw = self.framed.keep.astype(np.float32) / 255 * (self.below < head.chin + 0.05)
        shadow = np.zeros_like(jaw)
        for down, reach, weight in ((0.10, 0.10, 0.14), (0.30, 0.22, 0.12)):
            shadow += weight * cv2.GaussianBlur(
                np.roll(jaw, round(down * head.unit), axis=0), (0, 0), reach * head.unit
            )
        # Two muscles run from behind the ears to the pit of the throat, which is slightly shaded.
        depth = self.below - head.chin
        course = np.abs(np.abs(aside) - np.clip(0.95 - 0.55 * depth, 0.15, 1))
        muscle = 0.035 * np.exp(-((course / 0.16) ** 2)) * np.clip(depth * 2, 0, 1)
        pit = 0.07 * np.exp(-((aside / 0.22) ** 2) - ((depth - 1.15) / 0.22) ** 2)
        return np.asarray(roundness * lit * (1 - shadow + muscle - pit), np.float32)


def _measured(bare: Mask, head: Head, gender: Gender | None) -> tuple[float, float]:
    """Middle and width of the bare pixels below the jaw. If hidden, the usual width, but no wider than the jaw."""
    reach = round(0.35 * head.unit) | 1
    face = cv2.morphologyEx(bare.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8)) > 0
    jaw, under_face = _bare_run(face, head, np.linspace(1.05, 1.3, 6))
    usual = USUAL_NECK[gender] * head.unit
    if jaw > 1.2 * head.unit:
        usual = min(usual, 0.86 * jaw)
    else:
        under_face = head.at(0, head.chin)[0]
    width, middle = _bare_run(bare, head, np.linspace(head.chin - 0.05, head.chin + 0.12, 8))
    if not 0.75 * usual < width < 1.45 * usual:
        return under_face, usual
    return middle, max(width, 0.9 * usual)


def _bare_run(bare: Mask, head: Head, levels: NDArray[np.float64]) -> tuple[float, float]:
    """Median width and middle of the bare pixels around the head's axis, over these levels below the eyes."""
    widths, middles = [], []
    for below in levels:
        x, y = head.at(0, float(below))
        row = bare[int(np.clip(y, 0, len(bare) - 1))]
        gaps = np.flatnonzero(~row)
        left, right = gaps[gaps < x].max(initial=-1), gaps[gaps > x].min(initial=len(row))
        widths.append(float(right - left))
        middles.append(float(right + left) / 2)
    return float(np.median(widths)), float(np.median(middles))


def _gap(framed: FramedHead, cover: Plane, below: Plane, head: Head) -> Plane:
    """Gaps between neck and hanging hair, through which the background would be visible."""
    solid = ((framed.keep > 128) | (cover > 0.5)).astype(np.uint8)
    reach = round(GAP * head.unit) | 1
    closed = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((3, reach), np.uint8))
    beside_hair = cv2.dilate(framed.keep, np.ones((3, reach), np.uint8)) > 128
    slit = (closed > 0) & (cover < 0.5) & beside_hair & (below > head.chin - 0.5) & (below < head.chin + 0.8)
    return np.asarray(cv2.GaussianBlur(slit.astype(np.float32), (0, 0), 1.2))


def _tone(pixels: Colours, known: Mask, across: Plane, below: Plane, head: Head) -> NDArray[np.float32]:
    """The person's usual neck colour: measured there, else that of chin and lower cheeks, slightly darkened."""
    lower = known & (np.abs(across) < 0.8) & (below < head.chin - 0.1)
    usual = np.median(pixels[lower], axis=0) * (0.90, 0.87, 0.85) if lower.any() else np.array((190.0, 150.0, 130.0))
    neck = known & (below > head.chin + 0.03)
    if not neck.any():
        return usual.astype(np.float32)
    # A narrow strip is in the chin's shadow and says little about the whole neck.
    trust = min(1.0, float(neck.sum()) / (0.6 * head.unit**2))
    return np.asarray(usual + trust * (np.percentile(pixels[neck], 60, axis=0) - usual), np.float32)


def _joined_skin(framed: FramedHead, bare: Mask, head: Head) -> NDArray[np.uint8]:
    """The component of bare skin that is connected to the chin, including shadows inside it.

    Pixels that differ much from the skin around them are left out and filled in, so that no part of a necklace remains.
    """
    reach = round(0.28 * head.unit) | 1
    whole = cv2.morphologyEx(bare.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    pixels = framed.pixels.astype(np.float32)
    around = _spread(pixels, bare.astype(np.float32))
    alike = np.abs(pixels - around).max(-1) < UNLIKE_SKIN
    whole = whole * ((framed.person > 240) & alike)
    whole = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, labels = cv2.connectedComponents(whole)
    x, y = head.at(0, head.chin - 0.25)
    near = labels[int(y) - 8 : int(y) + 8, int(x) - 24 : int(x) + 24]
    return np.isin(labels, np.unique(near[near > 0])).astype(np.uint8)


def _spread(pixels: Colours, weight: Plane) -> Colours:
    """Colours of the weighted pixels spread over the plane, the nearest strongest (push–pull on a coarser grid)."""
    height, width = weight.shape
    small = (width // 3, height // 3)
    mass = cv2.resize(weight, small, interpolation=cv2.INTER_AREA)
    total = cv2.resize(pixels * weight[..., None], small, interpolation=cv2.INTER_AREA)
    answer, certainty = total.copy(), mass.copy()
    for reach in (2, 6, 18, 54):
        side = (2 * reach + 1, 2 * reach + 1)
        wide, wide_mass = cv2.blur(total, side), cv2.blur(mass, side)
        more = (1 - np.clip(certainty, 0, 1)) * np.clip(wide_mass * 40, 0, 1)
        answer = answer + wide / np.maximum(wide_mass, 1e-4)[..., None] * more[..., None]
        certainty = certainty + more
    answer = answer / np.maximum(certainty, 1e-4)[..., None]
    return np.asarray(cv2.resize(answer, (width, height), interpolation=cv2.INTER_LINEAR))


def _grain(framed: FramedHead, known: Mask) -> Colours:
    """Noise as strong as the skin's own fine texture."""
    luma = cv2.cvtColor(framed.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = (luma - cv2.GaussianBlur(luma, (0, 0), 2))[known]
    strength = 1.48 * float(np.median(np.abs(fine))) if len(fine) else 1.0
    white = np.random.default_rng(3).standard_normal(known.shape).astype(np.float32)
    noise = cv2.GaussianBlur(white, (0, 0), 0.8 * max(1.0, framed.enlargement))
    return np.asarray(noise / max(float(noise.std()), 1e-3) * strength)[..., None]


def _shown(known: NDArray[np.uint8], head: Head, middle: float) -> float:
    """How far the visible skin reaches below the chin: the median over the throat's middle columns."""
    chin = int(head.at(0, head.chin)[1])
    columns = slice(int(middle - 0.2 * head.unit), int(middle + 0.2 * head.unit))
    column = known[chin:, columns] > 0
    if not column.size:
        return 0.0
    lowest = np.where(column.any(0), len(column) - column[::-1].argmax(0), 0)
    return float(np.median(lowest)) / head.unit
