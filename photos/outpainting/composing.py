"""Composes a framed head, rendered clothes and a plain background from layers, with the shadows between them.

From back to front: background, collars behind the neck, throat, hair that falls behind, clothes, and in front the face,
the beard and all above the chin. Hair below the chin is under the clothes, which hides where old clothes cut it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.anatomy import Head, head_of
from photos.masking.matting import Colours, Plane
from photos.outpainting.layers import Layers
from photos.outpainting.neck import Neck, neck_of
from photos.outpainting.wardrobe import Fit, Garment
from photos.skin import bare_skin
from photos.types import Alpha, FramedHead, Gender, Pixels

UNIT_CM = 6.3
"""The assumed eye distance in cm: the mean pupillary distance of adults (Dodgson 2004)."""
NARROWEST, WIDEST = 0.86, 1.22
"""The limits of the factor by which a collar is scaled to fit the neck."""
COLLAR_CM = 6.5
"""Half the width around the neck that is scaled. Beyond it the shoulders keep their width."""
HIGHEST_LIFT_CM = 1.0
"""How far clothes may be lifted to cover a throat that the photo does not show."""
FROM = 0.25
"""Eye distances below the eyes at which the composed part of the canvas begins."""
HAIR_HANGS_WITHIN, FLAT = 1.5, 0.25
"""Eye distances. Beyond the first from the middle, kept pixels are hair only if higher than the second."""
LEAST_NOISE, MOST_NOISE = 1.2, 2.4
"""Limits of the standard deviation of the grain on cloth, in levels of 255.

Without an upper limit the face's pores and freckles, which count as grain, would make plain cloth look like tweed.
"""


@dataclass(frozen=True)
class Composed:
    pixels: Pixels
    cover: Alpha
    """255 = person or clothes, 0 = the plain background."""
    layers: Layers


@dataclass(frozen=True)
class Wearer:
    """Everything about the person that does not depend on the look; measured once for all candidates.

    All fields but `whole` cover the canvas from just below the eyes downwards, where clothes, throat and shadows are.
    """

    whole: FramedHead
    first: int
    """The row of the canvas at which the other fields begin."""
    framed: FramedHead
    head: Head
    across: Plane
    below: Plane
    neck: Neck
    light: float
    """Logarithm of the brightness of the viewer's right side of the face over the left, −0.3 to 0.3."""
    face: Plane
    """The face's oval, 0–1."""
    front: Plane
    """The share of the kept pixels that is in front of all clothes, 0–1."""
    noise: float
    """Standard deviation of the face's own grain, levels of 255."""

    @classmethod
    def of(cls, whole: FramedHead, gender: Gender | None) -> Wearer:
        height, width = whole.keep.shape
        head = head_of(whole.face, width, height)
        first = max(0, int(head.at(0, FROM)[1]))
        framed = _below(whole, first)
        head = head.seen_from(0, first, 1)
        y, x = np.mgrid[: height - first, :width].astype(np.float32)
        across, below = head.position(x, y)
        bare = bare_skin(framed.pixels, head, darkest=0.5) & (framed.person > 240)
        light = _light(framed, bare, across, below)
        face = _oval(head, across, below)
        return cls(
            whole,
            first,
            framed,
            head,
            across,
            below,
            neck_of(framed, head, gender, light, across, below),
            light,
            face,
            _in_front(framed, head, face, bare, across, below),
            _noise(framed, bare & (face > 0.9)),
        )


def compose(wearer: Wearer, garment: Garment, background: tuple[int, int, int]) -> Composed:
    """The wearer in the garment. A pure function: the same input gives the same picture."""
    framed, unit = wearer.framed, wearer.head.unit
    worn = _Worn.by(wearer, garment)
    keep = _without_old_shoulders(wearer, framed.keep.astype(np.float32) / 255, worn.cover)
    keep = _in_one_piece(keep, worn.cover * (1 - wearer.front))
    pixels = framed.pixels.astype(np.float32)
    # Each kept pixel is laid in one layer, except at the soft border of the two. Twice would thicken the hair's edge.
    front, behind = keep * wearer.front, keep * (wearer.front < 0.999)

    canvas = np.empty_like(pixels)
    canvas[:] = background
    canvas = _over(canvas, worn.back, worn.back_cover)
    throat = wearer.neck.cover * _slim(wearer, keep)
    # Skin and hair next to the collar are in its shadow.
    canvas = _over(canvas, wearer.neck.skin * worn.shade[..., None], throat)
    shaded = 1 - (1 - worn.shade) * (1 - wearer.front)
    canvas = _over(canvas, pixels * shaded[..., None], behind)
    dropped = cv2.GaussianBlur(np.roll(front * (wearer.below > 0.5), round(0.14 * unit), 0), (0, 0), 0.15 * unit)
    cloth = worn.cloth * (1 - 0.42 * dropped[..., None]) + _grain(wearer)[..., None]
    canvas = _over(canvas, np.clip(cloth, 0, 255), worn.cover)
    canvas = _over(canvas, pixels, front)

    kept = np.where(shaded > 0.995, 1 - (1 - front) * (1 - behind * (1 - worn.cover)), front)
    cover = 1 - (1 - worn.back_cover) * (1 - throat) * (1 - behind) * (1 - worn.cover) * (1 - front)
    top = wearer.whole.keep[: wearer.first]
    nothing = np.zeros_like(top)
    layers = Layers(
        kept=_joined(top, kept),
        face=_joined(nothing, wearer.face * keep),
        hair_behind=_joined(nothing, keep * (1 - wearer.front)),
        neck=_joined(nothing, throat),
        invented=_joined(nothing, throat * (1 - wearer.neck.real)),
        cloth=_joined(nothing, worn.cover),
        collar_behind=_joined(nothing, worn.back_cover),
    )
    return Composed(_finished(wearer, canvas, background), _joined(top, cover), layers)


