"""Which face of a picture the portrait is made of, or why none can be. The same rule for every provider."""

from __future__ import annotations

from collections.abc import Sequence

from photos.advice import Quality
from photos.types import Face
from workers.errors import Rejected

SECOND_FACE_AREA = 0.25
"""A second face of this share of the first's area is a second person in the picture, a smaller one a passer-by."""

TEMPLES_PIXELS = 80
"""Between the temples. The portrait shows some 230 pixels there: more than threefold magnified, a face is mush."""

TEMPLES_SHARE = 0.04
"""Of the picture's width: below it the picture is of something else."""

YAW_DEGREES = 28.0
"""Chosen by eye, not measured: the far cheek goes out of sight, and a suit cut for a frontal body looks pasted."""

PITCH_DEGREES = 28.0
"""Chosen by eye as well: the chin hides the neck, or the forehead the eyes."""

ROLL_DEGREES = 35.0
"""Framing straightens a leaning head; from here on the neck would leave the collar sideways, and a picture that
lies on its side belongs here too."""

DARK_BELOW = 0.13
"""Mean luma of the face. The darkest skin of the Monk scale (#292420) is at 0.14 in even light, so what lies below
is the light, not the person."""

CROWN = 0.10
"""Of the face's height must be free above it. The box ends at the forehead; the skull alone is higher than that by
about a quarter. What is cut within the hair is seen by the mask."""

EDGE = 0.003
"""Of the picture: a box this near to its border has been clamped there, and the face goes on outside."""


SOFT_FROM = 4.3
"""As photos.sharpness measures: the face holds no detail at 3 × 4 cm and 300 dpi. Ordinary faces stay below 3.3."""

FLAT_FROM = 0.30
"""Share of the face without any texture, in a face with sharp edges: a drawing. Photos measured up to 0.08, flat drawn
figures 0.37. Painted or sculpted faces have texture and pass."""


def refuse_unusable(quality: Quality) -> None:
    """Raises Rejected with `blurred` or `not_a_photo` where a portrait of that face could only look wrong."""
    if quality.softness >= SOFT_FROM:
        raise Rejected(code="blurred")
    if quality.flat >= FLAT_FROM:
        raise Rejected(code="not_a_photo")


def choose(faces: Sequence[Face], width: int, height: int) -> Face:
    """The face to work on, in a picture of so many pixels.

    Raises Rejected with the API's code: `no_face`, `multiple_faces`, `face_too_small`, `too_dark`,
    `not_frontal`, `head_cut_off` or `face_covered`. The order is that of what helps: a person who is
    told to step closer need not hear about the light first.
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
