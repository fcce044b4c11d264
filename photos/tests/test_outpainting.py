"""Styles, the paste that keeps the person, and the studio on a synthetic head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from photos.framing import BACKGROUND, frame
from photos.judging import judge
from photos.outpainting import OWN_CLOTHES, STYLES, CandidateRequest, Painted, Style, Words, paste_kept, style
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


def painted(framed: FramedHead, chosen: Style, *numbers: int) -> list[Painted]:
    requests = [CandidateRequest(number, seed=42, words=Words("", "")) for number in numbers]
    return [each for each in StudioCompositor().outpaint(framed, chosen, requests) if each is not None]


def test_kept_pixels_are_identical_in_every_candidate(framed: FramedHead) -> None:
    # Given three looks
    portraits = painted(framed, style("navy_suit", "male"), 0, 1, 2)
    # Then what they keep of the person is the same in all, to the last bit
    for portrait in portraits:
        assert portrait.layers is not None
        kept = portrait.layers.kept == 255
        assert kept.sum() > 0.9 * (framed.keep == 255).sum() > 10_000
        assert (portrait.pixels[kept] == framed.pixels[kept]).all()
        assert portrait.cover is not None
        assert (portrait.cover[kept] == 255).all()


def test_paste_blends_where_the_mask_is_partial(framed: FramedHead) -> None:
    # Given a black painting
    pasted = paste_kept(framed, np.zeros_like(framed.pixels))
    # Then nothing of it shows where the mask keeps, all of it where it does not, and a mixture between
    partial = (framed.keep > 60) & (framed.keep < 200)
    assert (pasted[framed.keep == 0] == 0).all()
    assert (pasted[partial] <= framed.pixels[partial]).all()
    assert pasted[partial].max() > 0


@pytest.mark.parametrize("gender", ["female", "male", None])
def test_every_style_gives_three_different_good_portraits(framed: FramedHead, gender: Gender | None) -> None:
    for slug in STYLES:
        if slug == OWN_CLOTHES:
            continue
        # Given a style
        chosen = style(slug, gender)
        # When three numbers in a row are painted
        portraits = painted(framed, chosen, 0, 1, 2)
        # Then they differ, and each stands on the plain background without a fault
        assert len({portrait.pixels.tobytes() for portrait in portraits}) == 3
        for portrait in portraits:
            assert portrait.layers is not None
            seen = replace(framed, keep=portrait.layers.kept)
            # A drawn head has neither detail nor grain.
            assert set(judge(portrait.pixels, seen, BACKGROUND).problems) <= {"face_soft", "grain_step"}


def test_the_same_request_gives_the_same_portrait(framed: FramedHead) -> None:
    first, second = (painted(framed, style("black_suit", "female"), 2)[0] for _ in range(2))
    assert (first.pixels == second.pixels).all()


def test_the_cover_is_exact(framed: FramedHead) -> None:
    # Given the same portrait before two backgrounds
    chosen = style("navy_suit", "female")
    dark, light = (
        painted(framed, Style(chosen.slug, chosen.gender, chosen.looks, background=colour), 0)[0]
        for colour in ((0, 0, 0), (255, 255, 255))
    )
    # Then what differs between them is what the cover lets through, but for rounding
    assert dark.cover is not None
    assert light.cover is not None
    through = light.pixels.astype(int) - dark.pixels
    assert np.abs(255 - through[..., 0] - light.cover).max() <= 4
    assert (dark.cover == light.cover).all()


def test_the_asked_for_style_comes_first() -> None:
    for slug in ("navy_suit", "charcoal_suit", "black_suit"):
        looks = style(slug, "male").looks
        assert looks[0].words.split()[1] == slug.split("_")[0]
        assert len(looks) == 3


def test_without_a_known_gender_no_one_gets_a_tie() -> None:
    assert not any("tie" in family for look in style("navy_suit", None).looks for family in look.families)


@pytest.mark.parametrize("gender", ["female", "male", None])
def test_the_person_chooses_what_is_under_the_jacket(gender: Gender | None) -> None:
    # Given a person, whatever the detector took them for, When they ask for a garment, Then all candidates wear it
    shirts, blouses = style("black_suit_shirt", gender).looks, style("black_suit_blouse", gender).looks
    assert {family for look in shirts for family in look.families} == {"suit_tie"}
    assert "suit_tie" not in {family for look in blouses for family in look.families}
    # And in the suit that they chose first
    assert shirts[0].words.startswith("a black suit")
    assert blouses[0].words.startswith("a black suit")


@pytest.mark.parametrize("slug", ["pyjamas", "pyjamas_shirt", "own_clothes_blouse"])
def test_an_unknown_style_is_refused(slug: str) -> None:
    assert slug not in STYLES
    with pytest.raises(KeyError):
        style(slug, "male")


def test_own_clothes_invent_nothing() -> None:
    # Given the whole person kept
    face = face_at(450, 480, 120)
    masked = masked_ellipse(face, scope=MaskScope.PERSON)
    picture = np.full((HEIGHT, WIDTH, 3), (120, 130, 120), np.uint8)
    picture[masked.person > 0] = (40, 120, 60)
    framed = frame(picture, face, masked)
    # When their own clothes are asked for
    portrait = painted(framed, style(OWN_CLOTHES, "female"), 0)[0].pixels
    # Then every pixel is the person's or the background's
    own = framed.person == 255
    assert (portrait[own] == framed.pixels[own]).all()
    assert (portrait[framed.person == 0] == BACKGROUND).all()
