"""How good a candidate is, measured on its pixels alone: works on any outpainter's answer.

The measures catch what generative models do wrong (a second face, a patterned or wrong background, a changed face);
they do not see taste.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.outpainting.backdrop import beside_the_head
from photos.types import Face, FramedHead, Pixels

COLOUR_DISTANCE = 14.0
"""ΔE (CIE 76) between the border's median and the asked background, above which it is another colour."""
UNEVENNESS = 6.0
"""ΔE that 90 % of the border stays within; a studio's gradient is about 3, a patterned wall 10 and more."""
KEPT_TOLERANCE = 2
"""Levels of 255 by which a kept pixel may differ: what one JPEG round at high quality does to flat skin."""
FLOATING = 8.0
"""ΔE under which the middle of the lower edge counts as background: a bust that hangs in the air."""
COUNTED_WIDTH = 384
"""Pixels of width at which faces are counted."""
PENALTY = {
    "no_face": 0.6,
    "several_faces": 0.5,
    "kept_changed": 0.5,
    "background_colour": 0.3,
    "background_uneven": 0.3,
    "floating": 0.4,
}


@dataclass(frozen=True)
class Judgement:
    score: float
    """0–1, higher is better; only good for ordering candidates of one person."""
    problems: tuple[str, ...]
    """Keys of PENALTY."""


def judge(
    candidate: Pixels,
    framed: FramedHead,
    background: tuple[int, int, int],
    detect: Callable[[bytes], list[Face]] | None = None,
) -> Judgement:
    """Score a candidate of the canvas's size. `detect` takes an encoded picture; without it faces are not counted."""
    problems: list[str] = []
    distance, unevenness = _background(candidate, framed, background)
    if distance > COLOUR_DISTANCE:
        problems.append("background_colour")
    if unevenness > UNEVENNESS:
        problems.append("background_uneven")
    if _floats(candidate, background):
        problems.append("floating")
    if _kept_changed(candidate, framed):
        problems.append("kept_changed")
    confidence = 1.0
    if detect is not None:
        faces = detect(_encoded(candidate))
        if not faces:
            problems.append("no_face")
        elif len(faces) > 1:
            problems.append("several_faces")
        confidence = max((face.confidence for face in faces), default=0.0)
    fine = 0.04 * min(distance / COLOUR_DISTANCE, 1) + 0.04 * min(unevenness / UNEVENNESS, 1) + 0.04 * (1 - confidence)
    return Judgement(max(0.0, 1 - fine - sum(PENALTY[problem] for problem in problems)), tuple(problems))


def _background(candidate: Pixels, framed: FramedHead, asked: tuple[int, int, int]) -> tuple[float, float]:
    """Distance of the border's median from the asked colour, and how far 90 % of the border is from that median."""
    border = _lab(candidate[beside_the_head(framed)][None])[0]
    median = np.median(border, axis=0)
    target = _lab(np.asarray(asked, np.uint8)[None, None])[0, 0]
    spread = np.percentile(np.linalg.norm(border - median, axis=1), 90)
    return float(np.linalg.norm(median - target)), float(spread)


def _floats(candidate: Pixels, background: tuple[int, int, int]) -> bool:
    height, width = candidate.shape[:2]
    edge = _lab(candidate[-height // 50 :, 2 * width // 5 : 3 * width // 5]).reshape(-1, 3)
    target = _lab(np.asarray(background, np.uint8)[None, None])[0, 0]
    return bool(np.linalg.norm(np.median(edge, axis=0) - target) < FLOATING)


def _lab(pixels: Pixels) -> NDArray[Any]:
    return cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def _kept_changed(candidate: Pixels, framed: FramedHead) -> bool:
    kept = framed.keep == 255
    if not kept.any():
        return False
    difference = np.abs(candidate[kept].astype(np.int16) - framed.pixels[kept])
    return bool(np.percentile(difference, 99.5) > KEPT_TOLERANCE)


def _encoded(candidate: Pixels) -> bytes:
    """At most 384 pixels wide: enough to count faces, the smallest of which would be noise, and quick."""
    height, width = candidate.shape[:2]
    if width > COUNTED_WIDTH:
        size = (COUNTED_WIDTH, round(height * COUNTED_WIDTH / width))
        candidate = np.asarray(cv2.resize(candidate, size, interpolation=cv2.INTER_AREA), np.uint8)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(candidate, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92])
    return bytes(data)