def _below(whole: FramedHead, first: int) -> FramedHead:
    return replace(whole, pixels=whole.pixels[first:], keep=whole.keep[first:], person=whole.person[first:])


def _joined(top: Alpha, lower: Plane) -> Alpha:
    return np.vstack([top, np.rint(np.clip(lower, 0, 1) * 255).astype(np.uint8)])


def _finished(wearer: Wearer, lower: Colours, background: tuple[int, int, int]) -> Pixels:
    """The canvas: the composed part below the upper one, which has only the kept head and the background."""
    share = wearer.whole.keep[: wearer.first, :, None].astype(np.uint16)
    blended = wearer.whole.pixels[: wearer.first] * share + np.asarray(background, np.uint16) * (255 - share)
    top = ((blended + 127) // 255).astype(np.uint8)
    return np.vstack([top, np.clip(np.rint(lower), 0, 255).astype(np.uint8)])


@dataclass(frozen=True)
class _Worn:
    """The garment's layers on the canvas."""

    cloth: Colours
    cover: Plane
    back: Colours
    back_cover: Plane
    shade: Plane

    @classmethod
    def by(cls, wearer: Wearer, garment: Garment) -> _Worn:
        columns, rows = _fitted(wearer, garment.fit, garment.front.shape[:2])
        soft = 0.42 * wearer.framed.enlargement if wearer.framed.enlargement > 1.2 else 0.0

        def layer(plate: NDArray[np.uint8]) -> tuple[Colours, Plane]:
            # Premultiplied, so that resampling makes no dark rim.
            cover = plate[..., 3:].astype(np.float32) / 255
            whole = np.dstack([plate[..., :3] * cover, cover])
            fitted = cv2.remap(whole, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            if soft:
                fitted = cv2.GaussianBlur(fitted, (0, 0), soft)
            alpha = np.clip(fitted[..., 3], 0, 1)
            return np.clip(fitted[..., :3] / np.maximum(alpha, 1e-3)[..., None], 0, 255), alpha

        cloth, cover = layer(garment.front)
        back, back_cover = layer(garment.back)
        light_left = cv2.remap(garment.shade, columns, rows, cv2.INTER_LINEAR, borderValue=255).astype(np.float32) / 255
        return cls(cloth, cover, back, back_cover, np.asarray(light_left, np.float32))


def _fitted(wearer: Wearer, fit: Fit, plate: tuple[int, ...]) -> tuple[Plane, Plane]:
    """For each pixel of the canvas, its position on the plate.

    The collar becomes as wide as the neck; the shoulders keep their width. The garment is lifted a little where the
    photo hides the throat, and stretched below the collar if it would end above the canvas's lower edge.
    """
    height, width = wearer.framed.keep.shape
    neck, per_cm = wearer.neck, wearer.head.unit / UNIT_CM
    wide = float(np.clip(neck.width / per_cm / (fit.neck_width / fit.pixels_per_cm), NARROWEST, WIDEST))
    aside = (np.arange(width, dtype=np.float32) - neck.middle) / per_cm
    away = np.abs(aside)
    source = np.sign(aside) * np.where(away < COLLAR_CM * wide, away / wide, COLLAR_CM + (away - COLLAR_CM * wide))
    source = cv2.GaussianBlur(source[None], (0, 0), 0.8 * per_cm, borderType=cv2.BORDER_REPLICATE)[0]
    missing = fit.depth / fit.pixels_per_cm - (wearer.neck.shown + 0.1) * UNIT_CM
    lift = float(np.clip(missing, 0, HIGHEST_LIFT_CM))
    chin = wearer.head.at(0, wearer.head.chin)[1]
    down = (np.arange(height, dtype=np.float32) - chin) / per_cm + lift
    room, start = (plate[0] - 2 - fit.chin[1]) / fit.pixels_per_cm, 4.0
    if down[-1] > room:
        down = np.where(down < start, down, start + (down - start) * (room - start) / (down[-1] - start))
    columns = source * fit.pixels_per_cm + fit.chin[0]
    rows = down * fit.pixels_per_cm + fit.chin[1]
    return (
        np.ascontiguousarray(np.broadcast_to(columns[None], (height, width)), np.float32),
        np.ascontiguousarray(np.broadcast_to(rows[:, None], (height, width)), np.float32),
    )


def _oval(head: Head, across: Plane, below: Plane) -> Plane:
    """The face down to the jaw, with a soft edge, as a superellipse around the cheeks."""
    across_share, down_share = np.abs(across) / 1.32, np.abs(below - 0.4) / (head.chin - 0.35)
    return np.asarray(np.clip((1 - across_share**2.6 - down_share**2.6) * 6 + 0.5, 0, 1), np.float32)


def _in_front(
    framed: FramedHead, head: Head, face: Plane, bare: NDArray[np.bool_], across: Plane, below: Plane
) -> Plane:
    """Face, beard and all kept pixels above the chin. All other kept pixels are behind the clothes."""
    front = np.maximum(face, np.clip((head.chin - 0.12 - below) * 10, 0, 1))
    under_chin = (np.abs(across) < 0.3) & (below > head.chin + 0.2) & (below < head.chin + 0.45)
    if under_chin.any() and ((framed.keep > 200) & ~bare)[under_chin].mean() > 0.6:
        beard = np.clip((1.0 - np.abs(across)) * 8, 0, 1) * (below > head.chin - 0.3)
        front = np.maximum(front, beard)
    return np.asarray(front, np.float32)


def _without_old_shoulders(wearer: Wearer, keep: Plane, cover: Plane) -> Plane:
    """The kept part without a flat strip along the new shoulders, which is an old jacket in the hair's colour.

    Hair comes from above. Where less than `FLAT` eye distances of it are above the shoulder, it is removed.
    """
    outer = (np.abs(wearer.across) > HAIR_HANGS_WITHIN) & (wearer.below > wearer.head.chin - 0.6)
    seen = (keep > 0.3) & (cover < 0.5) & outer
    height = seen.sum(0).astype(np.float32)[None] / wearer.head.unit
    height = cv2.GaussianBlur(height, (0, 0), 0.06 * wearer.head.unit)
    share = np.clip((height - FLAT) / 0.15, 0, 1)
    return np.asarray(np.where(outer, keep * share, keep), np.float32)


def _in_one_piece(keep: Plane, hidden: Plane) -> Plane:
    """The kept part without pieces that the clothes separate from the head, such as the tip of a lock."""
    seen = ((keep > 0.3) & (hidden < 0.7)).astype(np.uint8)
    _, labels = cv2.connectedComponents(seen)
    # The head continues above the first row.
    apart = ((seen > 0) & ~np.isin(labels, np.unique(labels[0]))).astype(np.uint8)
    return np.asarray(keep * (cv2.dilate(apart, np.ones((7, 7), np.uint8)) == 0), np.float32)


def _slim(wearer: Wearer, keep: Plane) -> Plane:
    """Where the throat may be filled in: above the collar only well within the neck, or between two kept parts."""
    neck, head = wearer.neck, wearer.head
    x = np.arange(keep.shape[1], dtype=np.float32)[None]
    aside = np.abs(x - neck.middle) / (neck.width / 2)
    above = np.clip((head.chin + 0.2 - wearer.below) * 5, 0, 1)
    slim = 1 - np.clip((aside - 0.82) * 10, 0, 1) * above * (1 - wearer.neck.real)
    reach = round(0.7 * head.unit) | 1
    between = cv2.morphologyEx((keep > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, reach), np.uint8))
    return np.asarray(np.maximum(slim, between * (wearer.below > head.chin)), np.float32)


def _light(framed: FramedHead, bare: NDArray[np.bool_], across: Plane, below: Plane) -> float:
    luma = cv2.cvtColor(framed.pixels, cv2.COLOR_RGB2GRAY)
    band = bare & (below > 0.3) & (below < 0.95)
    left, right = luma[band & (across < -0.3) & (across > -0.9)], luma[band & (across > 0.3) & (across < 0.9)]
    if not len(left) or not len(right):
        return 0.0
    return float(np.clip(np.log(max(right.mean(), 1) / max(left.mean(), 1)), -0.3, 0.3))


def _noise(framed: FramedHead, skin: NDArray[np.bool_]) -> float:
    luma = cv2.cvtColor(framed.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    fine = (luma - cv2.GaussianBlur(luma, (0, 0), 1.5))[skin]
    return float(np.clip(1.48 * np.median(np.abs(fine)) if len(fine) else 0, LEAST_NOISE, MOST_NOISE))


def _grain(wearer: Wearer) -> Plane:
    """The face's grain for the cloth, as coarse as the photo's enlargement."""
    white = np.random.default_rng(5).standard_normal(wearer.framed.keep.shape).astype(np.float32)
    soft = cv2.GaussianBlur(white, (0, 0), 0.7 * max(1.0, wearer.framed.enlargement))
    return np.asarray(soft / max(float(soft.std()), 1e-3) * wearer.noise, np.float32)


def _over(under: Colours, colours: Colours, cover: Plane) -> Colours:
    return np.asarray(under + (colours - under) * cover[..., None], np.float32)
