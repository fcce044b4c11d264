"""Straightens, scales and places a head by the ID-photo rule. Geometry only: no model, no provider."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.anatomy import FACE_HEIGHT, FOREHEAD_ABOVE_EYES, HEAD_HEIGHT, Head, head_of
from photos.masking import Masked
from photos.masking.matting import decontaminated
from photos.skin import bare_skin
from photos.types import Alpha, Face, FaceBox, FramedHead, MaskScope, Pixels

CANVAS = (768, 1152)
"""Width and height in pixels, 2:3. A provider that paints at another size of this shape gets a canvas of that size."""
BACKGROUND = (190, 214, 238)
"""The painted background: plain light blue, sRGB. It also fills the canvas outside the picture."""
FACE_SHARE = 0.30
"""Forehead to chin as a share of the canvas's height. Chosen by eye on many portraits."""
CHIN_AT = 0.575
"""The chin's distance from the top, as a share of the canvas's height."""
TOP_MARGIN = 0.055
"""Clear space above the hair, as a share of the canvas's height. Tall hair makes the whole head smaller."""
LOWEST_CHIN, LARGEST = 0.68, 1.6
"""How low the chin and how large the head may get, so that own clothes reach the canvas's lower edge."""
SHOULDER = 2.6
"""Half the width that must be covered at the lower edge, in eye distances."""
MOST_TURN = 3.0
"""Largest angle in degrees by which a picture with own clothes is straightened."""
HEM = 0.6
"""How far own clothes may be extended below the picture, in eye distances."""
CUT_WIDTH, CUT_LARGER = 0.5, 1.2
"""For hair cut by the picture's upper edge: the least width of the cut in eye distances, and the head's enlargement."""
HALO = 1 / 32
"""Radius from which half-transparent hair gets its colour, as a share of the canvas's width."""

Size = tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True)
class HeadPlace:
    """Where a framed head stands: shares of the canvas's height from the top. Its middle is the canvas's."""

    hair: float
    """The highest kept hair; 0 where the picture's upper edge cuts it."""
    crown: float
    """The skull's top, without the hair's volume: `HEAD_HEIGHT` above the chin, or the hair's own top below that."""
    chin: float


USUAL_PLACE = HeadPlace(
    hair=CHIN_AT - FACE_SHARE * HEAD_HEIGHT / FACE_HEIGHT,
    crown=CHIN_AT - FACE_SHARE * HEAD_HEIGHT / FACE_HEIGHT,
    chin=CHIN_AT,
)
"""Of a head of usual size."""


def frame(picture: Pixels, face: Face, masked: Masked, size: Size = CANVAS) -> FramedHead:
    """Place the head on a 2:3 canvas of `size` with one resampling of the original pixels."""
    height, width = picture.shape[:2]
    head = head_of(face, width, height)
    scale, chin_at = _size_and_place(head, masked, height, size)
    turn = _turn(head, masked.scope)
    matrix = _placement(head, turn, scale, chin_at, size)
    # Own clothes cut by the picture's lower edge are continued by mirroring. Everything else is painted.
    continues = masked.scope is MaskScope.PERSON and (masked.person[-1] > 127).sum() > SHOULDER * head.unit
    more = max(2, round(HEM * head.unit)) if continues else 0
    pixels = _warp(_continued(picture, more), matrix, scale, size, BACKGROUND)
    keep = _smooth(_warp(_continued(masked.keep, more), matrix, scale, size), scale)
    person = _smooth(_warp(_continued(masked.person, more), matrix, scale, size), scale)
    moved = replace(_moved(face, matrix, (width, height), size), roll=head.roll + turn)
    pixels = decontaminated(pixels, _hair_edges(pixels, keep, person, moved), round(HALO * size[0]))
    return FramedHead(pixels=pixels, keep=keep, person=person, face=moved, enlargement=scale)


def place_of(face: Face, masked: Masked, size: Size = CANVAS) -> HeadPlace:
    """Where `frame` puts this head. Within 2 % of the head's height: the chin is derived from five points."""
    height, width = masked.keep.shape
    head = head_of(face, width, height)
    scale, chin_at = _size_and_place(head, masked, height, size)
    unit = head.unit * scale / size[1]
    crown = chin_at - HEAD_HEIGHT * unit
    if masked.scope is MaskScope.FACE:
        # Only the face is kept of the photo, and hair is painted.
        return HeadPlace(hair=max(0.0, crown), crown=max(0.0, crown), chin=chin_at)
    hair = max(0.0, chin_at - head.chin * unit - _hair_height(masked.keep, head) * scale / size[1])
    return HeadPlace(hair=hair, crown=max(crown, hair), chin=chin_at)


