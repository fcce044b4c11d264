"""The embedded world's outpainter: real neck, photographed suit, plain background, composed without any model.

No composite equals a diffusion model for clothes: the jacket's cut is always the same one, and a neck that the
photo does not show is filled from the skin around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.anatomy import Head, head_of
from photos.framing import CANVAS
from photos.masking.matting import Colours, Plane
from photos.outpainting import Inner, Look, Painted, Style, Take, cover_kept, paste_kept
from photos.outpainting import garment as wardrobe
from photos.skin import bare_skin
from photos.types import Alpha, FramedHead, Gender, Pixels

USUAL_NECK = {"male": 1.72, "female": 1.48, None: 1.6}
"""Neck width in eye distances where the photo does not show it."""


HIGHEST_COLLAR = 0.16
"""How far a shirt's collar is lifted over its usual place to cover a throat that the photo does not show."""


class StudioCompositor:
    name = "studio"
    model = "studio-compositor-1"
    size = CANVAS
    images_per_call = 3
    waits = False

    def outpaint(self, framed: FramedHead, style: Style, takes: Sequence[Take]) -> list[Painted | None]:
        plain = np.empty_like(framed.pixels)
        plain[:] = style.background
        if not style.looks:
            return [_own_clothes(framed, plain) for _ in takes]
        scene = _Scene.of(framed, style.gender)
        return [scene.dressed(style.look(take.number), plain) for take in takes]


def _own_clothes(framed: FramedHead, plain: Pixels) -> Painted:
    pixels = _over(plain.astype(np.float32), framed.pixels.astype(np.float32), framed.person / np.float32(255))
    return Painted(pixels, framed.person)


def _over(under: Colours, colours: Colours, cover: Plane) -> Pixels:
    mixed = under + (colours - under) * cover[..., None]
    return np.asarray(np.clip(np.rint(mixed), 0, 255), np.uint8)


def _together(covers: Sequence[Plane]) -> Alpha:
    """What several layers over each other hide of what is behind them."""
    through = np.prod([1 - np.clip(cover, 0, 1) for cover in covers], axis=0)
    return np.asarray(np.rint((1 - through) * 255), np.uint8)


@dataclass(frozen=True)
class _Neck:
    middle: float
    width: float
    """Pixels of the canvas."""


