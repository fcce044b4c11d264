"""The layers of a composed portrait."""

from __future__ import annotations

from dataclasses import dataclass

from photos.types import Alpha


@dataclass(frozen=True)
class Layers:
    """Alphas of the canvas's size, 0–255, for code that judges or corrects the portrait."""

    kept: Alpha
    """The photo's pixels in the picture; unchanged where 255."""
    face: Alpha
    """The face's oval in `kept`, always in front."""
    hair_behind: Alpha
    """Kept pixels under the clothes: visible where `cloth` is 0, shaded near it."""
    neck: Alpha
    """The throat, from the photo or filled in, without regard to clothes and hair over it."""
    invented: Alpha
    """The part of `neck` that the photo does not show."""
    cloth: Alpha
    """The clothes' front layer."""
    collar_behind: Alpha
    """The collars' inside, behind neck and hair."""
