"""The suit: one photographed jacket, shirt and tie, coloured anew for each look.

Cloth is the one thing that cannot be drawn convincingly, so its folds, weave and shadows come from a photograph in
the public domain (garments/SOURCES.md) whose parts are masked by hand. The blouse is drawn. Each look is coloured
once per process.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.outpainting import Colour, Inner, Look
from workers.errors import Misconfigured

FOLDER = Path(__file__).with_name("garments")
Cloth = NDArray[Any]
"""Height × width × 3, sRGB, 0–255, single precision."""
Cover = NDArray[Any]
"""Height × width, 0–1, single precision."""

UNIT = 193.98
"""The wearer's eye distance in pixels of the plate: the plate's ruler (see photos.anatomy)."""
CHIN = 107.0
"""The wearer's chin in the plate, pixels from the top."""
NECK_MIDDLE = 716.0
NECK_WIDTH = 350.0
"""Between the collar's upper ends, in pixels."""
JACKET_LUMA, SHIRT_LUMA = 42.0, 226.0
"""The photographed cloth's own tone, mean of the jacket and lightest of the shirt."""


@dataclass(frozen=True)
class Garment:
    """Height × width × 4 each: sRGB and cover, all 0–255."""

    cloth: NDArray[np.uint8]
    back: NDArray[np.uint8]
    """The inside of the collar behind the neck, in its shadow."""


@dataclass(frozen=True)
class _Plate:
    luma: Cover
    """0–255."""
    jacket: Cover
    shirt: Cover
    tie: Cover


@cache
def _plate() -> _Plate:
    photograph, parts = _read("suit.webp"), _read("suit-parts.png") / 255
    return _Plate(photograph.mean(2), jacket=parts[..., 2], shirt=parts[..., 1], tie=parts[..., 0])


def _read(name: str) -> Cloth:
    picture = cv2.imread(str(FOLDER / name), cv2.IMREAD_COLOR)
    if picture is None:
        raise Misconfigured(f"{name} of the garments cannot be read")
    return picture.astype(np.float32)


USUAL_DEPTH = {Inner.SHIRT_AND_TIE: 0.62, Inner.ROUND_BLOUSE: 0.83, Inner.V_BLOUSE: 1.1}
"""How far under the chin the bare throat ends, in eye distances."""
LEAST_DEPTH = {Inner.SHIRT_AND_TIE: 0.62, Inner.ROUND_BLOUSE: 0.43, Inner.V_BLOUSE: 0.6}


def depth(look: Look, shown: float) -> float:
    """The neckline for a throat of which the photo shows `shown` eye distances: no lower than the look's usual one,
    and so high that little skin must be invented. In steps, so that few garments are made."""
    return float(np.clip(np.ceil(shown / 0.2) * 0.2, LEAST_DEPTH[look.inner], USUAL_DEPTH[look.inner]))


@cache
def garment(look: Look, depth: float) -> Garment:
    """Made once per process; 8 MB each."""
    if look.inner is Inner.SHIRT_AND_TIE and look.tie:
        plate = _plate()
        cloth = _shirt(plate.luma, look.shirt) * plate.shirt[..., None]
        cloth += _woven(plate.luma, *look.tie) * plate.tie[..., None]
        inside = plate.shirt + plate.tie
        lining, collar = look.shirt, _Collar(NECK_WIDTH / 2 - 3, 90.0, 77.0)
    else:
        plate = _closed(_plate())
        under = _under_neckline(plate.luma.shape, look.inner, depth)
        below = np.clip(under / 2 + 0.5, 0, 1)
        y, x = np.mgrid[: below.shape[0], : below.shape[1]]
        throat = (1 - plate.jacket) * ((np.abs(x - NECK_MIDDLE) < NECK_WIDTH / 2 + 3) & (y > 100))
        inside = np.maximum(plate.shirt + plate.tie, throat) * below
        lining, collar = look.jacket, _Collar(NECK_WIDTH / 2 + 22, 110.0, 112.0)
        cloth = _blouse(plate.jacket, under, look.shirt) * inside[..., None]
    cloth += _jacket(plate.luma, look.jacket) * plate.jacket[..., None]
    cover = np.clip(plate.jacket + inside, 0, 1)
    cloth = cloth / np.maximum(cover, 1e-3)[..., None]
    return Garment(_layer(cloth, cover, look), _layer(*_back(plate.luma.shape, lining, collar), look))


