"""The clothes of the portraits: plates that the project rendered itself, and that are dyed on loading.

Plates hold light, not colour. wardrobe/README.md says how they were made, wardrobe/FORMAT.md describes their format.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.types import Gender
from workers.errors import Misconfigured

FOLDER = Path(__file__).parent
PLATES, LOOKS = FOLDER / "plates", FOLDER / "looks.toml"

WIDTH, HEIGHT = 1040, 1000
"""The frame that all layers share, in pixels."""
PIXELS_PER_CM = 20.0
CHIN = (520.0, 120.0)
GAMMA = 2.2

Linear = NDArray[np.float32]
Layer = NDArray[np.uint8]
"""Height × width × 4: sRGB and cover, 0–255, not premultiplied."""
Share = NDArray[np.uint8]
"""Height × width: 255 = all."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Dye:
    colour: tuple[int, int, int]
    """sRGB, 0–255."""
    gloss: float = 1.0
    """The factor for specular light; 1 = as rendered."""


HORN = Dye((30, 29, 30))
"""Buttons of every jacket."""


@dataclass(frozen=True)
class Tie:
    ground: Dye
    figured: Dye | None = None
    figure: Literal["stripe", "dot"] | None = None


@dataclass(frozen=True)
class Look:
    """One outfit: two pieces, their dyes, and an English description for image models."""

    name: str
    words: str
    jacket: str
    jacket_dye: Dye
    inner: str
    inner_dye: Dye
    tie: Tie | None = None

    @property
    def family(self) -> str:
        """The cut and the garment under it, without the colour."""
        return self.name.rpartition("_")[0]


@dataclass(frozen=True)
class Fit:
    """The garment's measures, in pixels of the frame."""

    neck_width: float
    """Between the highest points of the collar, beside the neck."""
    depth: float
    """From the chin to the lowest bare point of the throat."""
    neckline: tuple[Point, ...]
    """The front layer's upper edge across the throat, left to right."""
    shoulders: tuple[Point, ...]
    """The jacket's upper edge, left to right."""
    pixels_per_cm: float = PIXELS_PER_CM
    chin: Point = CHIN


@dataclass(frozen=True)
class Garment:
    front: Layer
    """Over the neck."""
    back: Layer
    """Collars behind the neck and the hair."""
    parts: Mapping[str, Share]
    """Where the front layer is `jacket`, `shirt`, `tie`, `button`."""
    shade: Share
    """The share of light on the layers under the front layer: the collar's shadow."""
    fit: Fit


@cache
def looks() -> Mapping[str, Look]:
    """All looks by name. Raises Misconfigured when looks.toml names an unknown dye or piece."""
    told = _told()
    dyes = {name: Dye(tuple(dye["colour"]), dye.get("gloss", 1.0)) for name, dye in told["dyes"].items()}
    try:
        return {name: _look(name, look, dyes) for name, look in told["looks"].items()}
    except KeyError as missing:
        raise Misconfigured(f"looks.toml: there is no {missing}") from missing


def families(gender: Gender | None) -> tuple[str, ...]:
    """Families of looks for a presented gender, in order of preference. None = not known: families for anybody."""
    return tuple(_told()["families"][gender or "unknown"])


def fit(name: str) -> Fit:
    """The measures of a look, without loading its plates. Raises KeyError for an unknown look."""
    look = looks()[name]
    inner, jacket = _description(look.inner)["fit"], _description(look.jacket)["fit"]
    return Fit(
        neck_width=float(inner["neck_width"]),
        depth=float(inner["depth"]),
        neckline=tuple((float(x), float(y)) for x, y in inner["neckline"]),
        shoulders=tuple((float(x), float(y)) for x, y in jacket["shoulders"]),
    )


def load(name: str, light: float = 0.0) -> Garment:
    """The look dyed and lit: `light` −1 from the viewer's left, 0 even, 1 from the right.

    Raises KeyError for an unknown look, Misconfigured when a plate cannot be read.
    """
    look = looks()[name]
    return _dyed(look, round(float(np.clip(light, -1, 1)) * 4) / 4)


