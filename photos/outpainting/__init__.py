"""Painting around the kept head: styles, the protocol of providers, and the paste that puts the kept pixels back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from photos.framing import BACKGROUND, Size
from photos.outpainting import wardrobe
from photos.outpainting.layers import Layers
from photos.types import Alpha, FramedHead, Gender, Pixels

Colour = tuple[int, int, int]
"""sRGB, 0–255."""


@dataclass(frozen=True)
class Look:
    """One outfit: a suit's colour, the cuts that it may have, and its English description for image models."""

    colour: str
    """`navy`, `charcoal` or `black`."""
    families: tuple[str, ...]
    """Garment families, in order of preference. The first whose neckline fits the visible throat is worn."""

    @property
    def words(self) -> str:
        """The description of the first cut. A painting model paints the throat itself, so every neckline fits."""
        return wardrobe.looks()[f"{self.families[0]}_{self.colour}"].words


@dataclass(frozen=True)
class Style:
    slug: str
    gender: Gender | None
    """As presented; None where the detector was not sure."""
    looks: tuple[Look, ...]
    """Empty = the person's own clothes."""
    background: Colour = BACKGROUND

    def look(self, number: int) -> Look:
        """What the candidate of this number (from 0) wears. Not for own clothes, which have no looks."""
        return self.looks[number % len(self.looks)]


@dataclass(frozen=True)
class Words:
    """The prompts of an image model, in English."""

    text: str
    negative: str


@dataclass(frozen=True)
class CandidateRequest:
    """What one candidate is painted from."""

    number: int
    """From 0. It decides the look."""
    seed: int
    """Of the model's noise. The same request gives the same picture."""
    words: Words


@dataclass(frozen=True)
class Painted:
    """One portrait of the provider's size."""

    pixels: Pixels
    """The kept pixels already pasted back."""
    cover: Alpha | None
    """255 = the person and their clothes, 0 = the plain background. It is needed to change the background.

    None where the provider does not know it. Then it is computed when another background is first asked for.
    """
    layers: Layers | None = None
    """The layers of a composed portrait; None where a model painted it."""


class Outpainter(Protocol):
    """A provider of portraits.

    `outpaint` is one call. It takes at most `images_per_call` requests and returns a portrait for each, None where a
    content filter withheld it. The head must be framed at `size`. Raises the engine's error classes.
    """

    name: str
    model: str
    size: Size
    images_per_call: int
    waits: bool
    """Whether a call waits for another machine. If so, several threads call at the same time."""

    def outpaint(
        self, framed: FramedHead, style: Style, requests: Sequence[CandidateRequest]
    ) -> list[Painted | None]: ...


SUITS = {"navy_suit": "navy", "charcoal_suit": "charcoal", "black_suit": "black"}
_TIE = ("suit_tie",)
_ROUND, _SHIRT, _V = ("jacket_round", "jacket_stand"), ("jacket_shirt", "jacket_round", "jacket_stand"), ("jacket_v",)
_FOR_ANYBODY = ("suit_open", "jacket_round", "jacket_stand")
_CUTS: dict[Gender | None, dict[str, tuple[str, ...]]] = {
    "male": dict.fromkeys(SUITS, _TIE),
    "female": {"navy_suit": _ROUND, "charcoal_suit": _SHIRT, "black_suit": (*_V, *_ROUND)},
    None: dict.fromkeys(SUITS, _FOR_ANYBODY),
}
"""The cuts of each suit, by presented gender. A woman's three candidates differ in cut as well."""
LOOKS = tuple(Look(SUITS[suit], families) for cuts in _CUTS.values() for suit, families in cuts.items())
OWN_CLOTHES = "own_clothes"
GARMENTS: dict[str, Gender] = {"shirt": "male", "blouse": "female"}
"""What a person may ask for under the jacket, and the gender whose cuts it means.

The detector's guess does not count.
"""
PLAIN_STYLES = (*SUITS, OWN_CLOTHES)
"""Styles that name no garment: it follows from the presented gender. The first is the default."""
STYLES = (*PLAIN_STYLES, *(f"{suit}_{garment}" for suit in SUITS for garment in GARMENTS))
"""All slugs."""


def parted(slug: str) -> tuple[str, str]:
    """The plain style and the garment of a slug: `navy_suit_shirt` gives `navy_suit` and `shirt`. "" = no garment."""
    suit, _, garment = slug.rpartition("_")
    return (suit, garment) if garment in GARMENTS else (slug, "")


def style(slug: str, gender: Gender | None) -> Style:
    """The style for a person: the asked-for look first, then the other two, so that three candidates differ.

    Nobody gets a tie when no garment is asked for and the presented gender is not known. Raises KeyError for an unknown
    slug.
    """
    if slug == OWN_CLOTHES:
        return Style(slug, gender, ())
    suit, garment = parted(slug)
    cuts = _CUTS[GARMENTS[garment] if garment else gender]
    order = (suit, *(other for other in SUITS if other != suit))
    return Style(slug, gender, tuple(Look(SUITS[each], cuts[each]) for each in order))


def look_name(style: Style, number: int) -> str:
    """What the candidate of this number (from 0) wears, as the API names it: a plain style."""
    if not style.looks:
        return OWN_CLOTHES
    suit, _ = parted(style.slug)
    names = (suit, *(name for name in SUITS if name != suit))
    return names[number % len(names)]


def paste_kept(framed: FramedHead, painted: Pixels) -> Pixels:
    """The painted canvas with the kept pixels pasted back: exact where `keep` is 255, blended below it.

    `painted` has the size of the framed canvas.
    """
    alpha = framed.keep[..., None].astype(np.uint16)
    blended = (framed.pixels * alpha + painted * (255 - alpha) + 127) // 255
    return blended.astype(np.uint8)


def cover_kept(framed: FramedHead, cover: Alpha) -> Alpha:
    """The cover of a portrait: that of its painted canvas, joined with the kept pixels."""
    through = (255 - framed.keep.astype(np.uint16)) * (255 - cover.astype(np.uint16))
    return (255 - (through + 127) // 255).astype(np.uint8)