def _layer(colours: Cloth, cover: Cover, look: Look) -> NDArray[np.uint8]:
    layer = np.clip(np.rint(np.dstack([colours, cover * 255])), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(layer[:, ::-1] if look.mirrored else layer)


def _closed(plate: _Plate) -> _Plate:
    """The jacket cut closer: its fronts meet lower in the picture, as a woman's buttoned jacket does."""
    height, width = plate.luma.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    aside, side = np.abs(x - NECK_MIDDLE), np.sign(x - NECK_MIDDLE)
    opening, shoulder = 190.0, 690.0
    down = np.clip((y - 140) / (height - 140), 0, 1)
    squeezed = opening * (1 - 0.62 * down)
    within = aside / squeezed * opening
    beyond = opening + (aside - squeezed) * (shoulder - opening) / (shoulder - squeezed)
    source = NECK_MIDDLE + side * np.where(aside < squeezed, within, beyond)

    def moved(plane: Cover) -> Cover:
        return np.asarray(cv2.remap(plane, source, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    return _Plate(moved(plate.luma), moved(plate.jacket), moved(plate.shirt), moved(plate.tie))


@dataclass(frozen=True)
class _Collar:
    """The inside of a collar behind the neck, in pixels of the plate."""

    half_width: float
    left_top: float
    right_top: float


def _back(shape: tuple[int, ...], colour: Colour, collar: _Collar) -> tuple[Cloth, Cover]:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    aside = (x - NECK_MIDDLE) / collar.half_width
    top = (
        collar.left_top + (collar.right_top - collar.left_top) * (aside + 1) / 2 - 9 * (1 - np.clip(aside, -1, 1) ** 2)
    )
    cover = np.clip((y - top) / 2.5 + 0.5, 0, 1) * np.clip((1 - np.abs(aside)) * 60 + 0.5, 0, 1) * (y < 320)
    tone = 0.62 - 0.25 * np.clip((y - top) / 90, 0, 1)
    return tone[..., None] * np.asarray(colour, np.float32), cover


def neck_middle(look: Look) -> float:
    """Pixels from the left of the plate as the look wears it."""
    width = _plate().luma.shape[1]
    return width - 1 - NECK_MIDDLE if look.mirrored else NECK_MIDDLE


def _jacket(luma: Cover, colour: Colour) -> Cloth:
    # Dark cloth shows its folds less; a little more contrast keeps lapels readable on black.
    tone = np.clip(luma / JACKET_LUMA, 0, 1.5) ** 1.15
    return np.asarray(tone[..., None] * np.asarray(colour, np.float32))


def _shirt(luma: Cover, colour: Colour) -> Cloth:
    tone = np.clip(luma / SHIRT_LUMA, 0, 1.03) ** 0.72
    return np.asarray(np.minimum(tone[..., None] * np.asarray(colour, np.float32), 253))


def _woven(luma: Cover, dark: Colour, light: Colour) -> Cloth:
    share = np.clip((luma - 30) / 200, 0, 1)[..., None]
    return np.asarray(dark, np.float32) * (1 - share) + np.asarray(light, np.float32) * share


def _under_neckline(shape: tuple[int, ...], inner: Inner, depth: float) -> Cover:
    """Pixels below the blouse's upper edge, negative above it."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    sides = 108.0
    drop = CHIN + depth * UNIT - sides
    aside = np.clip(np.abs(x - NECK_MIDDLE) / 176, 0, 1)
    curve = np.sqrt(1 - aside**2) if inner is Inner.ROUND_BLOUSE else 1 - aside**1.25
    return np.asarray(y - sides - drop * curve, np.float32)


def _blouse(jacket: Cover, under: Cover, colour: Colour) -> Cloth:
    """Plain light cloth: a hem along the neckline, drape, the lapels' shadow."""
    height, width = jacket.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    random = np.random.default_rng(11)
    folds = np.zeros_like(jacket)
    for _ in range(14):
        start, lean = random.uniform(-150, 150), random.uniform(-0.1, 0.1)
        # Drape hangs from the shoulders and gathers towards the jacket's button.
        path = NECK_MIDDLE + start * (1 - 0.62 * np.clip((y - 140) / (height - 140), 0, 1)) + lean * (y - 300)
        reach, depth = random.uniform(7, 22), random.uniform(0.4, 1) * random.choice((-1, 1))
        wave = (x - path) / reach
        folds += depth * wave * np.exp(-(wave**2)) * np.clip((under - 25) / 160, 0, 1)
    shadow = cv2.GaussianBlur(jacket, (0, 0), 11) + 0.5 * cv2.GaussianBlur(jacket, (0, 0), 34)
    stitch = np.exp(-(((under - 11) / 1.3) ** 2))
    rolled = np.exp(-((under / 4.5) ** 2))
    weave = cv2.GaussianBlur(random.standard_normal(jacket.shape).astype(np.float32), (0, 0), 0.9)
    fall = 0.05 * np.clip((y - 200) / 470, 0, 1)
    collar = 0.5 * np.clip((172 - y) / 60, 0, 1)
    tone = 0.985 - collar + 0.10 * folds - 0.36 * np.clip(shadow, 0, 1) ** 1.6 - 0.07 * stitch - 0.12 * rolled - fall
    return np.asarray(np.clip((tone + 0.006 * weave)[..., None] * np.asarray(colour, np.float32), 0, 253))
