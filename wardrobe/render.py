"""Renders pieces of the wardrobe; runs inside Blender's Python.

    python -m wardrobe.render FOLDER [PIECE …] [--quality draft|trial|final] [--close-up=-16,0,0,-24]

Writes FOLDER/<piece>.npz with the planes of FORMAT.md as floating point numbers in frame size.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from wardrobe.cloth import CLOTHS
from wardrobe.frame import BOTTOM, HALF_WIDTH, TOP
from wardrobe.inner import INNERS, inner, wearer_skin
from wardrobe.jacket import jacket
from wardrobe.mannequin import MAN, WOMAN, Cut, Mannequin
from wardrobe.sheet import Sheet
from wardrobe.studio import DRAFT, FINAL, TRIAL, Quality, Region, Studio, Thing, show

Plane = NDArray[np.float32]
Parts = Mapping[str, tuple[str, ...]]
"""Names of the sheets' parts by the mask they share."""
QUALITIES = {"draft": DRAFT, "trial": TRIAL, "final": FINAL}
JACKETS = {"jacket_man": MAN, "jacket_woman": WOMAN}
USUAL_INNER = {"jacket_man": "tie", "jacket_woman": "round"}
"""What throws light on the jacket while it is rendered."""
PIECES = {
    jacket_name: [
        jacket_name,
        *(piece for name in INNERS if INNERS[name].cut is cut for piece in (name, f"{name}_back")),
    ]
    for jacket_name, cut in JACKETS.items()
}
"""By the jacket that they belong to."""

JACKET_PARTS: Parts = {"jacket": ("jacket",), "button": ("button", "thread"), "lining": ("lining",)}
INNER_PARTS: Parts = {"shirt": ("shirt",), "tie": ("tie",), "shirt_button": ("shirt_button",)}
BACK_PARTS: Parts = {"jacket": ("jacket",), "shirt": ("shirt",), "lining": ("lining",)}
PRIMARY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

WHOLE_FRAME = Region(-HALF_WIDTH, HALF_WIDTH, TOP, BOTTOM)
INNER_REGION, BACK_REGION = Region(-12, 12, TOP, BOTTOM), Region(-12, 12, TOP, -15)
"""What is rendered of the inner garments and of the collars behind the neck."""


class Session:
    """One jacket's pieces: everything is modelled once, then seen or hidden piece by piece."""

    def __init__(self, jacket_name: str, quality: Quality) -> None:
        began = time.monotonic()
        cut = JACKETS[jacket_name]
        self.studio = Studio(quality)
        self.jacket = _laid(self.studio, jacket(cut))
        self.inners = {name: _laid(self.studio, inner(name)) for name in INNERS if INNERS[name].cut is cut}
        # Seen from the front the neck hides what is behind it. Without it, a slimmer one keeps the light away.
        self.wearers = {
            slimmer: [self.studio.lay(Sheet("skin", _wearer(cut, 0.8 if slimmer else 1.0)))]
            for slimmer in (False, True)
        }
        print(f"{jacket_name}: modelled in {time.monotonic() - began:.0f} s", flush=True)

    def render(self, piece: str, close_up: Region | None = None) -> dict[str, Plane]:
        """The planes of one piece, or of a part of it."""
        print(piece, flush=True)
        name = piece.removesuffix("_back")
        back = piece != name
        inside = self.inners[USUAL_INNER.get(name, name)]
        wearer = self.wearers[back]
        everything = [*self.jacket, *inside, *wearer]
        for thing in self._all():
            thing.mesh.hide_render = thing not in everything
        show(everything, camera=False)
        if back:
            seen, parts = [thing for thing in (*self.jacket, *inside) if thing.around_neck], BACK_PARTS
        else:
            things, parts = (self.jacket, JACKET_PARTS) if name in JACKETS else (inside, INNER_PARTS)
            seen = [thing for thing in things if thing.sheet.behind is None]
            show(wearer, camera=True, holdout=True)
        show(seen, camera=True)
        whole = WHOLE_FRAME if name in JACKETS else BACK_REGION if back else INNER_REGION
        self.studio.crop(close_up or whole)
        return _planes(self.studio, seen, everything, parts, tie=any(thing.sheet.part == "tie" for thing in seen))

    def _all(self) -> list[Thing]:
        return [thing for things in (self.jacket, *self.inners.values(), *self.wearers.values()) for thing in things]


