"""Chooses the face for the portrait, or refuses the photo. The rule is the same for every provider."""

from __future__ import annotations

from collections.abc import Sequence

from photos.advice import Quality
from photos.types import Face
from workers.errors import Rejected

SECOND_FACE_AREA = 0.25
"""A second face with this share of the first's area is a second person. A smaller one is a passer-by."""

TEMPLES_PIXELS = 80
"""Pixels between the temples. The portrait has about 230 there, and a face magnified threefold looks blurred."""

TEMPLES_SHARE = 0.04
"""Share of the picture's width. With less, the picture shows something else."""

YAW_DEGREES = 28.0
"""Chosen by eye, not measured. Beyond it one cheek is hidden, and a suit for a frontal body looks pasted on."""

PITCH_DEGREES = 28.0
"""Chosen by eye as well. Beyond it the chin hides the neck, or the forehead hides the eyes."""

ROLL_DEGREES = 35.0
"""Framing straightens a leaning head. From here on the neck would leave the collar sideways.

A picture that lies on its side is refused by it too.
"""

DARK_BELOW = 0.13
"""Mean luma of the face, 0–1. The darkest skin of the Monk scale (#292420) has 0.14 in even light.

So below it the light is too dark, whatever the skin.
"""

CROWN = 0.10
"""Share of the face's height that must be free above the box, which ends at the forehead.

The skull alone is higher than that by about a quarter. Masking refuses a head that is cut within the hair.
"""

EDGE = 0.003
"""Share of the picture. A box this near to the border was clamped there: the face continues outside."""


SOFT_FROM = 4.3
"""As measured by photos.sharpness.

From here on a face has no detail at 3 × 4 cm and 300 dpi. Ordinary faces have up to 3.3.
"""

FLAT_FROM = 0.30
"""Share of the face without texture, from which a face with sharp edges is a drawing.

Photos measured up to 0.08, flat drawn figures 0.37. Weakness: painted or sculpted faces have texture and pass.
"""


def refuse_unusable(quality: Quality) -> None:
    """Raises Rejected with `blurred` or `not_a_photo` when no good portrait can be made of the face."""
    if quality.softness >= SOFT_FROM:
        raise Rejected(code="blurred")
    if quality.flat >= FLAT_FROM:
        raise Rejected(code="not_a_photo")


def choose(faces: Sequence[Face], width: int, height: int) -> Face:
    """The face for the portrait, in a picture of `width` × `height` pixels.

    Raises Rejected with the API's code: `no_face`, `multiple_faces`, `face_too_small`, `too_dark`,
    `not_frontal`, `head_cut_off` or `face_covered`. They are checked in the order in
    which mending helps: somebody who must step closer need not hear about the light first.
    """
    if not faces:
        raise Rejected(code="no_face")
    first, *others = sorted(faces, key=lambda face: face.box.area, reverse=True)
    if others and others[0].box.area >= SECOND_FACE_AREA * first.box.area:
        raise Rejected(code="multiple_faces")
    if first.temple_width * width < TEMPLES_PIXELS or first.temple_width < TEMPLES_SHARE:
        raise Rejected(code="face_too_small")
    if first.brightness < DARK_BELOW:
        raise Rejected(code="too_dark")
    if abs(first.yaw) > YAW_DEGREES or abs(first.pitch) > PITCH_DEGREES or abs(first.roll) > ROLL_DEGREES:
        raise Rejected(code="not_frontal")
    if _cut_off(first):
        raise Rejected(code="head_cut_off")
    if first.occluded:
        raise Rejected(code="face_covered")
    return first


def _cut_off(face: Face) -> bool:
    box = face.box
    beside = box.left <= EDGE or box.left + box.width >= 1 - EDGE
    return beside or box.top + box.height >= 1 - EDGE or box.top <= max(EDGE, CROWN * box.height)
