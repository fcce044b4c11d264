"""Verdicts on synthetic candidates."""

from __future__ import annotations

import numpy as np
import pytest

from photos.framing import BACKGROUND
from photos.judging import judge
from photos.tests.test_framing import face_at
from photos.types import Face, FramedHead, Pixels

HEIGHT, WIDTH = 1152, 768


@pytest.fixture
def framed() -> FramedHead:
    keep = np.zeros((HEIGHT, WIDTH), np.uint8)
    keep[200:660, 250:520] = 255
    pixels = np.random.default_rng(1).integers(60, 200, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    face = face_at(450, 480, 150)
    return FramedHead(pixels=pixels, keep=keep, person=keep, face=face)


@pytest.fixture
def good(framed: FramedHead) -> Pixels:
    candidate = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    candidate[:] = BACKGROUND
    candidate[700:] = (30, 35, 50)
    candidate[framed.keep == 255] = framed.pixels[framed.keep == 255]
    return candidate


def problems(candidate: Pixels, framed: FramedHead, faces: list[Face] | None = None) -> tuple[str, ...]:
    return judge(candidate, framed, BACKGROUND, None if faces is None else lambda _: faces).problems


def test_a_good_candidate_has_no_problem_and_nearly_full_score(framed: FramedHead, good: Pixels) -> None:
    # Given a plain background, a suit and the person's own pixels, and a detector that sees the face
    judgement = judge(good, framed, BACKGROUND, lambda _: [framed.face])
    # Then
    assert judgement.problems == ()
    assert judgement.score > 0.95


def test_another_background_colour_is_seen(framed: FramedHead, good: Pixels) -> None:
    # Given a beige studio
    good[(good == BACKGROUND).all(-1)] = (222, 205, 180)
    assert problems(good, framed) == ("background_colour",)


def test_a_patterned_background_is_seen(framed: FramedHead, good: Pixels) -> None:
    # Given stripes around the asked colour
    striped = np.zeros((HEIGHT, WIDTH), np.bool_)
    striped[:, ::16] = striped[:, 1::16] = striped[:, 2::16] = True
    good[striped & (good == BACKGROUND).all(-1)] = (150, 180, 215)
    assert problems(good, framed) == ("background_uneven",)


def test_an_altered_face_is_seen(framed: FramedHead, good: Pixels) -> None:
    # Given a model that repainted part of the face
    good[400:500, 300:450] = 128
    assert problems(good, framed) == ("kept_changed",)


def test_a_bust_in_the_air_is_seen(framed: FramedHead, good: Pixels) -> None:
    # Given clothes that end before the lower edge
    good[1000:] = BACKGROUND
    assert problems(good, framed) == ("floating",)


@pytest.mark.parametrize(("count", "expected"), [(0, ("no_face",)), (1, ()), (2, ("several_faces",))])
def test_faces_are_counted(framed: FramedHead, good: Pixels, count: int, expected: tuple[str, ...]) -> None:
    assert problems(good, framed, [framed.face] * count) == expected


def test_worse_candidates_score_lower(framed: FramedHead, good: Pixels) -> None:
    # Given a candidate with one fault and one with two
    one = good.copy()
    one[(one == BACKGROUND).all(-1)] = (222, 205, 180)
    two = one.copy()
    two[400:500, 300:450] = 128
    # Then the order is right
    scores = [judge(candidate, framed, BACKGROUND).score for candidate in (good, one, two)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3