@lru_cache(maxsize=4)
def _dyed(look: Look, light: float) -> Garment:
    front, behind = (np.zeros((HEIGHT, WIDTH, 4), np.uint8) for _ in range(2))
    inner = _Plate.read(look.inner)
    _lay(front, inner, look, light)
    inside = {part: inner.whole(part) for part in ("shirt", "tie")}
    jacket = _Plate.read(look.jacket)
    _lay(front, jacket, look, light)
    outside = jacket.whole("cover")
    parts: dict[str, Share] = {part: np.minimum(share, 255 - outside) for part, share in inside.items()}
    parts |= {part: jacket.whole(part) for part in ("jacket", "button")}
    _lay(behind, _Plate.read(f"{look.inner}_back"), look, light)
    return Garment(front, behind, parts, _shade(front[..., 3]), fit(look.name))


@dataclass(frozen=True)
class _Plate:
    """One piece as it is stored: its rectangle of the frame."""

    left: int
    top: int
    masks: Mapping[str, Share]
    sides: Mapping[str, tuple[Share, Share]]
    """`light` and `gloss`, each lit from the left and from the right."""
    scales: Mapping[str, float]
    """The linear value of byte 255."""

    @classmethod
    def read(cls, piece: str) -> _Plate:
        told = _description(piece)
        left, top, width, height = told["box"]
        planes = {what: _image(f"{piece}-{what}.webp") for what in ("masks", "light", "gloss")}
        counts = {"masks": len(told["planes"]), "light": 2, "gloss": 2}
        if any(planes[what].shape != (height * counts[what], width) for what in planes):
            raise Misconfigured(f"the plates of {piece} do not fit their description")
        masks = dict(zip(told["planes"], np.split(planes["masks"], counts["masks"]), strict=True))
        sides = {what: (planes[what][:height], planes[what][height:]) for what in ("light", "gloss")}
        return cls(left, top, masks, sides, {what: told[f"{what}_scale"] for what in sides})

    def lit(self, what: str, light: float, rows: slice) -> Linear:
        """Light, or gloss, of some rows: the linear sum of left and right."""
        curve = (np.arange(256, dtype=np.float32) / 255) ** GAMMA * self.scales[what]
        left, right = self.sides[what]
        return np.asarray(
            (curve * np.float32((1 - light) / 2))[left[rows]] + (curve * np.float32((1 + light) / 2))[right[rows]]
        )

    @property
    def rectangle(self) -> tuple[slice, slice]:
        height, width = self.masks["cover"].shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def whole(self, name: str) -> Share:
        """A part's mask in the whole frame; empty when the piece lacks the part."""
        plane = np.zeros((HEIGHT, WIDTH), np.uint8)
        if name == "cover":
            plane[self.rectangle] = self.masks[name]
        elif name in self.masks:
            plane[self.rectangle] = cv2.multiply(self.masks[name], self.masks["cover"], scale=1 / 255)
        return plane


def _dyes(look: Look) -> Mapping[str, Dye]:
    """The dye of each part. A tie's pattern is on top of its ground."""
    dyes = {
        "jacket": look.jacket_dye,
        "lining": look.jacket_dye,
        "button": HORN,
        "shirt": look.inner_dye,
        "shirt_button": look.inner_dye,
    }
    return {**dyes, "tie": look.tie.ground} if look.tie else dyes


STRIP = 64
"""Rows that are dyed at a time, few enough for the processor's cache."""


def _lay(layer: Layer, plate: _Plate, look: Look, light: float) -> None:
    """Dye a piece and lay it over the layer."""
    under = layer[plate.rectangle]
    for start in range(0, len(under), STRIP):
        rows = slice(start, start + STRIP)
        cover = plate.masks["cover"][rows].astype(np.float32)[..., None] / 255
        below = under[rows]
        through = below[..., 3:].astype(np.float32) / 255 * (1 - cover)
        together = cover + through
        # Transparent pixels keep the cloth's colour, so that resampling does not mix in black.
        share = np.where(together > 0, cover / np.maximum(together, 1e-6), 1)
        colours = _coloured(plate, look, light, rows).astype(np.float32)
        below[..., :3] = np.rint(below[..., :3] + (colours - below[..., :3]) * share)
        below[..., 3:] = np.rint(together * 255)


