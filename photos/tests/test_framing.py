"""The ID-photo rule, on synthetic pictures: geometry that must hold whatever the photo."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from photos.anatomy import head_of
from photos.framing import BACKGROUND, CANVAS, CHIN_AT, FACE_SHARE, frame
from photos.masking import Masked
from photos.types import Face, FaceBox, MaskScope

WIDTH, HEIGHT = 900, 1200
CANVAS_WIDTH, CANVAS_HEIGHT = CANVAS


def face_at(x: float, y: float, unit: float, roll: float = 0.0) -> Face:
    """A frontal face with the eyes' midpoint at (x, y), `unit` pixels between the eyes, turned by `roll` degrees."""
    across = np.array((math.cos(math.radians(roll)), math.sin(math.radians(roll)))) * unit
    down = np.array((-across[1], across[0]))
    middle = np.array((x, y))
    points = [
        middle - across / 2,
        middle + across / 2,
        middle + down * 0.55,
        middle - across * 0.4 + down,
        middle + across * 0.4 + down,
    ]
    chin = middle + down * 1.8
    return Face(
        box=FaceBox((chin[0] - unit) / WIDTH, (chin[1] - 2.6 * unit) / HEIGHT, 2 * unit / WIDTH, 2.6 * unit / HEIGHT),
        confidence=0.99,
        landmarks=tuple((float(px) / WIDTH, float(py) / HEIGHT) for px, py in points),
        yaw=0.0,
        pitch=0.0,
        roll=roll,
        temple_width=2 * unit / WIDTH,
        brightness=0.5,
    )


def masked_ellipse(face: Face, hair: float = 1.6, scope: MaskScope = MaskScope.HEAD) -> Masked:
    """A head from the chin to `hair` eye distances over the eyes; the person also has a body."""
    head = head_of(face, WIDTH, HEIGHT)
    keep = np.zeros((HEIGHT, WIDTH), np.uint8)
    middle = head.at(0, (head.chin - hair) / 2)
    cv2.ellipse(keep, (middle, (2.4 * head.unit, (head.chin + hair) * head.unit), head.roll), 255, -1)
    person = keep.copy()
    person[int(head.at(0, head.chin)[1]) :, 100:-100] = 255
    return Masked(keep=person if scope is MaskScope.PERSON else keep, person=person, scope=scope)


@pytest.mark.parametrize("roll", [-12.0, 0.0, 12.0])
@pytest.mark.parametrize("unit", [60.0, 140.0])
def test_the_head_is_straight_centred_and_of_the_asked_size(roll: float, unit: float) -> None:
    # Given a head of any size and tilt
    face = face_at(430, 480, unit, roll)
    # When it is framed
    framed = frame(np.full((HEIGHT, WIDTH, 3), 128, np.uint8), face, masked_ellipse(face))
    # Then it stands upright at the rule's place and size
    head = head_of(framed.face, CANVAS_WIDTH, CANVAS_HEIGHT)
    chin = head.at(0, head.chin)
    assert head.roll == pytest.approx(0, abs=0.2)
    assert chin[0] == pytest.approx(CANVAS_WIDTH / 2, abs=4)
    assert chin[1] == pytest.approx(CHIN_AT * CANVAS_HEIGHT, abs=6)
    assert (head.chin + 0.88) * head.unit == pytest.approx(FACE_SHARE * CANVAS_HEIGHT, rel=0.04)


def test_tall_hair_stays_under_the_upper_edge() -> None:
    # Given hair that the usual size would push out of the canvas
    face = face_at(450, 700, 100)
    # When it is framed
    framed = frame(np.full((HEIGHT, WIDTH, 3), 128, np.uint8), face, masked_ellipse(face, hair=4.5))
    # Then nothing of it touches the edge
    assert framed.keep[:20].max() == 0
    assert framed.keep.max() == 255


