"""Masks of the person: one module per provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from photos.types import Alpha, Face, MaskScope, Pixels


@dataclass(frozen=True)
class Masked:
    """Masks of the picture's height and width, 255 = the person's pixel, soft at hair."""

    keep: Alpha
    """The kept pixels in the requested scope."""
    person: Alpha
    """The whole person, as far as a portrait shows them."""
    scope: MaskScope = MaskScope.HEAD


class Masker(Protocol):
    """A provider of masks.

    Raises `workers.errors.Rejected(code="head_cut_off")` when the head touches the picture's border, and the
    engine's other error classes for the provider's failures.
    """

    name: str
    model: str

    def mask(self, picture: Pixels, face: Face, scope: MaskScope) -> Masked: ...
