"""The soft-edge tools on synthetic pictures, and the local masker on a real portrait where its weights are there."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from django.conf import settings

from photos import weights
from photos.anatomy import head_of
from photos.masking import Masked
from photos.masking.borders import inside_frame, without_frame
from photos.masking.hair import Hints, head_share
from photos.masking.local import LocalMasker
from photos.masking.matting import by_colour, closed_form, decontaminated, guided, steepen
from photos.masking.view import View
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


def strands(seed: int = 3) -> tuple[Pixels, np.ndarray]:
    """Dark strands before a wall that changes slowly, and how much of each pixel they cover."""
    true: np.ndarray = np.zeros((160, 160), np.float32)
    random = np.random.default_rng(seed)
    cv2.circle(true, (80, 160), 70, 1.0, -1)
    for _ in range(40):
        x = random.uniform(20, 140)
        cv2.line(true, (int(x), 110), (int(x + random.uniform(-25, 25)), int(random.uniform(50, 80))), 1.0, 1)
    true = cv2.GaussianBlur(true, (0, 0), 0.8)
    wall = np.linspace(150, 235, 160, dtype=np.float32)[None, :, None] * np.array((0.9, 1.0, 1.05), np.float32)
    picture = true[..., None] * np.array((42, 30, 24), np.float32) + (1 - true[..., None]) * wall
    noise = random.normal(0, 1.5, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8), true


def test_closed_form_matting_finds_strands_that_the_rough_mask_does_not_know() -> None:
    # Given a mask that knows the head and has no idea of the strands above it
    picture, true = strands()
    rough = np.zeros_like(true)
    cv2.circle(rough, (80, 160), 66, 1.0, -1)
    unknown = np.zeros(true.shape, np.bool_)
    unknown[44:116, 10:150] = True
    # When the matte is solved there
    solved = closed_form(picture, rough, unknown)
    # Then half of the error or more is gone, and known pixels are untouched
    assert np.abs(solved - true)[unknown].mean() < 0.5 * np.abs(rough - true)[unknown].mean()
    assert (solved[~unknown] == rough[~unknown]).all()


def test_closed_form_matting_without_anything_unknown_changes_nothing() -> None:
    picture, true = strands()
    assert (closed_form(picture, true, np.zeros(true.shape, np.bool_)) == true).all()


# --- frames around a picture ---------------------------------------------------------------------


def portrait_before(colour: tuple[int, int, int]) -> Pixels:
    """A head and shoulders before a wall."""
    picture = np.full((400, 400, 3), colour, np.uint8)
    cv2.ellipse(picture, ((200, 170), (130, 180), 0), (200, 160, 140), -1)
    cv2.ellipse(picture, ((200, 420), (320, 240), 0), (40, 60, 110), -1)
    return picture


def test_a_circular_screenshot_loses_its_frame() -> None:
    # Given a portrait in a circle on white, with JPEG's noise
    portrait, circle = portrait_before((120, 160, 170)), np.zeros((400, 400), np.uint8)
    cv2.circle(circle, (200, 200), 198, 255, -1)
    picture = np.where(circle[..., None] > 0, portrait, np.uint8(255))
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    picture = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    # When it is looked for
    shown = inside_frame(picture)
    # Then the picture is what lies in the circle, and the frame takes the colour of its wall
    assert shown is not None
    assert (shown & (circle > 0)).sum() > 0.95 * (circle > 0).sum()
    assert not shown[circle == 0].any()
    corner = without_frame(picture, shown)[3, 3]
    assert np.abs(corner.astype(int) - (120, 160, 170)).max() < 6


def test_a_boxed_screenshot_loses_its_frame() -> None:
    picture = np.zeros((500, 460, 3), np.uint8)
    picture[50:450, 30:430] = portrait_before((150, 150, 160))
    shown = inside_frame(picture)
    assert shown is not None
    assert shown[60:440, 40:420].all()
    assert not shown[:50].any()


@pytest.mark.parametrize("wall", [(255, 255, 255), (190, 200, 210)])
def test_a_plain_studio_wall_is_no_frame(wall: tuple[int, int, int]) -> None:
    assert inside_frame(portrait_before(wall)) is None


# --- hair and clothes ----------------------------------------------------------------------------


UNIT = 100.0


def dressed_head(hair: tuple[int, int, int] | None, collar: str = "plain") -> tuple[View, np.ndarray]:
    """A face of skin with hair to the shoulders where `hair` is a colour, in a blue jumper, and where the person is."""
    picture = np.full((900, 800, 3), (180, 200, 180), np.uint8)
    person = np.zeros((900, 800), np.uint8)
    for place, size, colour in (
        ((400, 900), (760, 640), (40, 70, 150)),
        ((400, 300), (360, 460), hair or (60, 44, 36)),
    ):
        cv2.ellipse(picture, (place, size, 0), colour, -1)
        cv2.ellipse(person, (place, size, 0), 255, -1)
    if hair:
        cv2.rectangle(picture, (225, 300), (575, 720), hair, -1)
        cv2.rectangle(person, (225, 300), (575, 720), 255, -1)
    cv2.rectangle(picture, (330, 440), (470, 620), (205, 160, 140), -1)
    cv2.rectangle(person, (330, 440), (470, 620), 255, -1)
    cv2.ellipse(picture, ((400, 380), (210, 330), 0), (214, 172, 148), -1)
    if collar == "checked":
        picture[640:, ::12] = (20, 20, 20)
        picture[640::12] = (235, 235, 235)
    noise = np.random.default_rng(1).integers(-5, 6, picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    face = Face(
        box=FaceBox(0.37, 0.27, 0.26, 0.29),
        confidence=1.0,
        landmarks=tuple((x / 800, y / 900) for x, y in ((350, 360), (450, 360), (400, 415), (360, 460), (440, 460))),
        yaw=0.0,
        pitch=0.0,
        roll=0.0,
        temple_width=0.25,
        brightness=0.6,
    )
    view = View(picture, person.astype(np.float32) / 255, head_of(face, 800, 900))
    return view, person.astype(np.float32) / 255


def no_hints(view: View) -> Hints:
    return Hints((), [], [view.at(0, 3.6), view.at(-1.2, 4.2), view.at(1.2, 4.2)], np.zeros_like(view.matte))


@pytest.mark.parametrize("colour", [(60, 44, 36), (170, 130, 80)])
def test_long_hair_is_kept_and_the_jumper_is_not(colour: tuple[int, int, int]) -> None:
    # Given hair down to the shoulders over a blue jumper
    view, person = dressed_head(colour)
    # When head is told from clothes
    share = head_share(view, person, no_hints(view))
    # Then hair beside the chin and below it is head, the jumper is not
    assert share[560, [240, 560]].min() > 0.8
    assert share[660, [245, 555]].min() > 0.8
    assert share[780:, 300:500].max() < 0.2
    assert share[700, [120, 680]].max() < 0.2


def test_short_hair_leaves_nothing_beside_the_neck() -> None:
    # Given a man's head whose hair has the colour of nothing below the jaw
    view, person = dressed_head(None)
    share = head_share(view, person, no_hints(view))
    # Then beside the neck nothing is kept, and the throat is
    assert share[640:, 200:320].max() < 0.2
    assert share[570, 400] > 0.8


def test_raised_shoulders_beside_the_jaw_are_clothes() -> None:
    # Given a man who leans on his arms, so that a shoulder stands beside his mouth
    view, person = dressed_head(None)
    pixels = view.pixels.copy()
    cv2.ellipse(pixels, ((620, 560), (240, 240), 0), (40, 70, 150), -1)
    mask = (person * 255).astype(np.uint8)
    cv2.ellipse(mask, ((620, 560), (240, 240), 0), 255, -1)
    raised = View(pixels, mask.astype(np.float32) / 255, view.head)
    # When head is told from clothes
    share = head_share(raised, raised.matte, no_hints(raised))
    # Then it is not taken for hair
    assert share[460:600, 600:680].max() < 0.3
    assert share[380, 400] > 0.9


def test_a_checked_collar_with_dark_threads_is_no_hair() -> None:
    view, person = dressed_head((40, 34, 30), collar="checked")
    share = head_share(view, person, no_hints(view))
    assert share[720:, 100:220].max() < 0.3


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


def cropped(astronaut: Pixels, cut: int) -> tuple[Pixels, Face]:
    """The portrait without its uppermost rows; the hair begins at about row 36, the eyes stand at 111."""
    picture = np.ascontiguousarray(astronaut[cut:])
    scale = astronaut.shape[0] / picture.shape[0]
    whole = astronaut_face()
    box = replace(whole.box, top=(whole.box.top - cut / 512) * scale, height=whole.box.height * scale)
    face = replace(whole, box=box, landmarks=tuple((x, (y - cut / 512) * scale) for x, y in whole.landmarks))
    return picture, face


@needs_weights
def test_a_head_cut_by_the_frame_is_refused(astronaut: Pixels) -> None:
    # Given the portrait cropped through the forehead, Then it is refused with a reason
    with pytest.raises(Rejected) as refusal:
        LocalMasker().mask(*cropped(astronaut, 68), MaskScope.HEAD)
    assert refusal.value.code == "head_cut_off"


@needs_weights
def test_a_little_hair_may_be_cut(astronaut: Pixels) -> None:
    # Given a crop that takes less than a tenth of the head, as studio headshots do, Then it is taken
    masked = LocalMasker().mask(*cropped(astronaut, 46), MaskScope.HEAD)
    assert (masked.keep[2] > 127).sum() > 40
