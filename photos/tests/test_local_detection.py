from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image, ImageEnhance

from photos import weights
from photos.decoding import NormalisedPhoto
from photos.decoding.pixels import normalise
from photos.detection.choice import choose
from photos.detection.finder import FaceFinder
from photos.detection.local import LocalDetector
from photos.types import Face
from workers.errors import Misconfigured, Rejected

PICTURES = settings.BASE_DIR / "tests" / "pictures"

needs_weights = pytest.mark.skipif(
    any(package.step == "photo" for package in weights.missing(Path(settings.WEIGHTS_DIR))),
    reason="weights missing: run ./run once",
)


def picture(name: str) -> Image.Image:
    return Image.open(PICTURES / name).convert("RGB")


def normalised(image: Image.Image) -> NormalisedPhoto:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return normalise(buffer.getvalue())


def seen(image: Image.Image) -> list[Face]:
    return LocalDetector().detect(normalised(image).data)


def verdict(image: Image.Image) -> str:
    photo = normalised(image)
    try:
        choose(LocalDetector().detect(photo.data), photo.width, photo.height)
    except Rejected as refused:
        return refused.code
    return "taken"


def intersection_over_union(face: Face, left: float, top: float, width: float, height: float) -> float:
    box = face.box
    across = min(box.left + box.width, left + width) - max(box.left, left)
    down = min(box.top + box.height, top + height) - max(box.top, top)
    shared = max(0.0, across) * max(0.0, down)
    return shared / (box.area + width * height - shared)


@needs_weights
def test_a_portrait_is_measured():
    # Given a half-length portrait, smiling into the camera
    # When faces are looked for
    (face,) = seen(picture("astronaut.jpg"))

    # Then the one face is where a person marked it, and its measures make sense
    assert intersection_over_union(face, 0.348, 0.141, 0.183, 0.202) > 0.85
    assert face.confidence > 0.9
    assert not face.occluded
    assert max(abs(face.yaw), abs(face.pitch), abs(face.roll)) < 10
    assert 80 <= face.temple_width * 512 <= 110
    assert 0.4 < face.brightness < 0.8
    # And the five points stand in their order: right eye, left eye, nose, right and left corner of the mouth
    right_eye, left_eye, nose, right_corner, left_corner = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_corner[0] < left_corner[0]
    assert right_eye[1] < nose[1] < right_corner[1]
    # And the sure guesses are right
    assert face.age_range is not None
    assert face.age_range[0] <= 36 <= face.age_range[1] + 5
    assert face.gender == "female"
    assert [emotion.type for emotion in face.emotions] == ["HAPPY"]
    assert verdict(picture("astronaut.jpg")) == "taken"


@needs_weights
@pytest.mark.parametrize("name", ["cat.jpg", "rocket.jpg"])
def test_what_is_no_person_has_no_face(name: str):
    assert verdict(picture(name)) == "no_face"


@needs_weights
def test_two_people_are_seen():
    one = picture("astronaut.jpg")
    both = Image.new("RGB", (one.width * 2, one.height))
    both.paste(one, (0, 0))
    both.paste(one, (one.width, 0))
    assert verdict(both) == "multiple_faces"


@needs_weights
@pytest.mark.parametrize(("degrees", "expected"), [(-25, "taken"), (20, "taken"), (50, "not_frontal")])
def test_a_leaning_head_is_measured(degrees: int, expected: str):
    # Given the portrait turned counter-clockwise by so much around the face
    turned = picture("astronaut.jpg").rotate(degrees, Image.Resampling.BICUBIC, center=(225, 125), fillcolor="grey")

    # Then the lean is seen, clockwise counted positive
    (face,) = seen(turned)
    assert face.roll == pytest.approx(3 - degrees, abs=6)
    assert verdict(turned) == expected


@needs_weights
def test_a_picture_that_lies_on_its_side_is_not_frontal():
    assert verdict(picture("astronaut.jpg").transpose(Image.Transpose.ROTATE_90)) == "not_frontal"


@needs_weights
def test_a_face_in_the_dark():
    assert verdict(ImageEnhance.Brightness(picture("astronaut.jpg")).enhance(0.12)) == "too_dark"


@needs_weights
def test_a_face_far_away():
    one = picture("astronaut.jpg")
    far = Image.new("RGB", (1024, 768), "grey")
    far.paste(one.resize((256, 256), Image.Resampling.LANCZOS), (400, 300))
    assert verdict(far) == "face_too_small"


@needs_weights
def test_a_head_cut_by_the_border():
    assert verdict(picture("astronaut.jpg").crop((0, 85, 512, 512))) == "head_cut_off"


@needs_weights
def test_grey_is_as_good_as_colour():
    assert verdict(picture("astronaut.jpg").convert("L").convert("RGB")) == "taken"


@needs_weights
def test_faces_survive_storage():
    (face,) = seen(picture("astronaut.jpg"))
    assert Face.from_json(face.as_json()) == face


def test_without_weights_the_operator_is_told(tmp_path, settings):
    # Given a machine on which set-up has not fetched the weights
    settings.WEIGHTS_DIR = tmp_path
    # Then loading says which file is missing
    with pytest.raises(Misconfigured, match=r"centerface\.onnx"):
        FaceFinder()
