"""What is painted around the kept head: styles, the provider's protocol, and the paste that keeps the person."""

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
    """One outfit: a colour of suit and the cuts it may have, and English words for providers that read."""

    colour: str
    """`navy`, `charcoal` or `black`."""
    families: tuple[str, ...]
    """Of the wardrobe, in order of preference: the first that the throat in the photo allows is worn."""

    @property
    def words(self) -> str:
        """Of the first cut: a painting model makes the throat as it likes."""
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
    layers: Layers | None = None
    """What a composed portrait is made of; None where a model painted it."""


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


SUITS = {"navy_suit": "navy", "charcoal_suit": "charcoal", "black_suit": "black"}
_TIE = ("suit_tie",)
_ROUND, _SHIRT, _V = ("jacket_round", "jacket_stand"), ("jacket_shirt", "jacket_round", "jacket_stand"), ("jacket_v",)
_FOR_ANYBODY = ("suit_open", "jacket_round", "jacket_stand")
_CUTS: dict[Gender | None, dict[str, tuple[str, ...]]] = {
    "male": dict.fromkeys(SUITS, _TIE),
    "female": {"navy_suit": _ROUND, "charcoal_suit": _SHIRT, "black_suit": (*_V, *_ROUND)},
    None: dict.fromkeys(SUITS, _FOR_ANYBODY),
}
"""What is worn under which suit, by presented gender: the three candidates of a woman differ in cut as well."""
LOOKS = tuple(Look(SUITS[suit], families) for cuts in _CUTS.values() for suit, families in cuts.items())
OWN_CLOTHES = "own_clothes"
GARMENTS: dict[str, Gender] = {"shirt": "male", "blouse": "female"}
"""What a person may ask for under the jacket: shirt and tie, or a blouse, whatever the detector took them for."""
PLAIN_STYLES = (*SUITS, OWN_CLOTHES)
"""Without a garment asked for: it follows the presented gender. The default first."""
STYLES = (*PLAIN_STYLES, *(f"{suit}_{garment}" for suit in SUITS for garment in GARMENTS))
"""All slugs."""


def parted(slug: str) -> tuple[str, str]:
    """The plain style and the garment asked for, "" where none is: `navy_suit_shirt` is `navy_suit` with `shirt`."""
    suit, _, garment = slug.rpartition("_")
    return (suit, garment) if garment in GARMENTS else (slug, "")


def style(slug: str, gender: Gender | None) -> Style:
    """The style for a person: the asked-for look first, then the other two, so that three candidates differ.

    Where no garment is asked for and the presented gender is not known, nobody gets a tie. Raises KeyError for an
    unknown slug.
    """
    if slug == OWN_CLOTHES:
        return Style(slug, gender, ())
    suit, garment = parted(slug)
    cuts = _CUTS[GARMENTS[garment] if garment else gender]
    order = (suit, *(other for other in SUITS if other != suit))
    return Style(slug, gender, tuple(Look(SUITS[each], cuts[each]) for each in order))


def look_name(style: Style, number: int) -> str:
    """What the candidate of that number wears, as the API names it: a plain style."""
    if not style.looks:
        return OWN_CLOTHES
    suit, _ = parted(style.slug)
    names = (suit, *(name for name in SUITS if name != suit))
    return names[number % len(names)]


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
