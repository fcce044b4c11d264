"""Portraits of every photo in a folder, to be looked at: contact sheets, full-size pictures, time and memory by step.

    .venv/bin/python -m bench.portraits FOLDER [--out build/portraits] [--style navy_suit] [--only NAME …]
    .venv/bin/python -m bench.portraits examples --strip docs/pictures/portraits.jpg

Nothing of it is stored elsewhere, no worker and no database is asked. Under each candidate stands what the judge says.
A photo that is refused stands on the sheet with its code.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np

WIDTH, HEIGHT, CAPTION = 360, 540, 34
"""Of a picture on a sheet and of the line under it, in pixels."""
ROWS = 4
"""People on one sheet."""
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic"}

Picture = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass
class Times:
    """Seconds by step over all photos."""

    steps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @contextmanager
    def of(self, step: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.steps[step].append(time.perf_counter() - began)

    def lines(self) -> list[str]:
        rows = ["| step | photos | median, s | longest, s |", "|---|---|---|---|"]
        rows += [
            f"| {step} | {len(each)} | {median(each):.3f} | {max(each):.3f} |" for step, each in self.steps.items()
        ]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return [*rows, "", f"Peak memory of the process: {peak:.0f} MiB."]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.portraits", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path("build/portraits"))
    parser.add_argument("--style", default="navy_suit")
    parser.add_argument("--only", nargs="*", default=[], help="names of photos, without suffix")
    parser.add_argument("--strip", type=Path, help="writes the last photo beside its portraits, as the README shows it")
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resume_site.settings")
    import django

    django.setup()
    given.out.mkdir(parents=True, exist_ok=True)
    photos = [path for path in sorted(given.folder.iterdir()) if path.suffix.lower() in SUFFIXES]
    times, rows = Times(), []
    for path in photos:
        if not given.only or path.stem in given.only:
            rows.append(_row(path, given.style, given.out, times))
            sys.stdout.write(f"{path.name}\n")
            sys.stdout.flush()
    if given.strip and photos:
        _write(given.strip, _strip(photos[-1], given.out))
    for number, first in enumerate(range(0, len(rows), ROWS), start=1):
        _write(given.out / f"sheet-{number}.jpg", np.vstack(rows[first : first + ROWS]))
    sys.stdout.write("\n".join(times.lines()) + "\n")


def _row(path: Path, style: str, out: Path, times: Times) -> Picture:
    """The photo beside its candidates, a caption under each."""
    from photos.intake import PhotoRefused
    from workers.errors import Rejected

    photo = cv2.imread(str(path))
    first = _tile(photo if photo is not None else np.zeros((8, 8, 3), np.uint8), path.stem)
    try:
        tiles = _candidates(path, style, out, times)
    except (PhotoRefused, Rejected) as refusal:
        tiles = [_tile(np.full((8, 8, 3), 235, np.uint8), f"refused: {refusal.code}")]
    empty = np.full_like(first, 255)
    return np.hstack([first, *tiles, *[empty] * (4 - len(tiles))])


def _candidates(path: Path, slug: str, out: Path, times: Times) -> list[Picture]:
    from photos import providers
    from photos.detection.choice import choose
    from photos.framing import frame
    from photos.intake import normalise
    from photos.outpainting import CandidateRequest, Words, style
    from photos.outpainting.composing import Wearer
    from photos.outpainting.studio import dressed, own_clothes
    from photos.pictures import decode
    from photos.types import MaskScope

    with times.of("taken in"):
        taken = normalise(path.read_bytes())
    with times.of("face"):
        face = choose(providers.detector().detect(taken.data), taken.width, taken.height)
    with times.of("mask"):
        picture = decode(taken.data)
        masked = providers.masker().mask(picture, face, MaskScope.HEAD)
    with times.of("framed"):
        framed = frame(picture, face, masked)
    with times.of("wearer measured"):
        wearer = Wearer.of(framed, face.gender)
    wanted, made = style(slug, face.gender), []
    for number in range(3):
        with times.of("candidate composed"):
            painted = dressed(wearer, wanted.look(CandidateRequest(number, 0, Words("", "")).number), wanted.background)
        made.append((painted, framed))
    with times.of("own clothes"):
        whole = frame(picture, face, _whole(masked))
        made.append((own_clothes(whole, wanted.background), whole))
    return [_judged(path, out, number, *each, times) for number, each in enumerate(made, start=1)]


def _whole(masked: Any) -> Any:
    from photos.masking import Masked
    from photos.types import MaskScope

    return Masked(keep=masked.person, person=masked.person, scope=MaskScope.PERSON)


def _judged(path: Path, out: Path, number: int, painted: Any, framed: Any, times: Times) -> Picture:
    from dataclasses import replace

    from photos import providers
    from photos.framing import BACKGROUND
    from photos.judging import judge

    seen = framed if painted.layers is None else replace(framed, keep=painted.layers.kept)
    with times.of("judged"):
        judgement = judge(painted.pixels, seen, BACKGROUND, providers.face_counter())
    picture = np.ascontiguousarray(painted.pixels[..., ::-1])
    _write(out / f"{path.stem}-{number}.png", picture)
    return _tile(picture, f"{judgement.score:.2f} {', '.join(judgement.problems)}")


def _strip(photo: Path, out: Path) -> Picture:
    """420 pixels high: the photo and its candidates, white between them."""
    pictures = [photo, *(out / f"{photo.stem}-{number}.png" for number in range(1, 5))]
    parts: list[Picture] = []
    for path in pictures:
        picture = cv2.imread(str(path))
        if picture is None:
            raise SystemExit(f"{path} was not made")
        width = round(picture.shape[1] * 420 / picture.shape[0])
        parts += [np.asarray(cv2.resize(picture, (width, 420), interpolation=cv2.INTER_AREA), np.uint8)]
        parts += [np.full((420, 12, 3), 255, np.uint8)]
    return np.hstack(parts[:-1])


def _tile(picture: Picture, caption: str) -> Picture:
    scale = min(WIDTH / picture.shape[1], HEIGHT / picture.shape[0])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    tile = np.full((HEIGHT + CAPTION, WIDTH, 3), 255, np.uint8)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    tile[: size[1], : size[0]] = small
    lines: Sequence[str] = (caption[:46], caption[46:92])
    for place, line in enumerate(lines):
        cv2.putText(
            tile, line, (4, HEIGHT + 13 + 15 * place), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA
        )
    return tile


def _write(path: Path, picture: Picture) -> None:
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 90] if path.suffix == ".jpg" else [])


if __name__ == "__main__":
    main()
