"""A sheet of paper with as many prints of one portrait as fit, and marks to cut along.

Lengths are millimetres from the paper's upper left corner. The PDF has the paper's exact size; the JPEG, for photo
kiosks, is rounded to whole pixels (0.085 mm).
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import typst
from PIL import Image, ImageDraw

from photos.export import USUAL_DPI, PrintSize, dots, encode, export
from photos.framing import HeadPlace

TEMPLATE = Path(__file__).with_name("sheet.typ")

PAPERS = {"4x6in": (101.6, 152.4), "a4": (210.0, 297.0)}
"""Width and height; the sheet lies on its side where more prints fit so."""
MARGIN = 4.0
"""What photo printers may leave white or cut off at each edge."""
GAP = 1.0
"""Between two prints: a cut that strays half of it shows nothing of the neighbour."""
MARK, AWAY = 2.5, 0.5
"""A cut mark's length, and how far from the print it ends."""
LINE = 0.15
"""A cut mark's thickness."""
GREY = (96, 96, 96)
QUALITY = 92

Line = tuple[float, float, float, float]
"""From x, y to x, y."""


@dataclass(frozen=True)
class Layout:
    paper: tuple[float, float]
    """Width and height as it lies."""
    print_size: tuple[float, float]
    prints: tuple[tuple[float, float], ...]
    """The upper left corner of each."""
    marks: tuple[Line, ...]


def layout(paper: str, size: PrintSize) -> Layout:
    """As many prints as fit, upright, in a grid in the paper's middle. The smallest paper holds two of the largest."""
    upright = PAPERS[paper]
    sheet = max((upright, upright[::-1]), key=lambda each: _fit(each[0], size.width) * _fit(each[1], size.height))
    lefts, tops = _starts(sheet[0], size.width), _starts(sheet[1], size.height)
    across = sorted(edge for left in lefts for edge in (left, left + size.width))
    down = sorted(edge for top in tops for edge in (top, top + size.height))
    marks: list[Line] = []
    for outer, inner in ((down[0] - AWAY - MARK, down[0] - AWAY), (down[-1] + AWAY, down[-1] + AWAY + MARK)):
        marks += [(x, outer, x, inner) for x in across]
    for outer, inner in ((across[0] - AWAY - MARK, across[0] - AWAY), (across[-1] + AWAY, across[-1] + AWAY + MARK)):
        marks += [(outer, y, inner, y) for y in down]
    prints = tuple((left, top) for top in tops for left in lefts)
    return Layout(sheet, (size.width, size.height), prints, tuple(marks))


def _fit(room: float, length: float) -> int:
    return int((room - 2 * MARGIN + GAP + 1e-6) // (length + GAP))


def _starts(room: float, length: float) -> list[float]:
    count = _fit(room, length)
    first = (room - count * length - (count - 1) * GAP) / 2
    return [first + number * (length + GAP) for number in range(count)]


def sheet_jpeg(portrait: bytes, place: HeadPlace, size: PrintSize, paper: str) -> bytes:
    """The sheet at 300 dpi: A4 has 8.7 megapixels, 26 MB while it is made."""
    laid = layout(paper, size)
    with Image.open(io.BytesIO(export(portrait, place, size).data)) as one:
        one.load()
    sheet = Image.new("RGB", (dots(laid.paper[0], USUAL_DPI), dots(laid.paper[1], USUAL_DPI)), (255, 255, 255))
    for left, top in laid.prints:
        sheet.paste(one, (dots(left, USUAL_DPI), dots(top, USUAL_DPI)))
    draw = ImageDraw.Draw(sheet)
    for mark in laid.marks:
        draw.line([dots(length, USUAL_DPI) for length in mark], fill=GREY, width=dots(LINE, USUAL_DPI))
    return encode(sheet, USUAL_DPI, QUALITY)


def sheet_pdf(portrait: bytes, place: HeadPlace, size: PrintSize, paper: str) -> bytes:
    """The sheet as one page; the picture is in it once, at 300 dpi."""
    laid = layout(paper, size)
    content = {
        "paper": laid.paper,
        "print": laid.print_size,
        "prints": laid.prints,
        "marks": laid.marks,
        "line": LINE,
        "grey": bytes(GREY).hex(),
        "portrait": list(export(portrait, place, size).data),
    }
    # typst's stub does not know the documented form with several files, and so not its answer either.
    document: bytes = typst.compile(  # type: ignore[call-overload]
        {"main.typ": TEMPLATE.read_bytes(), "content.json": json.dumps(content).encode()}, font_paths=_no_fonts()
    )
    return document


@lru_cache(maxsize=1)
def _no_fonts() -> typst.Fonts:
    """Nothing is written on the sheet."""
    return typst.Fonts(include_system_fonts=False, font_paths=[])
