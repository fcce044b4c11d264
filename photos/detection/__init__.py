"""Face detection: one module per provider, and the rule that chooses one face."""

from __future__ import annotations

from typing import Protocol

from photos.types import Face


class Detector(Protocol):
    """A provider of faces.

    Raises the engine's error classes for the provider's failures. It does not decide which face can be used:
    `photos.detection.choice.choose` does.
    """

    name: str
    model: str

    def detect(self, picture: bytes) -> list[Face]:
        """Every face in a normalised JPEG, in any order."""
        ...
