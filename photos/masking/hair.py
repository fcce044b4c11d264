"""Separates hair from clothes by colour, below the jaw.

Down to the mouth, every pixel of the person is head. Below, a pixel's colour is compared with two samples: the hair
beside the face and above the forehead, and the clothes on the chest. Where both fit, the pixel counts as hair: in a
portrait the new clothes cover it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.anatomy import Head
from photos.masking.matting import Colours, Plane, guided
from photos.masking.sam import Point
from photos.masking.strands import Strand
from photos.masking.view import View
from photos.skin import bare_skin

UNIT = 44
"""Pixels of the eye distance on the coarse grid on which colours are counted."""
ALL_HEAD = 1.15
"""Eye distances below the eyes down to which every pixel of the person is head …"""
CHEEKS, BESIDE_EYES = 1.05, 0.45
"""… within the cheeks; further out only down to BESIDE_EYES."""
HANGS = 0.08
"""Area of the person beside the jaw, in square eye distances, from which hair hangs on that side."""
OUTWARDS = 1.3
"""Eye distances by which hair may spread outwards while it falls by one."""
LEARNT_TO = 0.7
"""How far below the chin colours of hair are sampled, in eye distances."""
LEVELS = 8
"""Width of a histogram's cell, in levels of 8-bit Lab."""
LEAST = 1e-5
"""The share given to a colour that is not in the sample."""
ENOUGH = 20
"""Fewest pixels of clothes for their colours to count."""
CLOTHES = 0.15
"""Probability of hair below which a pixel is clothes, even in a hole within hair."""
ANY = -8.5
"""Logarithm of the least share of a colour among clothes. Collars and scarves may differ from the chest."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class _Grid:
    """The view on a coarse grid."""

    pixels: NDArray[np.uint8]
    lab: Colours
    person: Mask
    bare: Mask
    head: Head
    across: Plane
    below: Plane
    scale: float

    @classmethod
    def of(cls, view: View, person: Plane) -> _Grid:
        scale = UNIT / view.head.unit
        pixels = np.asarray(cv2.resize(view.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        height, width, _ = pixels.shape
        head = view.head.seen_from(0, 0, scale)
        y, x = np.mgrid[:height, :width].astype(np.float32)
        across, below = head.position(x, y)
        inside = cv2.resize(person.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > 0.5
        lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB).astype(np.float32)
        return cls(pixels, lab, inside, bare_skin(pixels, head, darkest=0.7), head, across, below, scale)

    def around(self, points: Sequence[Point], lowest: float = np.inf) -> Mask:
        """Patches of 7 × 7 around the points that are not below `lowest`."""
        height, width = self.person.shape
        seeds = np.zeros((height, width), np.uint8)
        for x, y in points:
            row, column = int(y * self.scale), int(x * self.scale)
            if row < height and column < width and self.below[row, column] < lowest:
                seeds[row, column] = 1
        return np.asarray(cv2.dilate(seeds, np.ones((7, 7), np.uint8)) > 0)


@dataclass(frozen=True)
class Hints:
    """Points and masks from which colours are sampled, in pixels of the view."""

    strands: Sequence[Strand]
    beard: Strand
    chest: Sequence[Point]
    """Points on clothes, judged by position and colour."""
    clothes: Plane
    """SAM's mask of the clothes, which may contain hair."""


def head_share(view: View, person: Plane, hints: Hints) -> Plane:
    """The head's share of each pixel of the person: 1 = head, hair, beard and throat, 0 = clothes.

    The edge follows the picture's.
    """
    grid = _Grid.of(view, person)
    chin = grid.head.chin
    hangs = _may_hang(grid, hints)
    likely = _hair_against_clothes(grid, hints, hangs)
    throat = grid.bare & (np.abs(grid.across) < 0.95) & (grid.below < chin + 0.8)
    # Pixels with the skin's colour are bright hair or a bare shoulder, never clothes.
    likely = np.where(grid.bare, np.maximum(likely, 0.6), likely)
    likely = np.where(throat | _face(grid), 1, np.where(hangs, likely, 0))
    # Raised shoulders reach up to the jaw, but not to the eyes.
    surely = (grid.below < ALL_HEAD) & ((np.abs(grid.across) < CHEEKS) | (grid.below < BESIDE_EYES))
    likely = np.where(surely, 1, likely) * grid.person
    soft = guided(grid.pixels, likely.astype(np.float32), 4, 2e-4, shrink=1)
    whole = _in_one_piece(soft, grid)
    size = (view.pixels.shape[1], view.pixels.shape[0])
    coarse = cv2.resize(whole.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    return guided(view.pixels, np.clip(coarse, 0, 1), max(2, round(0.06 * view.head.unit)), 1e-4)


def _face(grid: _Grid) -> Mask:
    """An oval down to the chin, as wide as the jaw."""
    aside, down = np.abs(grid.across) / 0.95, np.maximum(grid.below - 0.4, 0) / (grid.head.chin - 0.35)
    return np.asarray(aside**2.2 + down**2.2 < 1)


def _hair_against_clothes(grid: _Grid, hints: Hints, hangs: Mask) -> Plane:
    """Probability of hair by colour alone.

    Hair is often lighter at its tips, so colours are sampled from the top down.
    """
    beside = (
        (grid.below < BESIDE_EYES + 0.2) & (grid.below > -1.2) & (np.abs(grid.across) > 0.95) & grid.person & ~grid.bare
    )
    hair = beside | ((grid.below < -1.0) & grid.person)
    strands = [point for strand in (*hints.strands, hints.beard) for point in strand]
    hair |= grid.around(strands, lowest=grid.head.chin) & grid.person
    likely: Plane = np.zeros(hair.shape, np.float32)
    for lowest in (ALL_HEAD + 0.4, grid.head.chin + 0.2, grid.head.chin + LEARNT_TO):
        if not hair.any():
            break
        likely = _likelihood(grid, hints, hair)
        learnt = (likely > 0.55) & hangs & grid.person & (grid.below < lowest) & (np.abs(grid.across) > 0.95)
        hair |= cv2.morphologyEx(learnt.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8)) > 0
    return likely


