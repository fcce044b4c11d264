"""The soft-edge tools on synthetic pictures, and the local masker on a real portrait where its weights are there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from django.conf import settings

from photos import weights
from photos.anatomy import head_of
from photos.masking import Masked
from photos.masking.local import LocalMasker
from photos.masking.matting import by_colour, decontaminated, guided, steepen
from photos.types import Face, FaceBox, MaskScope, Pixels
from workers.errors import Misconfigured, Rejected

PICTURE = settings.BASE_DIR / "tests" / "pictures" / "astronaut.jpg"


def test_the_guided_filter_moves_a_rough_edge_to_the_real_one() -> None:
    # Given a dark disc on white and a mask that is three pixels too large
    picture = np.full((200, 200, 3), 240, np.uint8)
    cv2.circle(picture, (100, 100), 60, (30, 30, 30), -1)
    rough, true = np.zeros((200, 200), np.float32), np.zeros((200, 200), np.float32)
    cv2.circle(rough, (100, 100), 63, 1.0, -1)
    cv2.circle(true, (100, 100), 60, 1.0, -1)
    # When it is filtered and made steep again
    refined = steepen(guided(picture, rough, radius=8, smoothness=1e-4), 0.3, 0.95)
    # Then it lies nearer to the disc
    assert np.abs(refined - true).sum() < 0.6 * np.abs(rough - true).sum()


def test_colour_decides_partial_pixels_on_an_even_background() -> None:
    # Given black hair before white, and a mask that hesitates around its edge
    picture = np.full((120, 120, 3), 250, np.uint8)
    picture[:, :60] = 10
    plane = np.clip((70 - np.arange(120, dtype=np.float32)) / 20, 0, 1)[None].repeat(120, 0)
    # When colour decides
    decided = by_colour(picture, plane, reach=30)
    # Then hair is nearly whole and background nearly gone
    assert decided[60, 55] > 0.9
    assert decided[60, 65] < 0.1


def test_no_old_background_stays_in_half_transparent_hair() -> None:
    # Given black hair that runs out softly before a green wall
    alpha = np.clip(255 * (80 - np.arange(160)) / 40 + 127, 0, 255).astype(np.uint8)[None].repeat(80, 0)
    share = alpha[..., None] / 255
    picture = np.rint(share * np.array((20, 18, 16)) + (1 - share) * np.array((60, 220, 80))).astype(np.uint8)
    # When its colour is cleaned
    clean = decontaminated(picture, alpha, radius=24)
    # Then the green is gone from the band, and sure pixels are untouched
    band = (alpha > 60) & (alpha < 200)
    assert clean[band][:, 1].mean() < 0.4 * picture[band][:, 1].mean()
    assert (clean[alpha == 255] == picture[alpha == 255]).all()


def test_steepen_keeps_the_ends() -> None:
    ends = steepen(np.array([[0.0, 0.2, 0.9, 1.0]], np.float32), 0.2, 0.9)
    assert ends.tolist() == [[0.0, 0.0, 1.0, 1.0]]


def test_missing_weights_are_the_operators_fault(settings, tmp_path, monkeypatch) -> None:
    # Given an empty weights directory and a process that has loaded nothing
    from photos.masking import local

    settings.WEIGHTS_DIR = tmp_path
    monkeypatch.setattr(local, "_loaded_models", local._Models)
    # Then the job stays queued instead of failing the person
    with pytest.raises(Misconfigured):
        LocalMasker().mask(np.zeros((512, 512, 3), np.uint8), astronaut_face(), MaskScope.HEAD)


def have_weights() -> bool:
    try:
        weights.path("mobile_sam_encoder.onnx")
        weights.path("mobile_sam_decoder.onnx")
        weights.path("selfie_segmentation.tflite")
    except weights.WeightsMissing:
        return False
    return True


needs_weights = pytest.mark.skipif(not have_weights(), reason="the masker's weights are not there: run ./run once")


def astronaut_face() -> Face:
    """Measured once by hand on the committed picture."""
    return Face(
        box=FaceBox(0.348, 0.141, 0.183, 0.202),
        confidence=0.99,
        landmarks=((0.398, 0.216), (0.484, 0.220), (0.441, 0.256), (0.405, 0.294), (0.472, 0.296)),
        yaw=0.0,
        pitch=0.0,
        roll=2.7,
        temple_width=0.18,
        brightness=0.6,
        gender="female",
    )


@pytest.fixture(scope="module")
def astronaut() -> Pixels:
    picture = cv2.imread(str(PICTURE))
    assert picture is not None
    return np.ascontiguousarray(picture[..., ::-1], np.uint8)


@pytest.fixture(scope="module")
def masked(astronaut: Pixels) -> Masked:
    return LocalMasker().mask(astronaut, astronaut_face(), MaskScope.HEAD)


@needs_weights
def test_head_hair_and_nothing_else_is_kept(astronaut: Pixels, masked: Masked) -> None:
    # Given the mask of a portrait with helmet ring, flag and rocket
    height, width = masked.keep.shape
    head = head_of(astronaut_face(), width, height)

    def kept(across: float, below: float) -> int:
        x, y = head.at(across, below)
        return int(masked.keep[int(y), int(x)])

    # Then nose, forehead, hair and both cheeks are kept
    assert [kept(*place) for place in ((0, 0.5), (0, -0.7), (0, -1.2), (-0.8, 0.7), (0.8, 0.7))] == [255] * 5
    # and chest, helmet ring, background and corners are not
    assert [kept(*place) for place in ((0, 3.0), (-1.5, 3.0), (1.5, 3.0), (-2.6, 0), (2.6, 0))] == [0] * 5
    assert masked.keep.shape == astronaut.shape[:2]


@needs_weights
def test_the_edge_is_soft(masked: Masked) -> None:
    partial = ((masked.keep > 20) & (masked.keep < 235)).sum()
    assert 0.01 < partial / (masked.keep > 0).sum() < 0.25


@needs_weights
def test_the_person_holds_the_head_and_the_clothes(masked: Masked) -> None:
    assert (masked.person >= masked.keep.astype(np.int16) - 1).all()
    assert (masked.person > 127).sum() > 2 * (masked.keep > 127).sum()


@needs_weights
@pytest.mark.parametrize(("scope", "less"), [(MaskScope.FACE, True), (MaskScope.PERSON, False)])
def test_scopes_nest(astronaut: Pixels, masked: Masked, scope: MaskScope, less: bool) -> None:
    other = LocalMasker().mask(astronaut, astronaut_face(), scope)
    assert bool((other.keep > 127).sum() < (masked.keep > 127).sum()) is less


@needs_weights
def test_hair_cut_by_the_frame_is_refused(astronaut: Pixels) -> None:
    # Given the same portrait cropped through the hair
    cut = 50
    picture = np.ascontiguousarray(astronaut[cut:])
    scale = astronaut.shape[0] / picture.shape[0]
    whole = astronaut_face()
    face = Face.from_json(
        {
            **whole.as_json(),
            "box": {**vars(whole.box), "top": (whole.box.top - cut / 512) * scale, "height": whole.box.height * scale},
            "landmarks": [(x, (y - cut / 512) * scale) for x, y in whole.landmarks],
        }
    )
    # Then it is refused with a reason
    with pytest.raises(Rejected) as refusal:
        LocalMasker().mask(picture, face, MaskScope.HEAD)
    assert refusal.value.code == "head_cut_off"
