"""Styles, the paste that keeps the person, and the studio on a synthetic head."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from photos.framing import BACKGROUND, frame
from photos.judging import judge
from photos.outpainting import OWN_CLOTHES, STYLES, Inner, paste_kept, style
from photos.outpainting.studio import StudioCompositor
from photos.tests.test_framing import HEIGHT, WIDTH, face_at, masked_ellipse
from photos.types import FramedHead, Gender, MaskScope

SKIN = (214, 172, 148)


@pytest.fixture(scope="module")
def framed() -> FramedHead:
    """A plain oval head with neck and a green jumper."""
    face = face_at(450, 480, 120)
    masked = masked_ellipse(face)
    picture = np.full((HEIGHT, WIDTH, 3), (120, 130, 120), np.uint8)
    picture[masked.person > 0] = (40, 120, 60)
    picture[690:800, 360:540] = SKIN
    picture[masked.keep > 0] = SKIN
    return frame(picture, face, masked)


def test_kept_pixels_are_identical_in_every_candidate(framed: FramedHead) -> None:
    # Given three looks
    portraits = StudioCompositor().outpaint(framed, style("navy_suit", "male"), (0, 1, 2))
    # Then the person's own pixels are the same in all, to the last bit
    kept = framed.keep == 255
    assert kept.sum() > 10_000
    for portrait in portraits:
        assert (portrait[kept] == framed.pixels[kept]).all()


def test_paste_blends_where_the_mask_is_partial(framed: FramedHead) -> None:
    # Given a black painting
    pasted = paste_kept(framed, np.zeros_like(framed.pixels))
    # Then nothing of it shows where the mask keeps, all of it where it does not, and a mixture between
    partial = (framed.keep > 60) & (framed.keep < 200)
    assert (pasted[framed.keep == 0] == 0).all()
    assert (pasted[partial] <= framed.pixels[partial]).all()
    assert pasted[partial].max() > 0


def test_paste_takes_a_painting_of_another_size(framed: FramedHead) -> None:
    # Given a dialect that paints 384 × 576
    small = np.asarray(cv2.resize(framed.pixels, (384, 576)), np.uint8)
    # Then the portrait is a canvas again, with the kept pixels exact
    pasted = paste_kept(framed, small)
    kept = framed.keep == 255
    assert pasted.shape == framed.pixels.shape
    assert (pasted[kept] == framed.pixels[kept]).all()


@pytest.mark.parametrize("gender", ["female", "male", None])
def test_every_style_gives_three_different_good_portraits(framed: FramedHead, gender: Gender | None) -> None:
    for slug in STYLES:
        if slug == OWN_CLOTHES:
            continue
        # Given a style
        chosen = style(slug, gender)
        # When three seeds in a row are painted
        portraits = StudioCompositor().outpaint(framed, chosen, (7, 8, 9))
        # Then they differ, and each stands on the plain background without a fault
        assert len({portrait.tobytes() for portrait in portraits}) == 3
        for portrait in portraits:
            assert judge(portrait, framed, BACKGROUND).problems == ()


def test_the_same_seed_gives_the_same_portrait(framed: FramedHead) -> None:
    first, second = (StudioCompositor().outpaint(framed, style("black_suit", "female"), (5,))[0] for _ in range(2))
    assert (first == second).all()


def test_the_asked_for_style_comes_first() -> None:
    for slug in ("navy_suit", "charcoal_suit", "black_suit"):
        looks = style(slug, "male").looks
        assert looks[0].words.split()[1] == slug.split("_")[0]
        assert len(looks) == 3


def test_without_a_known_gender_no_one_gets_a_tie() -> None:
    assert {look.inner for look in style("navy_suit", None).looks} == {Inner.ROUND_BLOUSE}


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(KeyError):
        style("pyjamas", "male")


def test_own_clothes_invent_nothing() -> None:
    # Given the whole person kept
    face = face_at(450, 480, 120)
    masked = masked_ellipse(face, scope=MaskScope.PERSON)
    picture = np.full((HEIGHT, WIDTH, 3), (120, 130, 120), np.uint8)
    picture[masked.person > 0] = (40, 120, 60)
    framed = frame(picture, face, masked)
    # When their own clothes are asked for
    portrait = StudioCompositor().outpaint(framed, style(OWN_CLOTHES, "female"), (0,))[0]
    # Then every pixel is the person's or the background's
    own = framed.person == 255
    assert (portrait[own] == framed.pixels[own]).all()
    assert (portrait[framed.person == 0] == BACKGROUND).all()
