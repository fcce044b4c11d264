"""The layers of a composed portrait, on drawn heads in the wardrobe's own clothes."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from photos.anatomy import head_of
from photos.framing import BACKGROUND, CANVAS
from photos.outpainting import style, wardrobe
from photos.outpainting.composing import UNIT_CM, Composed, Wearer, compose
from photos.outpainting.studio import INVENTED_CM, worn
from photos.types import Face, FaceBox, FramedHead

WIDTH, HEIGHT = CANVAS
SKIN, HAIR, WALL = (214, 172, 148), (60, 200, 40), (90, 90, 96)
"""Green hair: no cloth and no skin has its colour."""
UNIT = 126.0
EYES = (384.0, 432.0)
CHIN = int(EYES[1] + 1.8 * UNIT)


def face() -> Face:
    x, y = EYES
    points = ((-0.5, 0), (0.5, 0), (0, 0.55), (-0.4, 1), (0.4, 1))
    return Face(
        box=FaceBox((x - UNIT) / WIDTH, (CHIN - 2.6 * UNIT) / HEIGHT, 2 * UNIT / WIDTH, 2.6 * UNIT / HEIGHT),
        confidence=0.99,
        landmarks=tuple(((x + a * UNIT) / WIDTH, (y + b * UNIT) / HEIGHT) for a, b in points),
        yaw=0.0,
        pitch=0.0,
        roll=0.0,
        temple_width=0.33,
        brightness=0.5,
    )


def wearer(throat: int = 180, hair: bool = False, necklace: bool = False) -> FramedHead:
    """An oval face, `throat` pixels of bare neck under the chin, and hair on both sides down to the lower edge."""
    pixels = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
    keep, person = np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.rectangle(person, (60, CHIN + 120), (WIDTH - 60, HEIGHT), 255, -1)
    if hair:
        for left in (200, 488):
            cv2.rectangle(pixels, (left, 330), (left + 80, HEIGHT), HAIR, -1)
            cv2.rectangle(keep, (left, 330), (left + 80, HEIGHT), 255, -1)
    neck = ((290, CHIN - 80), (478, CHIN + throat))
    cv2.rectangle(pixels, *neck, SKIN, -1)
    cv2.rectangle(person, *neck, 255, -1)
    if necklace:
        cv2.ellipse(pixels, (384, CHIN + 40), (84, 60), 0, 0, 180, (250, 250, 250), 6)
    for plane, colour in ((pixels, SKIN), (keep, 255), (person, 255)):
        cv2.ellipse(plane, ((EYES[0], EYES[1] + 0.4 * UNIT), (2.1 * UNIT, 2.85 * UNIT), 0), colour, -1)
    pixels = np.clip(pixels + np.random.default_rng(2).integers(-3, 4, pixels.shape), 0, 255).astype(np.uint8)
    return FramedHead(pixels=pixels, keep=keep, person=np.maximum(person, keep), face=face())


def in_look(framed: FramedHead, name: str = "jacket_round_navy") -> Composed:
    return compose(Wearer.of(framed, "female"), wardrobe.load(name), BACKGROUND)


def greenness(pixels: np.ndarray) -> np.ndarray:
    whole = pixels.astype(int)
    return whole[..., 1] - np.maximum(whole[..., 0], whole[..., 2])


def test_long_hair_falls_behind_the_clothes() -> None:
    # Given hair that hangs to the picture's lower edge
    composed = in_look(wearer(hair=True))
    # Then above the shoulders it is the photo's own, and on the clothes there is none
    cloth = composed.layers.cloth == 255
    below = np.arange(HEIGHT)[:, None] > CHIN
    assert (greenness(composed.pixels)[500:600, 205:240] > 100).all()
    assert (greenness(composed.pixels)[cloth & below] < 30).all()
    assert composed.layers.hair_behind[CHIN + 60, 240] == 255


def test_hair_along_the_collar_lies_in_its_shadow() -> None:
    # Given hair just above the shoulder
    composed = in_look(wearer(hair=True))
    column = composed.pixels[:, 225, 1].astype(int)
    edge = int(np.flatnonzero(composed.layers.cloth[CHIN:, 225] > 127)[0]) + CHIN
    # Then it is darker there than beside the face
    assert column[edge - 6] < 0.9 * np.median(column[450:550])


def test_a_tip_that_the_clothes_cut_off_does_not_float() -> None:
    # Given a lock that swings out below the shoulder, apart from the head as soon as clothes cover its middle
    framed = wearer()
    keep, pixels = framed.keep.copy(), framed.pixels.copy()
    cv2.rectangle(keep, (2, CHIN - 60), (40, CHIN + 10), 255, -1)
    pixels[CHIN - 60 : CHIN + 10, 2:40] = HAIR
    composed = in_look(replace(framed, keep=keep, pixels=pixels))
    # Then it is gone
    assert (greenness(composed.pixels)[:, :60] < 30).all()


def test_an_old_shoulder_in_the_hair_s_colour_does_not_lie_on_the_new_one() -> None:
    # Given hair, and a strip of its colour that lies along the shoulder, as an old jacket would
    framed = wearer(hair=True)
    edge = in_look(framed).layers.cloth > 127
    keep, pixels = framed.keep.copy(), framed.pixels.copy()
    for column in range(568, 730):
        top = int(np.flatnonzero(edge[:, column])[0])
        keep[top - 14 :, column] = 255
        pixels[top - 14 :, column] = HAIR
    # When it is composed
    composed = in_look(replace(framed, keep=keep, pixels=pixels))
    # Then the strip is gone, and the hair beside it is not
    assert (greenness(composed.pixels)[:, 610:730] < 30).all()
    assert (greenness(composed.pixels)[500:600, 530:560] > 80).all()


def test_what_the_photo_does_not_show_is_told_as_invented() -> None:
    # Given a throat that shows, and one that is hidden
    shown, hidden = in_look(wearer(throat=180)).layers, in_look(wearer(throat=4)).layers
    throat = np.s_[CHIN + 20 : CHIN + 60, 350:420]
    # Then only the hidden one is invented
    assert shown.invented[throat].mean() < 30
    assert hidden.invented[throat].mean() > 200
    assert min(shown.neck[throat].min(), hidden.neck[throat].min()) > 200


def test_invented_skin_has_the_face_s_tone() -> None:
    composed = in_look(wearer(throat=4))
    bare = (composed.layers.invented > 200) & (composed.layers.cloth == 0)
    tone = np.median(composed.pixels[bare], axis=0)
    assert (tone > 0.6 * np.array(SKIN)).all()
    assert (tone <= np.array(SKIN) + 4).all()


def test_a_necklace_is_wholly_gone() -> None:
    # Given a necklace of which a round neckline would show half
    composed = in_look(wearer(necklace=True))
    bare = (composed.layers.neck > 200) & (composed.layers.cloth == 0) & (composed.layers.face < 20)
    # Then no bright piece of it is left on the throat
    assert composed.pixels[bare][:, 2].max() < 200


def test_composing_is_a_pure_function() -> None:
    framed = wearer(hair=True)
    before = framed.pixels.copy()
    first, second = in_look(framed), in_look(framed)
    assert (first.pixels == second.pixels).all()
    assert (framed.pixels == before).all()


def test_the_picture_is_covered_by_clothes_down_to_its_edge() -> None:
    for name in ("suit_tie_charcoal", "jacket_round_black"):
        composed = in_look(wearer(), name)
        assert (composed.cover[-1, 150:-150] == 255).all()


@pytest.mark.parametrize("gender", ["female", None])
def test_the_neckline_follows_the_throat(gender: str | None) -> None:
    for look in style("black_suit", gender).looks:  # type: ignore[arg-type]
        deepest = max(wardrobe.fit(f"{family}_{look.colour}").depth for family in look.families)
        for shown in (0.0, 0.4, 0.8, 1.2, 2.4):
            # Given a throat of which the photo shows so much
            fit = wardrobe.fit(worn(look, shown))
            centimetres = fit.depth / fit.pixels_per_cm
            least = min(wardrobe.fit(f"{family}_{look.colour}").depth for family in look.families) / fit.pixels_per_cm
            # Then no more is invented than allowed, or the highest neckline is worn
            assert centimetres <= shown * UNIT_CM + INVENTED_CM or centimetres == least
        # And a throat that shows whole is not hidden under the highest for no reason
        assert wardrobe.fit(worn(look, 2.4)).depth >= min(
            deepest, wardrobe.fit(f"{look.families[0]}_{look.colour}").depth
        )


def test_the_head_lies_where_the_test_says() -> None:
    head = head_of(face(), WIDTH, HEIGHT)
    assert head.at(0, head.chin)[1] == pytest.approx(CHIN, abs=4)
