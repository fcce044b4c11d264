"""Turns rendered planes into the plates that the compositor reads (FORMAT.md), and keeps the manifest.

    python -m wardrobe.plates RENDERS [PIECE …]
    python -m wardrobe.plates --check
    python -m wardrobe.plates --same    records that a change of the recipe leaves every plate as it is

Runs in the project's own environment, without Blender.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from wardrobe.frame import CHIN, HEIGHT, PIXELS_PER_CM, WIDTH

Plane = NDArray[np.float32]
RECIPE = Path(__file__).parent
PLATES = RECIPE.parent / "photos/outpainting/plates"
MANIFEST = PLATES / "manifest.json"

SCALES = {"light": 1.4, "gloss": 0.16}
"""The linear value that the byte 255 stands for."""
GAMMA = 2.2
QUALITY = {"light": 92, "gloss": 80}
ONLY_LOOKING = ("look.py",)
"""Not part of the recipe."""
MARGIN = 6
"""Pixels kept around what is covered."""


def encode(piece: str, planes: Mapping[str, Plane]) -> None:
    """Write one piece's files."""
    framed = {name: _to_frame(plane.astype(np.float32)) for name, plane in planes.items()}
    box = _box(framed["cover"])
    left, top, width, height = box
    cut = {name: plane[top : top + height, left : left + width] for name, plane in framed.items()}
    for what in SCALES:
        sides = [_carried(cut[f"{what}_{side}"], cut["cover"]) for side in ("left", "right")]
        stack = np.vstack([_bytes(side / SCALES[what]) for side in sides])
        _write(PLATES / f"{piece}-{what}.webp", stack, QUALITY[what])
    masks = [name for name in cut if not name.startswith(tuple(SCALES))]
    masks = [name for name in masks if name == "cover" or cut[name].max() > 0.02]
    stack = np.vstack([np.clip(np.rint(cut[name] * 255), 0, 255).astype(np.uint8) for name in masks])
    _write(PLATES / f"{piece}-masks.webp", stack, 101)
    told: dict[str, Any] = {"box": box, "planes": masks, "light_scale": SCALES["light"], "gloss_scale": SCALES["gloss"]}
    told["fit"] = fit(piece, framed["cover"])
    (PLATES / f"{piece}.json").write_text(json.dumps(told, indent=1) + "\n")


def fit(piece: str, cover: Plane) -> dict[str, Any]:
    """What the compositor must know of a piece's shape, in pixels of the frame."""
    upper = np.where(cover.max(0) > 0.5, (cover > 0.5).argmax(0), -1)
    if piece.startswith("jacket"):
        covered = np.flatnonzero(upper >= 0)[::10]
        return {"shoulders": [[int(x), int(upper[x])] for x in covered]}
    if piece.endswith("_back"):
        return {}
    # The throat's edge: from the highest point of one side over the middle to the highest of the other.
    middle = round(CHIN[0])
    sides = [_peak(upper, middle, step) for step in (-1, 1)]
    places = np.unique(np.rint(np.linspace(sides[0], sides[1], 41)).astype(int))
    line = [[int(x), int(upper[x])] for x in places if upper[x] >= 0]
    # A slit that is narrower than 4 mm bares no throat.
    bare = cv2.erode(upper.astype(np.float32)[None], np.ones((1, round(0.4 * PIXELS_PER_CM)), np.uint8))[0]
    return {
        "neck_width": int(sides[1] - sides[0]),
        "depth": int(bare[middle - 2 * PIXELS_PER_CM : middle + 2 * PIXELS_PER_CM].max()) - round(CHIN[1]),
        "neckline": line,
    }


def _peak(upper: NDArray[np.int64], middle: int, step: int) -> int:
    """The column of the collar's highest point on one side."""
    columns = np.arange(middle, middle + step * 8 * PIXELS_PER_CM, step)
    seen = columns[upper[columns] >= 0]
    heights = upper[seen]
    return int(seen[np.flatnonzero(heights <= heights.min() + 2)[0]])


def _to_frame(plane: Plane) -> Plane:
    if plane.shape == (HEIGHT, WIDTH):
        return plane
    return np.asarray(cv2.resize(plane, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.float32)


def _box(cover: Plane) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(cover.max(1) > 0.004), np.flatnonzero(cover.max(0) > 0.004)
    top, left = max(int(rows[0]) - MARGIN, 0), max(int(columns[0]) - MARGIN, 0)
    bottom, right = min(int(rows[-1]) + MARGIN, HEIGHT - 1), min(int(columns[-1]) + MARGIN, WIDTH - 1)
    return left, top, right - left + 1, bottom - top + 1


def _carried(plane: Plane, cover: Plane) -> Plane:
    """Light of the cloth, with the nearest values carried over its edge, so that no rim shows."""
    found = cover > 0.9
    answer = np.where(found, plane, 0).astype(np.float32)
    value, known = answer.copy(), found.astype(np.float32)
    for reach in (0.7, 2, 6, 18):
        wide, mass = cv2.GaussianBlur(value, (0, 0), reach), cv2.GaussianBlur(known, (0, 0), reach)
        fresh = ~found & (mass > 1e-3)
        answer[fresh] = wide[fresh] / mass[fresh]
        found |= fresh
    return answer


def _bytes(linear: Plane) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(linear, 0, 1) ** (1 / GAMMA) * 255), np.uint8)


def _write(path: Path, plane: NDArray[np.uint8], quality: int) -> None:
    if not cv2.imwrite(str(path), cv2.cvtColor(plane, cv2.COLOR_GRAY2BGR), [cv2.IMWRITE_WEBP_QUALITY, quality]):
        raise OSError(f"{path} cannot be written")


# --- the manifest --------------------------------------------------------------------------------


def recipe_hash() -> str:
    """Of everything that a plate depends on: the model, the cloths, the studio, the encoding."""
    total = hashlib.sha256()
    for path in sorted(set(RECIPE.glob("*.py")) - {RECIPE / name for name in ONLY_LOOKING}):
        total.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return total.hexdigest()


def plate_hashes() -> dict[str, str]:
    paths = sorted(path for path in PLATES.iterdir() if path.suffix in {".webp", ".json"} and path != MANIFEST)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def write_manifest(plates: Mapping[str, str]) -> None:
    told = {"recipe": recipe_hash(), "plates": plates}
    MANIFEST.write_text(json.dumps(told, indent=1) + "\n")


def problems() -> list[str]:
    """What does not fit together; empty when every plate is what the recipe made."""
    recorded = json.loads(MANIFEST.read_text())
    found = []
    if recorded["recipe"] != recipe_hash():
        found.append("the recipe has changed since the plates were rendered")
    now = plate_hashes()
    for name in sorted(now.keys() | recorded["plates"].keys()):
        if now.get(name) != recorded["plates"].get(name):
            found.append(f"{name} is not the plate that the recipe made")
    return found


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("renders", type=Path, nargs="?")
    ask.add_argument("pieces", nargs="*")
    ask.add_argument("--check", action="store_true")
    ask.add_argument("--same", action="store_true")
    asked = ask.parse_args()
    if asked.renders:
        PLATES.mkdir(exist_ok=True)
        for path in sorted(asked.renders.glob("*.npz")):
            if not asked.pieces or path.stem in asked.pieces:
                with np.load(path) as planes:
                    encode(path.stem, planes)
        write_manifest(plate_hashes())
    if asked.same:
        write_manifest(json.loads(MANIFEST.read_text())["plates"])
    found = problems()
    print(*found, sep="\n", file=sys.stderr)
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
