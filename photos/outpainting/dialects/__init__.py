"""How each family of painting models on Bedrock wants to be asked: one module per family, chosen by the model's id."""

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
    """Adding one means looking at its sibling. The tests hold the polarity of every mask."""

    images_per_call: int
    size: Size
    """At which it paints, and its portraits come out; 2:3."""
    read_seconds: float
    """How long an answer may take."""

    def mask(self, keep: Alpha) -> Alpha:
        """The canonical mask (255 = keep) in this dialect's polarity."""
        ...

    def request(self, picture: Pixels, keep: Alpha, words: Words, seed: int, images: int) -> dict[str, Any]:
        """The body that asks for `images` pictures. Raises Misconfigured for wording that is too long."""
        ...

    def images(self, answer: dict[str, Any]) -> list[str]:
        """The pictures of an answer, in Base64; those that a content filter withheld are missing.

        Raises BadAnswer where nothing was withheld and nothing is there.
        """
        ...


DIALECTS: dict[str, Callable[[], Dialect]] = {"stability": Stability, "titan": Titan, "nova": NovaCanvas}

FAMILIES = {
    "stability.stable-image-inpaint": "stability",
    "amazon.titan-image-generator": "titan",
    "amazon.nova-canvas": "nova",
}
"""What a model's id contains, whichever region stands before it."""


def dialect(model: str, named: str = "") -> Dialect:
    """The dialect that a setting names, or else the model's own. Raises Misconfigured where neither tells."""
    for family, name in FAMILIES.items():
        if not named and family in model:
            named = name
    if named not in DIALECTS:
        raise Misconfigured(f"no dialect for the image model {model!r}: set BEDROCK_IMAGE_DIALECT")
    return DIALECTS[named]()