def _coloured(plate: _Plate, look: Look, light: float, rows: slice) -> NDArray[np.uint8]:
    """sRGB of some rows. The pattern's share of the tie gets the pattern's dye instead of the ground's."""
    dyes = _dyes(look)
    shares = {part: mask[rows] for part, mask in plate.masks.items() if part in dyes}
    diffuse = plate.lit("light", light, rows)
    mirrored = plate.lit("gloss", light, rows) * _mixed(shares, {part: dyes[part].gloss for part in shares})
    picture = np.empty((*diffuse.shape, 3), np.uint8)
    for channel in range(3):
        colour = _mixed(shares, {part: float(_linear(dyes[part])[channel]) for part in shares})
        if look.tie and look.tie.figured and look.tie.figure and look.tie.figure in plate.masks:
            change = float(_linear(look.tie.figured)[channel] - _linear(look.tie.ground)[channel])
            colour += plate.masks[look.tie.figure][rows] * np.float32(change / 255)
        picture[..., channel] = _developed(diffuse * colour + mirrored)
    return picture


def _mixed(shares: Mapping[str, Share], values: Mapping[str, float]) -> Linear:
    total: Linear = np.zeros(next(iter(shares.values())).shape, np.float32)
    for part, share in shares.items():
        total += share * np.float32(values[part] / 255)
    return total


def _linear(dye: Dye) -> Linear:
    """The dye in linear light (IEC 61966-2-1)."""
    value = np.asarray(dye.colour, np.float32) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


STEPS = 16384
"""Entries of the tone-curve table per unit of linear light."""


def _developed(linear: Linear) -> NDArray[np.uint8]:
    table = _developing_table()
    return np.asarray(table[np.clip(linear * STEPS, 0, len(table) - 1).astype(np.uint16)])


@cache
def _developing_table() -> NDArray[np.uint8]:
    """The tone curve: sRGB, with a soft shoulder above 0.7 instead of clipped white."""
    light = np.arange(STEPS * 2) / STEPS
    soft = np.where(light < 0.7, light, 0.7 + 0.3 * (1 - np.exp(-(np.maximum(light, 0.7) - 0.7) / 0.3)))
    value = np.where(soft <= 0.0031308, soft * 12.92, 1.055 * soft ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(np.clip(value, 0, 1) * 255), np.uint8)


def _shade(cover: Share) -> Share:
    """A soft shadow along the collar, on layers within about 1 cm of the cloth."""
    near, far = (cv2.GaussianBlur(cover, (0, 0), reach * PIXELS_PER_CM) for reach in (0.35, 1.0))
    hidden = cv2.addWeighted(near, 0.3, far, 0.2, 0)
    return np.asarray(255 - hidden, np.uint8)


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(LOOKS.read_text())


def _look(name: str, told: Mapping[str, Any], dyes: Mapping[str, Dye]) -> Look:
    tie = None
    if "tie" in told:
        ground, *more = told["tie"]
        tie = Tie(dyes[ground], dyes[more[0]], more[1]) if more else Tie(dyes[ground])
    (jacket, jacket_dye), (inner, inner_dye) = told["jacket"], told["inner"]
    return Look(name, told["words"], jacket, dyes[jacket_dye], inner, dyes[inner_dye], tie)


@cache
def _description(piece: str) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((PLATES / f"{piece}.json").read_text())
    except (OSError, ValueError) as error:
        raise Misconfigured(f"the plate {piece} cannot be read") from error
    return told


def _image(name: str) -> NDArray[np.uint8]:
    picture = cv2.imread(str(PLATES / name), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        raise Misconfigured(f"the plate {name} cannot be read")
    return np.asarray(picture, np.uint8)