@dataclass(frozen=True)
class _Scene:
    """Everything about the person that does not depend on the look; measured once for all candidates."""

    framed: FramedHead
    head: Head
    neck: _Neck
    skin: Colours
    """Real neck where it shows, filled from it where it does not."""
    skin_cover: Plane
    shown: float
    """How far under the chin the photo shows bare skin, in eye distances."""
    light: float
    """How much brighter the viewer's right side of the face is than the left, −0.3 … 0.3."""
    shade: Plane
    """What the head's shadow leaves of the light on the clothes, 0–1."""

    @classmethod
    def of(cls, framed: FramedHead, gender: Gender | None) -> _Scene:
        height, width = framed.keep.shape
        head = head_of(framed.face, width, height)
        y, x = np.mgrid[:height, :width].astype(np.float32)
        across, below = head.place(x, y)
        bare = bare_skin(framed.pixels, head, darkest=0.5) & (framed.person > 240)
        neck = _measured_neck(bare, head, gender)
        known = _joined_skin(framed, bare & (below > 1.1) & (below < head.chin + 1.6), head)
        skin, cover = _skin(framed, known, head, neck, across, below)
        return cls(
            framed,
            head,
            neck,
            skin,
            cover,
            shown=_shown(known, head, neck),
            light=_light(framed, bare, across, below),
            shade=_shade(framed, below, head),
        )

    def dressed(self, look: Look, plain: Pixels) -> Painted:
        made = wardrobe.garment(look, wardrobe.depth(look, self.shown))
        columns, rows = self._fit(look, made.cloth.shape[0])

        def worn(layer: NDArray[np.uint8]) -> tuple[Colours, Plane]:
            fitted = cv2.remap(layer, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            fitted = fitted.astype(np.float32)
            if self.framed.enlargement > 1.2:
                fitted = cv2.GaussianBlur(fitted, (0, 0), 0.42 * self.framed.enlargement)
            return fitted[..., :3], fitted[..., 3] / 255

        # Nothing is painted above the mouth.
        first = int(self.head.at(0, 1.0)[1])
        columns, rows = columns[first:], rows[first:]
        canvas = plain.copy()
        back, back_cover = worn(made.back)
        part = _over(plain[first:].astype(np.float32), back, back_cover).astype(np.float32)
        part = _over(part, self.skin[first:], self.skin_cover[first:]).astype(np.float32)
        slope = 1 + self.light * np.linspace(-0.5, 0.5, columns.shape[1], dtype=np.float32)[None, :, None]
        cloth, cloth_cover = worn(made.cloth)
        canvas[first:] = _over(part, cloth * slope * self.shade[first:, :, None], cloth_cover)
        cover = np.zeros(canvas.shape[:2], np.uint8)
        cover[first:] = _together((back_cover, self.skin_cover[first:], cloth_cover))
        return Painted(paste_kept(self.framed, canvas), cover_kept(self.framed, cover))

    def _fit(self, look: Look, plate_height: int) -> tuple[Plane, Plane]:
        """For each pixel of the canvas its place on the plate."""
        height, width = self.framed.keep.shape
        ratio = wardrobe.UNIT / self.head.unit
        wide = float(np.clip(self.neck.width * 0.99 * ratio / wardrobe.NECK_WIDTH, 0.84, 1.2))
        columns = (np.arange(width, dtype=np.float32) - self.neck.middle) * ratio / wide + wardrobe.neck_middle(look)
        chin = self.head.at(0, self.head.chin)[1]
        missing = wardrobe.USUAL_DEPTH[look.inner] - self.shown - 0.1 if look.inner is Inner.SHIRT_AND_TIE else 0.0
        lift = float(np.clip(missing, 0, HIGHEST_COLLAR)) * self.head.unit
        down = (np.arange(height, dtype=np.float32) - chin + lift) * ratio
        # The photograph ends above the canvas's lower edge: under the collar it is stretched to reach it.
        start, end = 60.0, float(down[-1])
        room = plate_height - 2 - wardrobe.CHIN
        stretch = (room - start) / (end - start) if end > room else 1.0
        rows = np.where(down < start, down, start + (down - start) * stretch) + wardrobe.CHIN
        return (
            np.ascontiguousarray(np.broadcast_to(columns[None, :], (height, width)), np.float32),
            np.ascontiguousarray(np.broadcast_to(rows[:, None], (height, width)), np.float32),
        )


def _measured_neck(bare: NDArray[np.bool_], head: Head, gender: Gender | None) -> _Neck:
    """Width and middle of the bare run under the jaw; where it is hidden the usual width, within the jaw's."""
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
        return _Neck(under_face, usual)
    return _Neck(middle, max(width, 0.9 * usual))


def _bare_run(bare: NDArray[np.bool_], head: Head, levels: NDArray[np.float64]) -> tuple[float, float]:
    """Median width and middle of the run of bare pixels around the head's axis, over some levels below the eyes."""
    widths, middles = [], []
    for below in levels:
        x, y = head.at(0, float(below))
        row = bare[int(np.clip(y, 0, len(bare) - 1))]
        gaps = np.flatnonzero(~row)
        left, right = gaps[gaps < x].max(initial=-1), gaps[gaps > x].min(initial=len(row))
        widths.append(float(right - left))
        middles.append(float(right + left) / 2)
    return float(np.median(widths)), float(np.median(middles))


def _skin(
    framed: FramedHead, known: NDArray[np.uint8], head: Head, neck: _Neck, across: Plane, below: Plane
) -> tuple[Colours, Plane]:
    """Skin colours for the neck and where they are needed: the photo's own where bare, else carried from there."""
    pixels = framed.pixels.astype(np.float32)
    throat = (below > 1.1) & (below < head.chin + 1.6)
    edge = 2 * round(3 + 2.5 * max(1.0, framed.enlargement)) - 1
    core = cv2.erode(known, np.ones((edge, edge), np.uint8))
    real = np.clip(cv2.GaussianBlur(core.astype(np.float32), (0, 0), edge / 4) * 2 - 0.6, 0, 1)
    aside = (across - (neck.middle - head.eyes[0]) / head.unit) / (neck.width / 2 / head.unit)
    flare = 1.0 + 0.30 * np.clip(below - head.chin, 0, 1) ** 1.5
    shape = np.clip((flare - np.abs(aside)) * neck.width / 6 + 0.5, 0, 1) * throat
    inner = cv2.erode(core, np.ones((5, 5), np.uint8))
    filled = _spread(pixels, inner.astype(np.float32))
    # Far from what the photo shows, the chin's own tone, a little in the shade, is the better guess.
    away = cv2.distanceTransform(1 - inner, cv2.DIST_L2, 5) / head.unit
    tone = _tone(pixels, inner > 0, across, below, head)
    roundness = 1 - 0.22 * np.clip(np.abs(aside), 0, 1.2) ** 4
    under_jaw = np.roll(framed.keep.astype(np.float32) / 255, round(0.12 * head.unit), axis=0)
    shadow = 1 - 0.16 * cv2.GaussianBlur(under_jaw, (0, 0), 0.14 * head.unit)
    fading = np.exp(-away / 0.3)[..., None]
    filled = tone * (roundness * shadow)[..., None] * (1 - fading) + filled * fading
    filled += _grain(framed, known > 0)
    skin = filled + (pixels - filled) * real[..., None]
    cover = np.maximum(shape, real * throat)
    gap = _gap(framed, cover, below, head) * (np.abs(across) < 1.4)
    skin = skin + (_spread(pixels, (framed.keep > 250).astype(np.float32)) * 0.5 - skin) * gap[..., None]
    return skin.astype(np.float32), np.maximum(cover, gap).astype(np.float32)


def _gap(framed: FramedHead, cover: Plane, below: Plane, head: Head) -> Plane:
    """Slits between neck and hanging hair, where the background would shine through."""
    solid = ((framed.keep > 128) | (cover > 0.5)).astype(np.uint8)
    reach = round(0.3 * head.unit) | 1
    closed = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((3, reach), np.uint8))
    beside_hair = cv2.dilate(framed.keep, np.ones((3, reach), np.uint8)) > 128
    slit = (closed > 0) & (cover < 0.5) & beside_hair & (below > head.chin - 0.5) & (below < head.chin + 0.8)
    return np.asarray(cv2.GaussianBlur(slit.astype(np.float32), (0, 0), 1.2))


