"""The résumé as a PDF: one A4 document that a person can hand in.

The person's texts are data beside the template (`resume.typ`) and never part of its markup. So no character of theirs
can become a command.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from letters.brief import Experience, Language
from photos.export import CHIN_IN_BUST
from photos.framing import CHIN_AT
from workers.errors import Misconfigured

TEMPLATE = Path(__file__).with_name("resume.typ")
FONTS = ("Pretendard-Regular.otf", "Pretendard-SemiBold.otf", "Pretendard-Bold.otf", "NotoSansKR-Regular.otf")
"""Needed in `WEIGHTS_DIR`. Noto has, in one weight, what Pretendard lacks, mostly Hanja. Neither has emoji.

Unless Noto Emoji is there too, an emoji prints as an empty box; its text can still be selected and searched.
"""

LARGEST_TOP = 1 / 9
"""A 3:4 window of full width covers 8/9 of a 2:3 portrait's height."""
PORTRAIT_TOP = CHIN_AT - CHIN_IN_BUST * (1 - LARGEST_TOP)
"""Where the window of a usual head begins: its chin stands at 62 % of the print (`photos.export`: `crop`)."""

# Characters that neither XML nor PDF can hold. They have no glyph, and nobody types them on purpose.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True)
class LetterSection:
    """One section of the letter. Line breaks separate paragraphs; blanks to fill in are in square brackets."""

    title: str
    text: str


@dataclass(frozen=True)
class PdfContent:
    """Everything that is printed, in its final wording. An empty field takes no space on the page."""

    language: Language
    name: str
    company: str
    created: date
    phone: str = ""
    email: str = ""
    job: str = ""
    education: tuple[str, ...] = ()
    experiences: tuple[Experience, ...] = ()
    strengths: tuple[str, ...] = ()
    sections: tuple[LetterSection, ...] = ()
    portrait: bytes | None = None
    """A JPEG, 2:3, printed 3 cm wide: 768 pixels are 650 dpi, 384 are 325."""
    portrait_top: float = PORTRAIT_TOP
    """Where the printed 3:4 window begins, as a ratio of the portrait's height, 0 to `LARGEST_TOP`."""


def render(content: PdfContent) -> bytes:
    """The document: A4, tagged, with title, author and language in its metadata. The same content gives the same bytes.

    Raises `Misconfigured` when the fonts are missing, `ValueError` when the portrait is no JPEG.
    """
    if content.portrait is not None and not content.portrait.startswith(b"\xff\xd8"):
        raise ValueError("the portrait is no JPEG")
    # typst's type stub lacks the documented form with several files, and so its result too.
    document: bytes = typst.compile(  # type: ignore[call-overload]
        {"main.typ": _template(), "content.json": json.dumps(_as_json(content), ensure_ascii=False).encode()},
        font_paths=_fonts(settings.WEIGHTS_DIR),
        timestamp=datetime.combine(content.created, time(), UTC),
    )
    return document


def _as_json(content: PdfContent) -> dict[str, Any]:
    with translation.override(content.language):
        labels = {
            "resume": _("이력서"),
            "photo": _("증명사진"),
            "phone": _("연락처"),
            "email": _("이메일"),
            "company": _("지원 회사"),
            "job": _("지원 직무"),
            "education": _("학력"),
            "experiences": _("경험"),
            "strengths": _("강점"),
            "letter": _("자기소개서"),
            "date": _("작성일"),
        }
        title = _("%(name)s 이력서 · %(company)s") % {"name": content.name, "company": content.company}
    return {
        "language": content.language,
        "title": _printable(title),
        "labels": labels,
        "name": _printable(content.name),
        "company": _printable(content.company),
        "phone": _printable(content.phone),
        "email": _printable(content.email),
        "job": _printable(content.job),
        "education": [_printable(line) for line in content.education if line.strip()],
        "experiences": [
            {field: _printable(text) for field, text in vars(experience).items()}
            for experience in content.experiences
            if any(text.strip() for text in vars(experience).values())
        ],
        "strengths": [_printable(strength) for strength in content.strengths if strength.strip()],
        "sections": [
            {"title": _printable(section.title), "paragraphs": _paragraphs(section.text)}
            for section in content.sections
        ],
        "created": content.created.isoformat(),
        # JSON can hold bytes only as numbers. This way the face is never written to disk.
        "portrait": list(content.portrait) if content.portrait is not None else None,
        "portrait_top": min(max(content.portrait_top, 0.0), LARGEST_TOP),
    }


def _printable(text: str) -> str:
    return _CONTROLS.sub("", text).strip()


def _paragraphs(text: str) -> list[str]:
    return [line for line in (_printable(line) for line in text.splitlines()) if line]


@lru_cache(maxsize=1)
def _template() -> bytes:
    return TEMPLATE.read_bytes()


@lru_cache(maxsize=1)
def _fonts(directory: Path) -> typst.Fonts:
    missing = [name for name in FONTS if not (directory / name).is_file()]
    if missing:
        raise Misconfigured(f"fonts missing in WEIGHTS_DIR: {', '.join(missing)}")
    # With system fonts the same résumé would look different on every machine.
    return typst.Fonts(include_system_fonts=False, font_paths=[directory])