def _size_and_place(head: Head, masked: Masked, height: int, size: Size) -> tuple[float, float]:
    """Canvas pixels per pixel of the picture, and the chin's distance from the top as a share of the canvas's height.

    Tall hair makes the head smaller. The person's own clothes must reach the canvas's lower edge, since nothing is
    painted there. Where the picture ends too soon, the head is placed lower and made larger.
    """
    crown, canvas = _hair_height(masked.keep, head) + head.chin * head.unit, size[1]
    usual = FACE_SHARE * canvas / (FACE_HEIGHT * head.unit)
    cut = _cut_above(masked.keep, head)
    if cut is not None:
        # Cut hair must end at the canvas's edge. A larger head keeps the chin from rising too far.
        scale = CUT_LARGER * usual
        if masked.scope is MaskScope.PERSON:
            scale = float(np.clip(canvas / (height / head.down[1]), scale, CUT_LARGER * LARGEST * usual))
        return scale, min(CHIN_AT, (cut + head.chin * head.unit) * scale / canvas)
    chin_at = CHIN_AT
    scale = min(usual, (CHIN_AT - TOP_MARGIN) * canvas / crown)
    if masked.scope is not MaskScope.PERSON:
        return scale, chin_at
    turn = math.radians(_turn(head, masked.scope))
    lost = abs(math.sin(turn)) * SHOULDER * head.unit
    below = max(1.0, (height - head.at(0, head.chin)[1] - lost) / math.cos(turn))
    chin_at = float(np.clip(1 - scale * below / canvas, CHIN_AT, LOWEST_CHIN))
    needed = (1 - chin_at) * canvas / below
    largest = min(LARGEST * usual, (chin_at - TOP_MARGIN) * canvas / crown)
    return float(np.clip(needed, scale, max(scale, largest))), chin_at


def _cut_above(keep: Alpha, head: Head) -> float | None:
    """Pixels from the eye line up to the lowest point at which the picture's upper edge cuts the hair.

    None when it does not cut it.
    """
    columns = np.flatnonzero(keep[:4].max(0) > 127)
    if len(columns) < CUT_WIDTH * head.unit:
        return None
    across = columns[[0, -1]] - head.eyes[0]
    up = -(across * head.down[0] + (0 - head.eyes[1]) * head.down[1])
    return float(up.min())


def _hair_edges(pixels: Pixels, keep: Alpha, person: Alpha, face: Face) -> Alpha:
    """Alpha that is partial where another colour shines through: at the person's outline, and at hair over clothes.

    It is not partial where the mask ends on bare skin, at the throat: both sides of that edge are skin.
    """
    height, width = keep.shape
    bare = bare_skin(pixels, head_of(face, width, height), darkest=0.4) & (person > 240)
    reach = round(width / 51) | 1
    bare = cv2.morphologyEx(bare.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8)) > 0
    partial = (keep > 0) & (keep < 255) & ~bare
    return np.where(partial, keep, person)


def _hair_height(keep: Alpha, head: Head) -> float:
    """Pixels of the picture from the eye line up to the highest kept pixel, along the head's axis."""
    rows, columns = np.nonzero(keep[::4, ::4] > 127)
    if not len(rows):
        return FOREHEAD_ABOVE_EYES * head.unit
    up = -((columns * 4 - head.eyes[0]) * head.down[0] + (rows * 4 - head.eyes[1]) * head.down[1])
    return float(max(up.max(), FOREHEAD_ABOVE_EYES * head.unit))


def _turn(head: Head, scope: MaskScope) -> float:
    """Degrees by which the picture is turned to make the head upright.

    A picture with own clothes is turned only a little, since its lower edge would be oblique in the portrait.
    """
    if scope is MaskScope.PERSON:
        return float(np.clip(-head.roll, -MOST_TURN, MOST_TURN))
    return -head.roll


def _placement(head: Head, degrees: float, scale: float, chin_at: float, size: Size) -> NDArray[np.float64]:
    """The 2 × 3 matrix from the picture to the canvas, which turns, scales, and moves the chin to its position."""
    turn = math.radians(degrees)
    matrix = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    target = np.array((size[0] / 2, chin_at * size[1]))
    return np.hstack([matrix, (target - matrix @ np.array(head.at(0, head.chin)))[:, None]])


def _continued(image: NDArray[np.uint8], rows: int) -> NDArray[np.uint8]:
    if not rows:
        return image
    # Many pictures have a last line of another colour, left by an earlier crop.
    end = rows // 20 + 1
    return np.asarray(cv2.copyMakeBorder(image[:-end], 0, rows + end, 0, 0, cv2.BORDER_REFLECT_101), np.uint8)


def _warp(
    image: NDArray[np.uint8],
    matrix: NDArray[np.float64],
    scale: float,
    size: Size,
    outside: tuple[int, int, int] = (0, 0, 0),
) -> NDArray[np.uint8]:
    if scale < 0.9:
        # Blur before shrinking, against aliasing.
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), 0.42 / scale), np.uint8)
    warped = cv2.warpAffine(
        image,
        matrix,
        size,
        flags=cv2.INTER_CUBIC if scale < 1 else cv2.INTER_LANCZOS4,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=outside,
    )
    return np.asarray(warped, np.uint8)


def _smooth(alpha: Alpha, scale: float) -> Alpha:
    """Smooth the steps that an enlarged mask has at the picture's pixels."""
    if scale <= 1.1:
        return alpha
    blurred = cv2.GaussianBlur(alpha, (0, 0), 0.75 * scale).astype(np.float32)
    return np.asarray(np.clip((blurred - 127.5) * 1.5 + 127.5, 0, 255), np.uint8)


def _moved(face: Face, matrix: NDArray[np.float64], picture: Size, canvas: Size) -> Face:
    width, height = picture

    def move(x: float, y: float) -> tuple[float, float]:
        moved = matrix @ (x * width, y * height, 1.0)
        return float(moved[0] / canvas[0]), float(moved[1] / canvas[1])

    box = face.box
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    across, down = box.width * width * scale / canvas[0], box.height * height * scale / canvas[1]
    middle = move(box.left + box.width / 2, box.top + box.height / 2)
    return replace(
        face,
        box=FaceBox(middle[0] - across / 2, middle[1] - down / 2, across, down),
        landmarks=tuple(move(x, y) for x, y in face.landmarks),
        temple_width=face.temple_width * width * scale / canvas[0],
    )
