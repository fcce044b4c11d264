from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from photos.detection.choice import choose
from photos.types import Face, FaceBox
from workers.errors import Rejected

GOOD = Face(
    box=FaceBox(left=0.3, top=0.25, width=0.4, height=0.45),
    confidence=0.93,
    landmarks=((0.42, 0.42), (0.58, 0.42), (0.5, 0.5), (0.44, 0.6), (0.56, 0.6)),
    yaw=0.0,
    pitch=0.0,
    roll=0.0,
    temple_width=0.38,
    brightness=0.55,
)


def code_of(*faces: Face, width: int = 1000, height: int = 1000) -> str:
    with pytest.raises(Rejected) as refused:
        choose(faces, width, height)
    assert refused.value.permanent
    return refused.value.code


def sized(side: float) -> Face:
    return replace(GOOD, box=FaceBox(left=0.05, top=0.05, width=side, height=side))


def test_a_good_face_is_taken():
    assert choose([GOOD], 1000, 1000) is GOOD


def test_no_face():
    assert code_of() == "no_face"


def test_a_second_face_of_a_quarter_of_the_area_is_a_second_person():
    # Given a second face with half the side, a quarter of the area
    assert code_of(sized(0.2), replace(GOOD, box=FaceBox(0.3, 0.25, 0.4, 0.4))) == "multiple_faces"


def test_a_smaller_second_face_is_a_passer_by():
    # Given a second face just below a quarter of the area, reported first
    # Then the largest is taken
    assert choose([sized(0.19), GOOD], 1000, 1000) is GOOD


def test_many_small_faces_are_still_many():
    crowd = [replace(GOOD, temple_width=0.02, box=FaceBox(0.1 * n, 0.4, 0.05, 0.06)) for n in range(1, 9)]
    assert code_of(*crowd) == "multiple_faces"


@pytest.mark.parametrize(
    ("temple_width", "width", "accepted"),
    [
        (0.081, 1000, True),
        (0.079, 1000, False),  # 79 pixels
        (0.041, 2048, True),
        (0.039, 2048, False),  # 80 pixels, but less than 4 % of the width
    ],
)
def test_the_face_must_be_large_in_pixels_and_in_the_picture(temple_width: float, width: int, accepted: bool):
    face = replace(GOOD, temple_width=temple_width)
    if accepted:
        assert choose([face], width, width) is face
    else:
        assert code_of(face, width=width, height=width) == "face_too_small"


@pytest.mark.parametrize("turned", [{"yaw": 40.0}, {"yaw": -40.0}, {"pitch": 35.0}, {"roll": 45.0}, {"roll": -170.0}])
def test_a_turned_nodding_or_lying_head_is_not_frontal(turned: dict[str, Any]):
    assert code_of(replace(GOOD, **turned)) == "not_frontal"


@pytest.mark.parametrize("turned", [{"yaw": 20.0}, {"pitch": -20.0}, {"roll": 30.0}, {"roll": -30.0}])
def test_what_framing_can_straighten_is_taken(turned: dict[str, Any]):
    face = replace(GOOD, **turned)
    assert choose([face], 1000, 1000) is face


def test_a_face_in_the_dark():
    assert code_of(replace(GOOD, brightness=0.08)) == "too_dark"


def test_the_darkest_skin_in_even_light_is_not_too_dark():
    face = replace(GOOD, brightness=0.15)
    assert choose([face], 1000, 1000) is face


@pytest.mark.parametrize(
    "box",
    [
        FaceBox(left=0.3, top=0.0, width=0.4, height=0.45),
        FaceBox(left=0.3, top=0.02, width=0.4, height=0.45),  # the forehead is there, the crown cannot be
        FaceBox(left=0.0, top=0.25, width=0.4, height=0.45),
        FaceBox(left=0.6, top=0.25, width=0.4, height=0.45),
        FaceBox(left=0.3, top=0.55, width=0.4, height=0.45),
    ],
)
def test_a_face_at_the_border_is_cut_off(box: FaceBox):
    assert code_of(replace(GOOD, box=box)) == "head_cut_off"


def test_a_covered_face_is_refused():
    assert code_of(replace(GOOD, occluded=True)) == "face_covered"
