"""What is painted around the kept head: styles, the provider's protocol, and the paste that keeps the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import numpy as np

from photos.framing import BACKGROUND, Size
from photos.types import Alpha, FramedHead, Gender, Pixels

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
    """Empty = the person's own clothes."""
    background: Colour = BACKGROUND

    def look(self, number: int) -> Look:
        """What the candidate of that number wears: candidates in a row differ. Not for own clothes."""
        return self.looks[number % len(self.looks)]


@dataclass(frozen=True)
class Words:
    """What a painting model is told, in English."""

    text: str
    negative: str


@dataclass(frozen=True)
class Take:
    """What one candidate is painted from."""

    number: int
    """From 0; it picks the look."""
    seed: int
    """Of the model's noise: the same take is the same picture."""
    words: Words


@dataclass(frozen=True)
class Painted:
    """One portrait of the provider's size."""

    pixels: Pixels
    """The kept pixels already pasted back."""
    cover: Alpha | None
    """255 = the person and their clothes, 0 = the plain background behind them: what another background needs.

    None where the provider does not know it: then it is found when another background is first asked for.
    """


class Outpainter(Protocol):
    """A provider of painted canvases. Adding one means looking at its sibling.

    `outpaint` is one call: at most `images_per_call` takes go in, a portrait for each comes out, None where a content
    filter withheld it. The head is framed at `size`. Raises the engine's error classes.
    """

    name: str
    model: str
    size: Size
    images_per_call: int
    waits: bool
    """Whether a call waits for another machine: then calls are made at the same time, from several threads."""

    def outpaint(self, framed: FramedHead, style: Style, takes: Sequence[Take]) -> list[Painted | None]: ...


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
LOOKS = (*_MENS.values(), *_WOMENS.values())
OWN_CLOTHES = "own_clothes"
GARMENTS: dict[str, dict[str, Look]] = {"shirt": _MENS, "blouse": _WOMENS}
"""What a person may ask for under the jacket: shirt and tie, or a blouse, whatever the detector took them for."""
PLAIN_STYLES = (*_MENS, OWN_CLOTHES)
"""Without a garment asked for: it follows the presented gender. The default first."""
STYLES = (*PLAIN_STYLES, *(f"{suit}_{garment}" for suit in _MENS for garment in GARMENTS))
"""All slugs."""


def parted(slug: str) -> tuple[str, str]:
    """The plain style and the garment asked for, "" where none is: `navy_suit_shirt` is `navy_suit` with `shirt`."""
    suit, _, garment = slug.rpartition("_")
    return (suit, garment) if garment in GARMENTS else (slug, "")


def style(slug: str, gender: Gender | None) -> Style:
    """The style for a person: the asked-for look first, then the other two, so that three candidates differ.

    Where no garment is asked for and the presented gender is not known, the round-neck top is worn, which suits
    anyone. Raises KeyError for an unknown slug.
    """
    if slug == OWN_CLOTHES:
        return Style(slug, gender, ())
    suit, garment = parted(slug)
    if garment:
        wardrobe = GARMENTS[garment]
    elif gender is None:
        wardrobe = {name: replace(look, inner=Inner.ROUND_BLOUSE) for name, look in _WOMENS.items()}
    else:
        wardrobe = _MENS if gender == "male" else _WOMENS
    first = wardrobe[suit]
    return Style(slug, gender, (first, *(look for look in wardrobe.values() if look is not first)))


def paste_kept(framed: FramedHead, painted: Pixels) -> Pixels:
    """The painted canvas with the person's own pixels back: exactly theirs where `keep` is 255, blended where partial.

    `painted` has the size of the framed canvas.
    """
    alpha = framed.keep[..., None].astype(np.uint16)
    blended = (framed.pixels * alpha + painted * (255 - alpha) + 127) // 255
    return blended.astype(np.uint8)


def cover_kept(framed: FramedHead, cover: Alpha) -> Alpha:
    """The cover of the painted canvas and of the kept pixels over it."""
    through = (255 - framed.keep.astype(np.uint16)) * (255 - cover.astype(np.uint16))
    return (255 - (through + 127) // 255).astype(np.uint8)
