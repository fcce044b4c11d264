"""Shows looks as the compositor loads them, around a plain neck and chin, to judge cloth and collar.

python -m wardrobe.look PICTURE LOOK … [--light -1…1]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.outpainting import wardrobe

BACKGROUND, SKIN = (190, 214, 238), np.array((222, 178, 152), np.float32)


def shown(name: str, light: float) -> NDArray[np.float32]:
    garment = wardrobe.load(name, light)
    picture = np.full((wardrobe.HEIGHT, wardrobe.WIDTH, 3), BACKGROUND, np.float32)
    y, x = np.mgrid[: wardrobe.HEIGHT, : wardrobe.WIDTH].astype(np.float32)
    aside, below = np.abs(x - garment.fit.chin[0]), y - garment.fit.chin[1]
    neck = garment.fit.neck_width / 2 * 0.98
    flare = 1 + 0.5 * np.clip((below - 80) / 150, 0, 1) ** 2
    rounded = (1 - 0.25 * np.clip(aside / neck, 0, 1) ** 3) * np.clip(0.72 + 0.28 * (below + 10) / 60, 0.6, 1)
    bare = (aside < neck * flare) & (below < 300)
    face = (aside / (neck * 1.25)) ** 2 + ((below + 150) / 150) ** 2 < 1
    picture = _over(picture, garment.back[..., :3], garment.back[..., 3] / 255)
    picture = _over(picture, SKIN * (rounded * garment.shade / 255)[..., None], bare)
    picture = _over(picture, garment.front[..., :3], garment.front[..., 3] / 255)
    return _over(picture, np.broadcast_to(SKIN * 1.03, picture.shape), face)


def _over(under: NDArray[np.float32], colours: NDArray[np.generic], cover: NDArray[np.generic]) -> NDArray[np.float32]:
    share = cover.astype(np.float32)[..., None]
    return np.asarray(under + (colours.astype(np.float32) - under) * share, np.float32)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("picture", type=Path)
    ask.add_argument("looks", nargs="*", default=list(wardrobe.looks()))
    ask.add_argument("--light", type=float, default=0.0)
    ask.add_argument("--columns", type=int, default=3)
    asked = ask.parse_args()
    tiles = [shown(name, asked.light) for name in asked.looks]
    columns = min(asked.columns, len(tiles))
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]
    cv2.imwrite(str(asked.picture), np.clip(np.rint(np.vstack(rows)), 0, 255).astype(np.uint8)[..., ::-1])


if __name__ == "__main__":
    main()
