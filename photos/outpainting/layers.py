"""What a composed portrait is made of."""

from __future__ import annotations

from dataclasses import dataclass

from photos.types import Alpha


@dataclass(frozen=True)
class Layers:
    """What a composed portrait is made of: alphas of the canvas's size, 0–255, for whoever judges or corrects it."""

    kept: Alpha
    """Where the photo's own pixels stand in the picture, unchanged at 255."""
    face: Alpha
    """The face's oval within them, always in front."""
    hair_behind: Alpha
    """Kept pixels under the clothes' layer: seen where `cloth` is 0, shaded near it."""
    neck: Alpha
    """The throat, real or invented, before clothes and hair cover it."""
    invented: Alpha
    """The part of `neck` that the photo does not show."""
    cloth: Alpha
    """The clothes' front layer."""
    collar_behind: Alpha
    """The collars' inside, behind neck and hair."""
