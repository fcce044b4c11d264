"""Crops a portrait to the size that a form asks for: a JPEG with a density and a largest number of kilobytes.

The functions are pure: they take a portrait's bytes and its head's position and return bytes. Lengths are millimetres,
densities are dots per inch (25.4 mm). A kilobyte is 1,000 bytes, so that a file also fits where a form counts 1,024.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from PIL import Image

from photos.framing import HeadPlace

MILLIMETRES_PER_INCH = 25.4
LEAST_DPI, USUAL_DPI, LARGEST_DPI = 72, 300, 600
BEST_QUALITY, LEAST_QUALITY = 95, 60
"""JPEG qualities between which a largest number of kilobytes is met. Below the least, blocks show around the eyes."""
LEAST_SIDE, LARGEST_SIDE = 60, 2400
"""Limits of each side for a size in pixels."""
NARROWEST, WIDEST = 0.5, 1.0
"""Limits of width over height for a size in pixels. Head and shoulders fit no other shape."""
LARGEST_ENLARGEMENT = 4.0
"""Pixels of the file per pixel of the portrait. Above 1 no detail is gained; above this limit it is refused."""

CHIN_IN_BUST = 0.62
"""The chin's distance from the top in a picture of head and shoulders, as a share of its height."""

PASSPORT_SIZE = (35.0, 45.0)
PASSPORT_HEAD, PASSPORT_LEAST_HEAD, PASSPORT_LARGEST_HEAD = 34.0, 32.0, 36.0
"""Crown to chin in millimetres: the aim, and the rule's limits."""
PASSPORT_ABOVE, PASSPORT_BELOW = 4.5, 2.5
"""Millimetres above the crown, and at least below the chin."""
CLEAR = 0.015
"""Clear space above the hair where there is room, as a share of the portrait's height."""
SAME_SHAPE = 0.01
"""Largest relative difference in shape by which a size in pixels still counts as the passport photo's."""

Window = tuple[float, float, float, float]
"""Left, top, right and lower edge of a crop, in the portrait's pixels."""


class ExportRefused(ValueError):
    """The file that was asked for cannot be made from this portrait."""


class TooManyBytes(ExportRefused):
    """The file is too large even at the least quality. `least` is its size at that quality, in kilobytes."""

    def __init__(self, least: int) -> None:
        super().__init__(f"{least} KB at quality {LEAST_QUALITY}")
        self.least = least


class TooLarge(ExportRefused):
    """The portrait would have to be enlarged more than `LARGEST_ENLARGEMENT`."""


@dataclass(frozen=True)
class PrintSize:
    """A size on paper. Its crop:

    - `3x4cm`, 반명함판, the usual photo of a Korean résumé, and `5x7cm`, 명함판: head and shoulders as studios print
      them, the portrait's whole width. No authority rules the head's height in them. The PDF prints the same crop.
    - `3.5x4.5cm`: crown to chin 3.2–3.6 cm, the Ministry of Foreign Affairs' rule for passport photos (여권사진 규격,
      after ICAO Doc 9303), which identity card, driving licence and many applications take over. The crown is the
      skull's, without the hair's volume. The size only: the same rule forbids altered pictures, so that a portrait in
      painted clothes is no passport photo.
    """

    name: str
    width: float
    height: float

    def pixels(self, dpi: int) -> tuple[int, int]:
        return dots(self.width, dpi), dots(self.height, dpi)

    @property
    def is_passport(self) -> bool:
        return (self.width, self.height) == PASSPORT_SIZE


@dataclass(frozen=True)
class PixelSize:
    """A size in pixels. One of the passport photo's shape (413x531) is cropped like it, others show the shoulders."""

    width: int
    height: int

    @property
    def name(self) -> str:
        return f"{self.width}x{self.height}"

    def pixels(self, _: int) -> tuple[int, int]:
        return self.width, self.height

    @property
    def is_passport(self) -> bool:
        shape = PASSPORT_SIZE[0] / PASSPORT_SIZE[1]
        return abs(self.width / self.height / shape - 1) <= SAME_SHAPE


@dataclass(frozen=True)
class Original:
    """The whole portrait in its own pixels; only its density is set."""

    name: str = "original"


ExportSize = PrintSize | PixelSize | Original

PRINT_SIZES = {
    size.name: size
    for size in (PrintSize("3x4cm", 30.0, 40.0), PrintSize("3.5x4.5cm", *PASSPORT_SIZE), PrintSize("5x7cm", 50.0, 70.0))
}


@dataclass(frozen=True)
class Exported:
    data: bytes
    """A JPEG, sRGB, without chroma subsampling."""
    width: int
    height: int
    enlargement: float
    """Pixels of the file per pixel of the portrait."""
    quality: int


