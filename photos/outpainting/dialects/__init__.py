"""The request and answer forms of image models on Bedrock: one module per family, chosen by the model's id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from photos.framing import Size
from photos.outpainting import Words
from photos.outpainting.dialects.stability import Stability
from photos.outpainting.dialects.titan import NovaCanvas, Titan
from photos.types import Alpha, Pixels
from workers.errors import Misconfigured


class Dialect(Protocol):
    """The request and answer form of one family. Tests check each mask's polarity."""

    images_per_call: int
    size: Size
    """Pixels of the canvas that it paints, and of its portraits; 2:3."""
    read_seconds: float
    """How long an answer may take, in seconds."""

    def mask(self, keep: Alpha) -> Alpha:
        """The canonical mask (255 = keep) in this dialect's polarity."""
        ...

    def request(self, picture: Pixels, keep: Alpha, words: Words, seed: int, images: int) -> dict[str, Any]:
        """The body that asks for `images` pictures. Raises Misconfigured when the wording is too long."""
        ...

    def images(self, answer: dict[str, Any]) -> list[str]:
        """The pictures of an answer, in Base64. Those that a content filter withheld are missing.

        Raises BadAnswer for an answer without pictures that does not say they were withheld.
        """
        ...


DIALECTS: dict[str, Callable[[], Dialect]] = {"stability": Stability, "titan": Titan, "nova": NovaCanvas}

FAMILIES = {
    "stability.stable-image-inpaint": "stability",
    "amazon.titan-image-generator": "titan",
    "amazon.nova-canvas": "nova",
}
"""A part of the model's id, and the dialect. The id may begin with a region."""


def dialect(model: str, named: str = "") -> Dialect:
    """The dialect that a setting names, or else the one of the model's family.

    Raises Misconfigured if there is neither.
    """
    for family, name in FAMILIES.items():
        if not named and family in model:
            named = name
    if named not in DIALECTS:
        raise Misconfigured(f"no dialect for the image model {model!r}: set BEDROCK_IMAGE_DIALECT")
    return DIALECTS[named]()