def _likelihood(grid: _Grid, hints: Hints, hair: Mask) -> Plane:
    hair_like = _log_share(grid.lab, hair)
    # A chest with the hair's colours may be covered by hair.
    alike = cv2.blur(hair_like, (3, 3)) > np.percentile(hair_like[hair], 20) - 0.3
    clothes = _clothes(grid, hints) & ~alike
    other: Plane = np.full(hair.shape, ANY, np.float32)
    if clothes.sum() >= ENOUGH:
        other = np.logaddexp(_log_share(grid.lab, clothes), other)
    # Dark threads of a pattern are not hair, so patches are judged instead of pixels.
    evidence = cv2.blur(hair_like - other, (5, 5))
    return np.asarray(1 / (1 + np.exp(-np.clip((evidence - 0.2) / 1.2, -8, 8))), np.float32)


def _clothes(grid: _Grid, hints: Hints) -> Mask:
    size = grid.person.shape[::-1]
    guessed = cv2.resize(hints.clothes, size, interpolation=cv2.INTER_AREA) > 0.8
    chin = grid.head.chin
    middle = (np.abs(grid.across) < 0.5) & (grid.below > chin + 0.9)
    found = (guessed & (grid.below > chin + 0.6)) | grid.around(hints.chest) | middle
    return np.asarray(found & grid.person & ~grid.bare & (grid.below > chin + 0.3))


def _log_share(lab: Colours, sample: Mask) -> Plane:
    """The logarithm of the share of each pixel's colour in the sample, smoothed over neighbouring colours."""
    cells = (lab / LEVELS).astype(np.int64)
    side = 256 // LEVELS
    numbers = (cells[..., 0] * side + cells[..., 1]) * side + cells[..., 2]
    counts: Plane = np.bincount(numbers[sample], minlength=side**3).astype(np.float32).reshape(side, side, side)
    for axis, blur in ((0, 1.2), (1, 0.8), (2, 0.8)):
        flat = np.ascontiguousarray(np.moveaxis(counts, axis, 0)).reshape(side, -1)
        turned = cv2.GaussianBlur(flat, (1, 5), blur).reshape(side, side, side)
        counts = np.moveaxis(turned, 0, axis)
    shares: NDArray[Any] = np.log(counts / max(float(counts.sum()), 1) + LEAST).reshape(-1)
    return np.asarray(shares[numbers], np.float32)


def _may_hang(grid: _Grid, hints: Hints) -> Mask:
    """Where hair can be below the jaw: on the sides where it hangs beside the jaw, and in a beard.

    Hair falls, so it reaches little further out than beside the jaw, where all of the person is hair.
    """
    allowed = np.abs(grid.across) < (1.05 if hints.beard else 0)
    for side in (-1, 1):
        aside = grid.across * side
        beside_jaw = (aside > 1.05) & (aside < 3.0) & (grid.below > 0.9) & (grid.below < 1.4) & grid.person
        if (beside_jaw & (aside < 1.9)).sum() > HANGS * UNIT**2:
            reach = np.percentile(aside[beside_jaw], 98) + OUTWARDS * np.maximum(grid.below - 1.2, 0.3)
            allowed |= (aside > 0) & (aside < reach)
    return np.asarray(allowed)


def _in_one_piece(soft: Plane, grid: _Grid) -> NDArray[np.uint8]:
    """The component of the face, without specks. Pinholes are filled unless they are certainly clothes."""
    whole = cv2.morphologyEx((soft > 0.5).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    closed = cv2.morphologyEx(whole, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    whole = np.where(soft > CLOTHES, closed, 0).astype(np.uint8)
    whole = cv2.morphologyEx(whole, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    _, labels = cv2.connectedComponents(whole)
    x, y = grid.head.at(0, 0.5)
    return np.asarray(labels == labels[int(y), int(x)], np.uint8)