def parse_size(text: str) -> ExportSize:
    """`3x4cm`, `3.5x4.5cm`, `5x7cm`, `original` or pixels as `600x800`. Raises ValueError for all else."""
    if text == Original().name:
        return Original()
    if text in PRINT_SIZES:
        return PRINT_SIZES[text]
    found = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,4})", text)
    if not found:
        raise ValueError("no size")
    width, height = int(found[1]), int(found[2])
    if not all(LEAST_SIDE <= side <= LARGEST_SIDE for side in (width, height)):
        raise ValueError("too few or too many pixels")
    if not NARROWEST <= width / height <= WIDEST:
        raise ValueError("no shape for a portrait")
    return PixelSize(width, height)


def dots(millimetres: float, dpi: int) -> int:
    return round(millimetres / MILLIMETRES_PER_INCH * dpi)


def export(
    portrait: bytes, place: HeadPlace, size: ExportSize, dpi: int = USUAL_DPI, max_kb: int | None = None
) -> Exported:
    """The portrait at this size. Raises TooManyBytes and TooLarge.

    A portrait is 768 × 1152 pixels (384 × 576 from the Titan models). At 300 dpi all three print sizes need fewer than
    the larger one has in their crop; where more are asked for, the picture is enlarged and `enlargement` says how much.
    """
    with Image.open(io.BytesIO(portrait)) as opened:
        image = opened.convert("RGB")
    if isinstance(size, Original):
        enlargement = 1.0
    else:
        pixels = size.pixels(dpi)
        cut = crop(place, size, image.size)
        enlargement = pixels[0] / (cut[2] - cut[0])
        if enlargement > LARGEST_ENLARGEMENT:
            raise TooLarge(f"enlarged {enlargement:.1f} times")
        # One resampling from the portrait's own pixels, the window's fractions of a pixel included.
        image = image.resize(pixels, Image.Resampling.LANCZOS, box=cut)
    data, quality = _encoded(image, dpi, max_kb)
    return Exported(data, *image.size, enlargement, quality)


def crop(place: HeadPlace, size: PrintSize | PixelSize, portrait: tuple[int, int]) -> Window:
    """The part of a portrait of `portrait` pixels that a size shows: inside it, of the size's shape."""
    width, height = portrait
    shape = size.width / size.height
    if size.is_passport:
        tall, top = _passport_window(place)
        tall = min(tall, width / shape / height)
    else:
        tall = min(1.0, width / shape / height)
        top = _bust_top(place, tall)
    top = min(max(top, 0.0), 1 - tall)
    across = min(tall * height * shape, width)
    left = (width - across) / 2
    return left, top * height, left + across, min((top + tall) * height, height)


def bust_top(place: HeadPlace) -> float:
    """Where the 3:4 crop of a 2:3 portrait begins, a share of the portrait's height: 0 to 1/9."""
    return min(max(_bust_top(place, 8 / 9), 0.0), 1 / 9)


def _bust_top(place: HeadPlace, tall: float) -> float:
    """The crop's upper edge. Whole hair matters more than the chin's position; the chin is always inside."""
    return max(min(place.chin - CHIN_IN_BUST * tall, place.hair - CLEAR), place.chin - tall)


def _passport_window(place: HeadPlace) -> tuple[float, float]:
    """Height and upper edge of the passport's crop as shares of the portrait's height.

    High hair makes the head as small as the rule allows. Hair that does not fit even so is cut: the rule measures the
    skull.
    """
    head = place.chin - place.crown
    tall = min(1.0, head * PASSPORT_SIZE[1] / PASSPORT_HEAD)
    top = place.crown - tall * PASSPORT_ABOVE / PASSPORT_SIZE[1]
    if place.hair - CLEAR < top:
        tall = min(1.0, head * PASSPORT_SIZE[1] / PASSPORT_LEAST_HEAD)
        lowest_chin = place.chin - tall * (1 - PASSPORT_BELOW / PASSPORT_SIZE[1])
        top = max(min(place.crown - tall * PASSPORT_ABOVE / PASSPORT_SIZE[1], place.hair - CLEAR), lowest_chin)
    return tall, top


def _encoded(image: Image.Image, dpi: int, max_kb: int | None) -> tuple[bytes, int]:
    """The JPEG of the best quality that fits, and that quality: seven encodings at most. Raises TooManyBytes."""
    best = encode(image, dpi, BEST_QUALITY)
    most = None if max_kb is None else max_kb * 1000
    if most is None or len(best) <= most:
        return best, BEST_QUALITY
    fitting, quality = encode(image, dpi, LEAST_QUALITY), LEAST_QUALITY
    if len(fitting) > most:
        raise TooManyBytes(-(-len(fitting) // 1000))
    low, high = LEAST_QUALITY + 1, BEST_QUALITY - 1
    while low <= high:
        middle = (low + high) // 2
        tried = encode(image, dpi, middle)
        if len(tried) <= most:
            fitting, quality, low = tried, middle, middle + 1
        else:
            high = middle - 1
    return fitting, quality


def encode(image: Image.Image, dpi: int, quality: int) -> bytes:
    """A JPEG without chroma subsampling, its density in the JFIF header."""
    stream = io.BytesIO()
    # Pillow's `optimize` would save some 4 %, and fails on a picture that compresses badly.
    image.save(stream, "JPEG", quality=quality, subsampling=0, dpi=(dpi, dpi))
    return stream.getvalue()
