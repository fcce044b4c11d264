"""What is painted around the kept head: styles, the provider's protocol, and the paste that keeps the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import cv2
import numpy as np

from photos.framing import BACKGROUND
from photos.types import FramedHead, Gender, Pixels

Colour = tuple[int, int, int]
"""sRGB, 0–255."""


class Inner(StrEnum):
    """What is worn under the jacket."""

    SHIRT_AND_TIE = "shirt_and_tie"
    ROUND_BLOUSE = "round_blouse"
    V_BLOUSE = "v_blouse"


@dataclass(frozen=True)
class Look:
    """One outfit, in colours and in English words for providers that read."""

    words: str
    jacket: Colour
    inner: Inner
    shirt: Colour
    tie: tuple[Colour, Colour] | None = None
    """The dark and the light thread of its weave."""
    mirrored: bool = False
    """Buttoned right over left, as women's jackets are."""


@dataclass(frozen=True)
class Style:
    slug: str
    gender: Gender | None
    """As presented; None where the detector was not sure."""
    looks: tuple[Look, ...]
    """Empty = the person's own clothes. A seed picks `looks[seed % len(looks)]`, so seeds in a row differ."""
    background: Colour = BACKGROUND


class Outpainter(Protocol):
    """A provider of painted canvases. Adding one means looking at its sibling.

    Answers one whole canvas (768 × 1152) for each seed, the kept pixels already pasted back. Raises the engine's
    error classes.
    """

    name: str
    model: str
    images_per_call: int

    def outpaint(self, framed: FramedHead, style: Style, seeds: Sequence[int]) -> list[Pixels]: ...


NAVY, CHARCOAL, BLACK = (26, 31, 47), (62, 64, 68), (29, 29, 31)
WHITE, PALE_BLUE, IVORY = (247, 248, 250), (214, 226, 243), (248, 244, 236)
BURGUNDY_TIE = ((62, 14, 26), (148, 62, 78))
NAVY_TIE = ((22, 30, 62), (104, 122, 164))
SILVER_TIE = ((84, 88, 98), (182, 186, 195))

_MENS = {
    "navy_suit": Look(
        "a navy suit with a white shirt and a burgundy tie", NAVY, Inner.SHIRT_AND_TIE, WHITE, BURGUNDY_TIE
    ),
    "charcoal_suit": Look(
        "a charcoal suit with a pale blue shirt and a navy tie", CHARCOAL, Inner.SHIRT_AND_TIE, PALE_BLUE, NAVY_TIE
    ),
    "black_suit": Look(
        "a black suit with a white shirt and a silver tie", BLACK, Inner.SHIRT_AND_TIE, WHITE, SILVER_TIE
    ),
}
_WOMENS = {
    "navy_suit": Look(
        "a navy suit jacket over a white round-neck blouse", NAVY, Inner.ROUND_BLOUSE, WHITE, mirrored=True
    ),
    "charcoal_suit": Look(
        "a charcoal suit jacket over an ivory V-neck blouse", CHARCOAL, Inner.V_BLOUSE, IVORY, mirrored=True
    ),
    "black_suit": Look("a black suit jacket over a white V-neck blouse", BLACK, Inner.V_BLOUSE, WHITE, mirrored=True),
}
OWN_CLOTHES = "own_clothes"
STYLES = (*_MENS, OWN_CLOTHES)
"""Slugs, the default first."""


def style(slug: str, gender: Gender | None) -> Style:
    """The style for a person: the asked-for look first, then the other two, so that three candidates differ.

    Where the presented gender is not known the round-neck top is worn, which suits anyone. Raises KeyError for an
    unknown slug.
    """
    if slug == OWN_CLOTHES:
        return Style(slug, gender, ())
    wardrobe = _MENS if gender == "male" else _WOMENS
    if gender is None:
        wardrobe = {name: replace(look, inner=Inner.ROUND_BLOUSE) for name, look in _WOMENS.items()}
    first = wardrobe[slug]
    return Style(slug, gender, (first, *(look for look in wardrobe.values() if look is not first)))


def paste_kept(framed: FramedHead, painted: Pixels) -> Pixels:
    """The painted canvas with the person's own pixels back: exactly theirs where `keep` is 255, blended where partial.

    `painted` may have any size of the canvas's shape; it is resized to the canvas.
    """
    height, width = framed.keep.shape
    if painted.shape[:2] != (height, width):
        painted = np.asarray(cv2.resize(painted, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    alpha = framed.keep[..., None].astype(np.uint16)
    blended = (framed.pixels * alpha + painted * (255 - alpha) + 127) // 255
    return blended.astype(np.uint8)