def _planes(
    studio: Studio, seen: Sequence[Thing], everything: Sequence[Thing], parts: Parts, *, tie: bool
) -> dict[str, Plane]:
    light, gloss = (studio.light(everything, gloss=mirrored) for mirrored in (False, True))
    colours = {part: PRIMARY[i] for i, names in enumerate(parts.values()) for part in names}
    masks = studio.masks(everything, colours)
    cover = np.clip(masks[..., 3], 0, 1)
    planes: dict[str, Plane] = {"cover": cover}
    albedo = np.zeros_like(cover)
    for i, (part, names) in enumerate(parts.items()):
        planes[part] = _share(masks[..., i], cover)
        albedo += np.clip(masks[..., i], 0, 1) * CLOTHS[names[0]].albedo
    for i, side in enumerate(("left", "right")):
        planes[f"light_{side}"] = _per_cloth(light[..., i], albedo, cover)
        planes[f"gloss_{side}"] = _per_cloth(gloss[..., i], cover, cover)
    if tie:
        figures = studio.figures(everything)
        for i, name in enumerate(("stripe", "dot")):
            planes[name] = _share(figures[..., i], cover)
    return planes


def _share(mask: Plane, cover: Plane) -> Plane:
    return np.asarray(np.clip(mask, 0, 1) / np.maximum(cover, 1e-3), np.float32)


def _per_cloth(amount: Plane, weight: Plane, cover: Plane) -> Plane:
    """What one whole pixel of cloth throws back; 0 where too little of it is covered to say."""
    return np.asarray(np.where(cover > 0.6, amount / np.maximum(weight, 1e-5), 0), np.float32)


def _laid(studio: Studio, sheets: Iterable[Sheet]) -> list[Thing]:
    """Collars are laid in two parts: what lies before the neck, and what goes behind it."""
    things = []
    for sheet in sheets:
        if sheet.behind is None:
            things.append(studio.lay(sheet))
            continue
        # Faces between the two parts go to the one behind.
        for keep, behind in ((~sheet.behind, False), (binary_dilation(sheet.behind, np.ones((3, 3))), True)):
            if _has_faces(keep):
                part = replace(sheet, keep=keep, behind=keep if behind else None)
                things.append(studio.lay(part, around_neck=True))
    return things


def _has_faces(keep: NDArray[np.bool_]) -> bool:
    return bool((keep[:-1, :-1] & keep[:-1, 1:] & keep[1:, :-1] & keep[1:, 1:]).any())


def _wearer(cut: Cut, slimmer: float) -> NDArray[np.float64]:
    points = wearer_skin(Mannequin(cut))
    neck = np.array((0.0, 1.8, 0.0))
    share = np.where(points[..., 2:] > -12, slimmer, 1.0)
    return np.asarray((points - neck) * np.concatenate([share, share, np.ones_like(share)], -1) + neck)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("folder", type=Path)
    ask.add_argument("pieces", nargs="*", help="all where none is named")
    ask.add_argument("--quality", default="final", choices=QUALITIES)
    ask.add_argument("--close-up", metavar="LEFT,RIGHT,TOP,BOTTOM", help="only this part, in cm around the chin")
    asked = ask.parse_args()
    region = Region(*map(float, asked.close_up.split(","))) if asked.close_up else None
    asked.folder.mkdir(parents=True, exist_ok=True)
    for jacket_name, pieces in PIECES.items():
        wanted = [piece for piece in pieces if piece in (asked.pieces or pieces)]
        if wanted:
            session = Session(jacket_name, QUALITIES[asked.quality])
        for piece in wanted:
            planes = session.render(piece, region)
            halves: dict[str, Any] = {name: plane.astype(np.float16) for name, plane in planes.items()}
            np.savez_compressed(asked.folder / f"{piece}.npz", **halves)


if __name__ == "__main__":
    main()