def _tone(pixels: Colours, known: NDArray[np.bool_], across: Plane, below: Plane, head: Head) -> NDArray[np.float32]:
    """The usual colour of this person's neck: measured there, else that of chin and lower cheeks a little shaded."""
    lower = known & (np.abs(across) < 0.8) & (below < head.chin - 0.1)
    usual = np.median(pixels[lower], axis=0) * (0.90, 0.87, 0.85) if lower.any() else np.array((190.0, 150.0, 130.0))
    neck = known & (below > head.chin + 0.03)
    if not neck.any():
        return usual.astype(np.float32)
    # A narrow strip lies in the chin's shadow and says little of the whole neck.
    trust = min(1.0, float(neck.sum()) / (0.6 * head.unit**2))
    return np.asarray(usual + trust * (np.percentile(pixels[neck], 60, axis=0) - usual), np.float32)


def _joined_skin(framed: FramedHead, bare: NDArray[np.bool_], head: Head) -> NDArray[np.uint8]:
    """The piece of bare skin that hangs together with the chin, shadows in its midst included."""
    lightness = cv2.cvtColor(framed.pixels, cv2.COLOR_RGB2GRAY)
    dark = lightness < 0.33 * np.median(lightness[bare]) if bare.any() else np.zeros_like(bare)
    reach = round(0.28 * head.unit) | 1
    whole = cv2.morphologyEx(bare.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    whole = whole * ((framed.person > 240) & ~dark)
    whole = cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, labels = cv2.connectedComponents(whole)
    x, y = head.at(0, head.chin - 0.25)
    around = labels[int(y) - 8 : int(y) + 8, int(x) - 24 : int(x) + 24]
    return np.isin(labels, np.unique(around[around > 0])).astype(np.uint8)


def _spread(pixels: Colours, weight: Plane) -> Colours:
    """Colours of the weighted pixels carried everywhere, near ones strongest (push–pull), on a coarser grid."""
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


def _grain(framed: FramedHead, known: NDArray[np.bool_]) -> Colours:
    """Noise as strong as the skin's own fine texture."""
    luma = cv2.cvtColor(framed.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = (luma - cv2.GaussianBlur(luma, (0, 0), 2))[known]
    strength = 1.48 * float(np.median(np.abs(fine))) if len(fine) else 1.0
    white = np.random.default_rng(3).standard_normal(known.shape).astype(np.float32)
    noise = cv2.GaussianBlur(white, (0, 0), 0.8 * max(1.0, framed.enlargement))
    return np.asarray(noise / max(float(noise.std()), 1e-3) * strength)[..., None]


def _shown(known: NDArray[np.uint8], head: Head, neck: _Neck) -> float:
    """How far the known skin reaches under the chin, median over the throat's middle columns."""
    chin = int(head.at(0, head.chin)[1])
    middle = slice(int(neck.middle - 0.2 * head.unit), int(neck.middle + 0.2 * head.unit))
    column = known[chin:, middle] > 0
    if not column.size:
        return 0.0
    lowest = np.where(column.any(0), len(column) - column[::-1].argmax(0), 0)
    return float(np.median(lowest)) / head.unit


def _light(framed: FramedHead, bare: NDArray[np.bool_], across: Plane, below: Plane) -> float:
    luma = cv2.cvtColor(framed.pixels, cv2.COLOR_RGB2GRAY)
    band = bare & (below > 0.3) & (below < 0.95)
    left, right = luma[band & (across < -0.3) & (across > -0.9)], luma[band & (across > 0.3) & (across < 0.9)]
    if not len(left) or not len(right):
        return 0.0
    return float(np.clip(np.log(max(right.mean(), 1) / max(left.mean(), 1)), -0.3, 0.3))


def _shade(framed: FramedHead, below: Plane, head: Head) -> Plane:
    """Hair and chin darken what lies just under them."""
    keep = framed.keep.astype(np.float32) / 255 * (below > 0.8)
    reach = 0.10 * head.unit
    dropped = cv2.GaussianBlur(np.roll(keep, round(0.08 * head.unit), axis=0), (0, 0), reach)
    return (1 - 0.38 * dropped).astype(np.float32)
