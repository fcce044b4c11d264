"""The figure found before its plain background, and put before another, on synthetic paintings."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from photos.framing import BACKGROUND
from photos.outpainting.backdrop import BACKGROUNDS, before, beside_the_head, cover_of
from photos.tests.test_framing import face_at
from photos.types import Alpha, FramedHead, Pixels

HEIGHT, WIDTH = 1152, 768
PALE_BLUE_SHIRT = (200, 218, 240)


@pytest.fixture(scope="module")
def framed() -> FramedHead:
    """A head with the eyes at (384, 480) of the canvas; the chin stands at 660."""
    face = face_at(450, 500, 117)
    keep = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(keep, (384, 440), (150, 215), 0, 0, 360, 255, -1)
    pixels = np.full((HEIGHT, WIDTH, 3), (120, 90, 70), np.uint8)
    return FramedHead(pixels=pixels, keep=cv2.GaussianBlur(keep, (0, 0), 2), person=keep, face=face)  # type: ignore[arg-type]


def figure() -> Alpha:
    """Head, neck and shoulders with soft outlines, as the painting shows them."""
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(drawn, (384, 440), (150, 215), 0, 0, 360, 255, -1)
    cv2.fillPoly(drawn, [np.array([(330, 600), (438, 600), (700, 800), (740, 1152), (28, 1152), (68, 800)])], 255)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 1.2), np.uint8)


def shaded(fall: float, noise: float) -> np.ndarray:
    """A backdrop whose light falls off towards the corners, with a camera's noise."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    away = ((x - WIDTH / 2) / WIDTH) ** 2 + ((y - HEIGHT * 0.4) / HEIGHT) ** 2
    light = (1.03 - fall * away)[..., None] * np.array(BACKGROUND, np.float32)
    return light + np.random.default_rng(5).normal(0, noise, light.shape)


def painting(cover: Alpha, backdrop: np.ndarray) -> Pixels:
    """A navy suit with a shirt nearly as blue as the backdrop, and skin above."""
    cloth = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    cloth[:] = (26, 31, 47)
    cv2.fillPoly(cloth, [np.array([(340, 690), (428, 690), (384, 1000)])], PALE_BLUE_SHIRT)
    cloth[:680] = (190, 150, 130)
    share = (cover / 255)[..., None]
    return np.clip(np.rint(cloth * share + backdrop * (1 - share)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("fall", "noise"), [(0.0, 0.0), (0.25, 2.0)])
def test_the_figure_is_found_before_a_backdrop_that_is_shaded_and_noisy(
    framed: FramedHead, fall: float, noise: float
) -> None:
    # Given a painting whose true cover is known
    truth = figure()
    # When the figure is looked for
    cover = cover_of(painting(truth, shaded(fall, noise)), framed)
    # Then background and figure are found whole, the shirt in the backdrop's colour included
    assert (cover[truth == 0] == 0).mean() > 0.999
    assert (cover[truth == 255] == 255).mean() > 0.999
    assert cover[760, 384] == 255
    # And the outline is as soft as it was painted
    edge = (truth > 0) & (truth < 255)
    assert np.abs(cover[edge].astype(int) - truth[edge]).mean() < 30


def test_background_seen_between_hair_and_shoulder_is_background(framed: FramedHead) -> None:
    # Given a gap that the figure encloses, beside the neck
    truth = figure()
    cv2.circle(truth, (600, 800), 20, 0, -1)  # type: ignore[call-overload]
    # When the figure is looked for, Then the gap is no figure
    cover = cover_of(painting(truth, shaded(0, 0)), framed)
    assert cover[800, 600] == 0


@pytest.mark.parametrize("name", [name for name in BACKGROUNDS if name != "light_blue"])
def test_another_background_is_as_if_it_had_been_painted(name: str) -> None:
    # Given a portrait before light blue with an exact cover
    cover, colour = figure(), BACKGROUNDS[name]
    plain = np.empty((HEIGHT, WIDTH, 3), np.float32)
    plain[:] = BACKGROUND
    portrait = painting(cover, plain)
    # When it is put before another colour
    changed = before(portrait, cover, colour)
    # Then it is what painting it there would have given: no halo, and the figure untouched
    plain[:] = colour
    assert np.abs(changed.astype(int) - painting(cover, plain)).max() <= 2
    assert (changed[cover == 255] == portrait[cover == 255]).all()
    assert (changed[cover == 0] == colour).all()


def test_the_border_beside_the_head_leaves_hair_out(framed: FramedHead) -> None:
    band = beside_the_head(framed)
    assert band[5, 5]
    assert not band[440, 384]
    assert not band[-1, 5]