def test_the_mask_keeps_its_polarity_and_lies_on_the_same_pixels() -> None:
    # Given a white head on black
    face = face_at(450, 500, 160)
    masked = masked_ellipse(face)
    picture = np.repeat(masked.keep[..., None], 3, axis=2)
    # When it is framed
    framed = frame(picture, face, masked)
    # Then 255 still means the head, and mask and pixels have moved alike
    assert (framed.pixels[framed.keep == 255] > 250).all()
    assert framed.keep[0, 0] == 0


def test_beyond_the_picture_there_is_background() -> None:
    # Given a head close to the picture's left edge
    face = face_at(160, 500, 100)
    # When it is framed
    framed = frame(np.zeros((HEIGHT, WIDTH, 3), np.uint8), face, masked_ellipse(face))
    # Then what the picture does not show is the plain background
    assert tuple(framed.pixels[CANVAS_HEIGHT // 2, 0]) == BACKGROUND


def test_own_clothes_reach_the_lower_edge() -> None:
    # Given a portrait that ends soon after the shoulders
    face = face_at(450, 750, 130)
    masked = masked_ellipse(face, scope=MaskScope.PERSON)
    # When the whole person is kept
    framed = frame(np.full((HEIGHT, WIDTH, 3), 90, np.uint8), face, masked)
    # Then no bust hangs in the air
    assert framed.person[-1, CANVAS_WIDTH // 2] == 255


def test_a_smaller_canvas_holds_the_same_picture() -> None:
    # Given a head, When it is framed at the size of another dialect
    face = face_at(450, 480, 120)
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    large, small = (frame(picture, face, masked_ellipse(face), size) for size in (CANVAS, (384, 576)))
    # Then it stands at the same place, at half the size
    assert small.pixels.shape == (576, 384, 3)
    assert small.enlargement == pytest.approx(large.enlargement / 2)
    assert np.asarray(small.face.landmarks) == pytest.approx(np.asarray(large.face.landmarks))
    halved = cv2.resize(large.keep, (384, 576), interpolation=cv2.INTER_AREA)
    assert np.abs(halved.astype(int) - small.keep).mean() < 1


@pytest.mark.parametrize("roll", [-6.0, 0.0, 6.0])
def test_cut_hair_ends_at_the_canvas_edge_and_nowhere_else(roll: float) -> None:
    # Given hair that the picture's upper edge cuts
    face = face_at(450, 160, 120, roll)
    picture = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    # When it is framed
    framed = frame(picture, face, masked_ellipse(face, hair=1.7))
    # Then no straight cut stands in the picture: wherever hair begins under the edge, it is round
    columns = np.flatnonzero(framed.keep[:, CANVAS_WIDTH // 2 - 80 : CANVAS_WIDTH // 2 + 80].max(0))
    assert len(columns) == 160
    assert (framed.keep[0, CANVAS_WIDTH // 2 - 80 : CANVAS_WIDTH // 2 + 80] > 127).all()
    # And the head is a little larger, not grotesque
    head = head_of(framed.face, CANVAS_WIDTH, CANVAS_HEIGHT)
    assert (head.chin + 0.88) * head.unit < 1.3 * FACE_SHARE * CANVAS_HEIGHT


@pytest.mark.parametrize("roll", [-14.0, 14.0])
def test_own_clothes_of_a_leaning_person_still_fill_the_lower_edge(roll: float) -> None:
    # Given a leaning person whose picture ends soon after the shoulders
    face = face_at(450, 700, 130, roll)
    # When the whole person is kept
    framed = frame(np.full((HEIGHT, WIDTH, 3), 90, np.uint8), face, masked_ellipse(face, scope=MaskScope.PERSON))
    # Then no wedge of background opens under them, and the head leans less than it did
    assert (framed.person[-1, 150:-150] == 255).all()
    assert 0 < abs(head_of(framed.face, CANVAS_WIDTH, CANVAS_HEIGHT).roll) < abs(roll)
