"""Sizes, density, bytes and crops of the files that a person takes along. No photo: pictures drawn here."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from photos.anatomy import HEAD_HEIGHT, head_of
from photos.export import (
    LARGEST_ENLARGEMENT,
    LEAST_QUALITY,
    PASSPORT_LARGEST_HEAD,
    PASSPORT_LEAST_HEAD,
    PRINT_SIZES,
    TooLarge,
    TooManyBytes,
    bust_top,
    crop,
    export,
    parse_size,
)
from photos.framing import CANVAS, USUAL_PLACE, HeadPlace, frame, place_of
from photos.sheet import GAP, MARGIN, PAPERS, layout, sheet_jpeg, sheet_pdf
from photos.tests.test_framing import face_at, masked_ellipse
from photos.types import MaskScope

TITAN = (384, 576)
CROWN, CHIN = (255, 0, 0), (0, 255, 0)

PLACES = {
    "usual": USUAL_PLACE,
    "high hair": HeadPlace(hair=0.055, crown=0.24, chin=0.575),
    "hair cut by the upper edge": HeadPlace(hair=0.0, crown=0.06, chin=0.52),
    "own clothes, low and large": HeadPlace(hair=0.06, crown=0.08, chin=0.68),
    "bald": HeadPlace(hair=0.22, crown=0.22, chin=0.575),
}
places = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)


def noise(size: tuple[int, int] = CANVAS) -> bytes:
    """What compresses worst."""
    pixels = np.random.default_rng(1).integers(0, 255, (size[1], size[0], 3), np.uint8)
    return as_jpeg(Image.fromarray(pixels))


def plain(size: tuple[int, int] = CANVAS, colour: tuple[int, int, int] = (190, 214, 238)) -> bytes:
    return as_jpeg(Image.new("RGB", size, colour))


def banded(place: HeadPlace) -> bytes:
    """A portrait whose rows above the crown are red, those of the head blue, those below the chin green."""
    picture = np.zeros((CANVAS[1], CANVAS[0], 3), np.uint8)
    crown, chin = round(place.crown * CANVAS[1]), round(place.chin * CANVAS[1])
    picture[:crown], picture[crown:chin], picture[chin:] = CROWN, (0, 0, 255), CHIN
    return as_jpeg(Image.fromarray(picture))


def as_jpeg(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=95, subsampling=0)
    return stream.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(
    ("size", "dpi", "pixels"),
    [
        ("3x4cm", 300, (354, 472)),
        ("3.5x4.5cm", 300, (413, 531)),
        ("5x7cm", 300, (591, 827)),
        ("3x4cm", 72, (85, 113)),
        ("3x4cm", 600, (709, 945)),
        ("3.5x4.5cm", 600, (827, 1063)),
        ("5x7cm", 600, (1181, 1654)),
        ("600x800", 300, (600, 800)),
        ("413x531", 96, (413, 531)),
        ("500x500", 300, (500, 500)),
        ("original", 300, CANVAS),
    ],
)
def test_a_file_has_the_pixels_and_the_density_that_were_asked_for(size: str, dpi: int, pixels: tuple[int, int]):
    # When a size is made at a density
    made = export(plain(), USUAL_PLACE, parse_size(size), dpi)
    # Then the file has its pixels, and says its density
    picture = opened(made.data)
    assert picture.size == (made.width, made.height) == pixels
    assert picture.info["dpi"] == (dpi, dpi)
    assert picture.format == "JPEG"


@pytest.mark.parametrize(
    "text",
    ["", "4x3cm", "3x4", "3x4CM", "800x600", "100x300", "59x80", "2401x2401", "600x800x2", "٦٠٠x٨٠٠", "-600x800", "A4"],
)
def test_what_is_no_size_is_refused(text: str):
    with pytest.raises(ValueError, match=r"size|pixels|shape"):
        parse_size(text)


@places
@pytest.mark.parametrize("size", ["3.5x4.5cm", "413x531"])
def test_the_head_of_a_passport_size_is_as_tall_as_the_rule_says(place: HeadPlace, size: str):
    # Given a portrait in which crown and chin can be seen, When it is cut to the passport's size at 600 dpi
    made = opened(export(banded(place), place, parse_size(size), 600).data)
    # Then crown to chin is 3.2 to 3.6 cm of 4.5, whole and inside the picture
    column = np.asarray(made.convert("RGB")).astype(int)[:, made.width // 2]
    head = np.flatnonzero(column[:, 2] > 127)
    assert head[0] > 0
    assert head[-1] < made.height - 1
    millimetre = made.height / 45
    # A pixel at each end may be counted for either side.
    assert PASSPORT_LEAST_HEAD - 2 / millimetre <= len(head) / millimetre <= PASSPORT_LARGEST_HEAD + 2 / millimetre


@places
@pytest.mark.parametrize("size", ["3x4cm", "3.5x4.5cm", "5x7cm", "600x800", "60x120", "500x500"])
@pytest.mark.parametrize("portrait", [CANVAS, TITAN])
def test_a_crop_lies_inside_the_portrait_has_the_sizes_shape_and_keeps_the_chin(
    place: HeadPlace, size: str, portrait: tuple[int, int]
):
    asked = parse_size(size)
    left, top, right, bottom = crop(place, asked, portrait)  # type: ignore[arg-type]
    assert 0 <= left < right <= portrait[0]
    assert 0 <= top < bottom <= portrait[1]
    width, height = asked.pixels(300)  # type: ignore[union-attr]
    assert (right - left) / (bottom - top) == pytest.approx(width / height, rel=0.005)
    assert left + right == pytest.approx(portrait[0])
    assert top < place.crown * portrait[1]
    assert place.chin * portrait[1] < bottom


@places
def test_no_hair_is_cut_from_head_and_shoulders(place: HeadPlace):
    for name in ("3x4cm", "5x7cm"):
        assert crop(place, PRINT_SIZES[name], CANVAS)[1] <= place.hair * CANVAS[1]


@places
def test_the_pdf_prints_the_same_crop(place: HeadPlace):
    # Given the 3 × 4 cm file and the window that the PDF shows
    _, top, _, bottom = crop(place, PRINT_SIZES["3x4cm"], CANVAS)
    # Then they are the same
    assert bust_top(place) == pytest.approx(top / CANVAS[1])
    assert bottom - top == pytest.approx(8 / 9 * CANVAS[1])


@pytest.mark.parametrize("hair", [1.6, 4.5])
@pytest.mark.parametrize("scope", [MaskScope.HEAD, MaskScope.PERSON])
@pytest.mark.parametrize("roll", [0.0, 8.0])
def test_the_place_is_where_the_head_was_framed(hair: float, scope: MaskScope, roll: float):
    # Given a head, framed
    face = face_at(450, 700, 100, roll)
    masked = masked_ellipse(face, hair, scope)
    framed = frame(np.full((1200, 900, 3), 128, np.uint8), face, masked)
    # When its place is asked for without painting anything
    place = place_of(face, masked)
    # Then chin, crown and hair are where the canvas has them
    head = head_of(framed.face, *CANVAS)
    assert place.chin * CANVAS[1] == pytest.approx(head.at(0, head.chin)[1], abs=12)
    assert place.hair * CANVAS[1] == pytest.approx(np.flatnonzero(framed.keep.max(1) > 127)[0], abs=16)
    assert place.chin - place.crown <= HEAD_HEIGHT * head.unit / CANVAS[1] * 1.02
    assert place.hair <= place.crown < place.chin


def test_a_painted_head_of_hair_does_not_shorten_the_skull():
    # Given that only the face is kept of the photo
    face = face_at(450, 700, 100)
    place = place_of(face, masked_ellipse(face, hair=0.8, scope=MaskScope.FACE))
    # Then the head is not measured by what is kept
    assert place.chin - place.crown == pytest.approx(USUAL_PLACE.chin - USUAL_PLACE.crown, rel=0.05)


@pytest.mark.parametrize("max_kb", [50, 90, 140])
def test_the_best_quality_that_fits_is_taken(max_kb: int):
    # Given a picture that compresses badly and a portal that takes so many kilobytes
    made = export(noise(), USUAL_PLACE, PRINT_SIZES["3x4cm"], 300 if max_kb > 100 else 200, max_kb)
    # Then the file fits, and one step better would not
    assert len(made.data) <= max_kb * 1000
    assert LEAST_QUALITY <= made.quality < 95
    assert opened(made.data).size == (made.width, made.height)
    more = export(noise(), USUAL_PLACE, PRINT_SIZES["3x4cm"], 300 if max_kb > 100 else 200, max_kb + 12)
    assert more.quality > made.quality


def test_what_fits_anyway_is_not_made_worse():
    unlimited = export(plain(), USUAL_PLACE, PRINT_SIZES["3x4cm"])
    assert export(plain(), USUAL_PLACE, PRINT_SIZES["3x4cm"], max_kb=500) == unlimited


def test_what_cannot_fit_is_refused_and_says_what_it_takes():
    # Given a limit that even the least quality exceeds
    with pytest.raises(TooManyBytes) as refused:
        export(noise(), USUAL_PLACE, PRINT_SIZES["5x7cm"], max_kb=20)
    # When exactly what it takes is allowed, Then it is made
    made = export(noise(), USUAL_PLACE, PRINT_SIZES["5x7cm"], max_kb=refused.value.least)
    assert made.quality >= LEAST_QUALITY
    with pytest.raises(TooManyBytes):
        export(noise(), USUAL_PLACE, PRINT_SIZES["5x7cm"], max_kb=refused.value.least - 1)


def test_enlarging_is_said_and_ends_somewhere():
    # Given a small portrait, When more is asked of it than it has, Then the answer says how much
    assert export(plain(TITAN), USUAL_PLACE, PRINT_SIZES["3.5x4.5cm"]).enlargement == pytest.approx(1.8, abs=0.05)
    assert export(plain(), USUAL_PLACE, PRINT_SIZES["3.5x4.5cm"]).enlargement < 1
    # And beyond the limit it is refused
    with pytest.raises(TooLarge):
        export(plain(TITAN), USUAL_PLACE, parse_size("1600x2400"))
    for size in PRINT_SIZES.values():
        assert export(plain(TITAN), USUAL_PLACE, size, 600).enlargement <= LARGEST_ENLARGEMENT


COUNTS = [
    ("4x6in", "3x4cm", 9),
    ("4x6in", "3.5x4.5cm", 8),
    ("4x6in", "5x7cm", 2),
    ("a4", "3x4cm", 42),
    ("a4", "3.5x4.5cm", 32),
    ("a4", "5x7cm", 12),
]


@pytest.mark.parametrize(("paper", "size", "count"), COUNTS)
def test_a_sheet_holds_as_many_prints_as_fit(paper: str, size: str, count: int):
    laid = layout(paper, PRINT_SIZES[size])
    # Then so many lie there, inside the margins, and none over another
    assert len(laid.prints) == count
    width, height = laid.print_size
    for number, (left, top) in enumerate(laid.prints):
        assert MARGIN - 1e-6 <= left <= laid.paper[0] - MARGIN - width + 1e-6
        assert MARGIN - 1e-6 <= top <= laid.paper[1] - MARGIN - height + 1e-6
        for x, y in laid.prints[:number]:
            assert abs(x - left) >= width + GAP - 1e-6 or abs(y - top) >= height + GAP - 1e-6
    # And every edge of every print has its mark on both sides of the sheet, on the paper and off the prints
    xs = [x0 for x0, _, x1, _ in laid.marks if x0 == x1]
    ys = [y0 for _, y0, _, y1 in laid.marks if y0 == y1]
    for left, top in laid.prints:
        assert all(xs.count(edge) == 2 for edge in (left, left + width))
        assert all(ys.count(edge) == 2 for edge in (top, top + height))
    grid = (laid.prints[0], (laid.prints[-1][0] + width, laid.prints[-1][1] + height))
    for x0, y0, x1, y1 in laid.marks:
        assert 0 < min(x0, x1) <= max(x0, x1) < laid.paper[0]
        assert 0 < min(y0, y1) <= max(y0, y1) < laid.paper[1]
        outside_x = max(x0, x1) < grid[0][0] or min(x0, x1) > grid[1][0]
        outside_y = max(y0, y1) < grid[0][1] or min(y0, y1) > grid[1][1]
        assert outside_x or outside_y


@pytest.mark.parametrize(("paper", "size", "count"), COUNTS)
def test_the_pdf_is_one_page_of_the_papers_true_size(paper: str, size: str, count: int):
    # When the sheet is made
    document = PdfReader(io.BytesIO(sheet_pdf(plain(), USUAL_PLACE, PRINT_SIZES[size], paper)))
    # Then its page is the paper, either way up, to a hundredth of a millimetre
    (page,) = document.pages
    millimetres = sorted(float(side) / 72 * 25.4 for side in page.mediabox[2:])
    assert millimetres == pytest.approx(sorted(PAPERS[paper]), abs=0.01)
    # And the prints have the size on paper, and the picture is in it once
    drawn = page.get_contents().get_data().decode("latin-1")  # type: ignore[union-attr]
    assert drawn.count(" Do\n") == count
    assert len({image.indirect_reference for image in page.images}) == 1
    assert page.images[0].image.size == PRINT_SIZES[size].pixels(300)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("paper", "pixels"), [("4x6in", {(1200, 1800), (1800, 1200)}), ("a4", {(2480, 3508), (3508, 2480)})]
)
def test_the_jpeg_sheet_has_the_papers_size_and_density(paper: str, pixels: set[tuple[int, int]]):
    sheet = opened(sheet_jpeg(plain(colour=(0, 0, 255)), USUAL_PLACE, PRINT_SIZES["3x4cm"], paper))
    assert sheet.size in pixels
    assert sheet.info["dpi"] == (300, 300)
    # And it shows white paper with prints on it
    assert min(sheet.getpixel((5, 5))) > 250  # type: ignore[arg-type, type-var]
    blue = np.asarray(sheet.convert("RGB")).astype(int)
    share = (blue[..., 2] - blue[..., 0] > 200).mean()
    laid = layout(paper, PRINT_SIZES["3x4cm"])
    assert share == pytest.approx(len(laid.prints) * 1200 / (laid.paper[0] * laid.paper[1]), abs=0.01)
