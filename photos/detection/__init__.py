"""Which faces a picture shows: one module per provider, and the rule by which one face is chosen."""

from __future__ import annotations

from typing import Protocol

from photos.types import Face


class Detector(Protocol):
    """A provider of faces. Adding one means looking at its sibling.

    Raises the engine's error classes for the provider's failures. What of the faces can be used is not the
    provider's matter: `photos.detection.choice.choose` says that.
    """

    name: str
    model: str

    def detect(self, picture: bytes) -> list[Face]:
        """Every face in a normalised JPEG, in any order; an empty list where there is none."""
        ...
