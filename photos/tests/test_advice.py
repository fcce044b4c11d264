"""Each warning and refusal on the photo that brings it, made out of one real portrait."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.conf import settings

from photos import weights
from photos.advice import NO_GOOD_PORTRAIT, SENTENCES, THRESHOLDS, about, hair_is_cut, measured
from photos.anatomy import Head, head_of
from photos.detection.choice import refuse_unusable
from photos.detection.finder import finder
from photos.pictures import decode
from photos.types import Face, Pixels
from workers.errors import Rejected

needs_weights = pytest.mark.skipif(
    any(package.step == "photo" for package in weights.missing(Path(settings.WEIGHTS_DIR))),
    reason="weights missing: run ./run once",
)
pytestmark = needs_weights


@cache
def portrait() -> tuple[Pixels, Face]:
    """The astronaut, enlarged until the face is large enough for a print; and her face."""
    stored = decode((settings.BASE_DIR / "tests" / "pictures" / "astronaut.jpg").read_bytes())
    picture = cv2.resize(stored, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    (face,) = finder().faces(np.asarray(picture, np.uint8))
    return np.asarray(picture, np.uint8), face


def head() -> Head:
    picture, face = portrait()
    return head_of(face, picture.shape[1], picture.shape[0])


def codes(picture: Pixels, face: Face) -> set[str]:
    return {each.code for each in about(measured(picture, face), face, picture.shape[1])}


def refusal(picture: Pixels) -> str | None:
    try:
        refuse_unusable(measured(picture, portrait()[1]))
    except Rejected as refused:
        return refused.code
    return None


def test_a_good_photo_brings_no_advice() -> None:
    assert codes(*portrait()) == set()
    assert refusal(portrait()[0]) is None


def grey(picture: Pixels) -> Any:
    return cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def sepia(picture: Pixels) -> Any:
    return grey(picture) * (1.0, 0.82, 0.62)


def under_a_lamp(picture: Pixels) -> Any:
    return picture * (1.05, 0.62, 0.3)


def burnt(picture: Pixels) -> Any:
    return picture * 1.4 + 60.0


def in_a_hat(picture: Pixels) -> Any:
    left, top = head().at(-1.3, -2.6)
    right, bottom = head().at(1.3, -0.8)
    return cv2.rectangle(picture.copy(), (int(left), int(top)), (int(right), int(bottom)), (40, 60, 190), -1)


def in_sunglasses(picture: Pixels) -> Any:
    dark = picture.copy()
    for side in (-0.5, 0.5):
        cv2.ellipse(dark, (head().at(side, 0.05), (0.75 * head().unit, 0.55 * head().unit), 0), (18, 18, 20), -1)
    return dark


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (grey, "black_and_white"),
        (sepia, "black_and_white"),
        (under_a_lamp, "colour_cast"),
        (in_a_hat, "hat"),
        (in_sunglasses, "glasses_dark"),
    ],
)
def test_what_is_wrong_with_the_picture_is_told(change: Callable[[Pixels], Any], code: str) -> None:
    picture, face = portrait()
    assert codes(np.clip(change(picture), 0, 255).astype(np.uint8), face) == {code}


def test_a_burnt_out_face_is_told() -> None:
    # Given so much light that the face is white, and the hair has lost its colour
    picture, face = portrait()
    assert "bright" in codes(np.clip(burnt(picture), 0, 255).astype(np.uint8), face)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"brightness": 0.19}, "dark"),
        ({"roll": -16.0}, "leaning"),
        ({"eyes_open": 0.1}, "eyes_closed"),
        ({"sunglasses": True}, "glasses_dark"),
        ({"partly_covered": True}, "hand"),
        ({"temple_width": 159.0 / 1024}, "low_resolution"),
    ],
)
def test_what_the_detector_found_is_told(change: dict[str, Any], code: str) -> None:
    picture, face = portrait()
    assert codes(picture, replace(face, **change)) == {code}


@pytest.mark.parametrize(
    "change", [{"brightness": 0.21}, {"roll": 14.0}, {"eyes_open": 0.2}, {"temple_width": 161.0 / 1024}]
)
def test_just_on_the_good_side_nothing_is_told(change: dict[str, Any]) -> None:
    picture, face = portrait()
    assert codes(picture, replace(face, **change)) == set()


@pytest.mark.parametrize(("share", "code"), [(0.03, None), (0.06, "blurred"), (0.12, "blurred")])
def test_a_face_without_detail_is_refused(share: float, code: str | None) -> None:
    # Given the photo blurred by a share of the eye distance
    assert refusal(np.asarray(cv2.GaussianBlur(portrait()[0], (0, 0), share * head().unit), np.uint8)) == code


def test_a_drawing_is_refused() -> None:
    # Given the same face in a few flat colours with hard edges, as drawn figures are
    picture = cv2.medianBlur(portrait()[0], 21)
    drawn = np.asarray(picture // 52 * 52 + 26, np.uint8)
    assert refusal(drawn) == "not_a_photo"


def test_the_size_of_the_photo_does_not_change_what_is_measured() -> None:
    # Given the same face in a photo three times as large
    picture, face = portrait()
    large = np.asarray(cv2.resize(picture, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC), np.uint8)
    small, big = vars(measured(picture, face)), vars(measured(large, face))
    for name in ("softness", "shade", "hues", "cast"):
        assert big[name] == pytest.approx(small[name], rel=0.12, abs=0.1)


@pytest.mark.parametrize(("touching", "told"), [(0.0, False), (0.1, False), (0.3, True), (1.2, True)])
def test_hair_that_the_upper_edge_cuts_is_told(touching: float, told: bool) -> None:
    # Given a mask that touches the upper edge over so many eye distances
    picture, face = portrait()
    keep = np.zeros(picture.shape[:2], np.uint8)
    keep[:, 400 : 400 + round(touching * head().unit)] = 255
    assert hair_is_cut(keep, face) is told


def test_every_warning_has_a_threshold_and_sentences() -> None:
    assert set(SENTENCES) == set(THRESHOLDS)
    assert NO_GOOD_PORTRAIT in SENTENCES
    for spoken in SENTENCES.values():
        assert re.search(r"[가-힣].*\.$", spoken["ko"])
        assert not re.search(r"[가-힣]", spoken["en"])
