"""What the printed résumé promises: every letter of the person's text, nothing of it taken for a command."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import StreamObject

from letters.brief import Experience
from photos.framing import CHIN_AT, TOP_MARGIN
from resumes import pdf
from resumes.pdf import FONTS, LARGEST_TOP, PORTRAIT_TOP, LetterSection, PdfContent, render
from workers.errors import Misconfigured

needs_fonts = pytest.mark.skipif(
    not all((Path(settings.WEIGHTS_DIR) / name).is_file() for name in FONTS),
    reason="the fonts are not in WEIGHTS_DIR",
)

PARAGRAPH = (
    "저는 사용자의 하루를 조금 더 편하게 만드는 서비스를 만들고 싶어 카카오에 지원합니다. 학교 축제의 "
    "[프로젝트 이름]에서 대기줄이 길어지는 까닭을 직접 세어 보았고, Spring Boot와 PostgreSQL로 주문 화면을 다시 만들어 "
    "평균 대기 시간을 [수치 입력]분 줄였습니다. 그 뒤로 저는 문제를 만나면 먼저 묻고 기록합니다."
)
LETTER = tuple(
    LetterSection(title, "\n\n".join([PARAGRAPH] * 4))
    for title in ("지원동기", "성장과정", "프로젝트 경험", "성격의 장단점")
)


def a_portrait(width: int = 768, height: int = 1152) -> bytes:
    """A picture whose upper and lower ends differ, so that a wrong crop shows."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def a_resume(**changes: Any) -> PdfContent:
    content = PdfContent(
        language="ko",
        name="김하늘",
        phone="010-1234-5678",
        email="haneul@example.com",
        company="카카오",
        job="백엔드 개발자",
        education=("한빛대학교 컴퓨터공학과",),
        experiences=(Experience("축제 주문 서비스", "백엔드", "2024. 3.–6.", "병목을 찾았습니다.", "12분에서 5분."),),
        strengths=("끈기", "경청"),
        sections=LETTER,
        portrait=a_portrait(),
        created=date(2026, 11, 22),
    )
    return replace(content, **changes)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def text_of(document: bytes) -> str:
    """The document's text without white space and without each page's foot."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(document)).pages]
    total = len(pages)
    feet = [rf"{number}/{total}(작성일|Written)\d{{4}}-\d\d-\d\d" for number in range(1, total + 1)]
    return "".join(re.sub(foot, "", squeezed(page)) for foot, page in zip(feet, pages, strict=True))


@needs_fonts
def test_everything_given_can_be_selected_in_reading_order():
    # Given a whole résumé
    content = a_resume()
    # When it is printed and its text taken out again
    text = text_of(render(content))
    # Then every part stands in it, whole and in order
    expected = [
        content.name,
        content.phone,
        content.email,
        content.company,
        content.job,
        *content.education,
        "축제 주문 서비스",
        "병목을 찾았습니다.",
        *(part for section in content.sections for part in (section.title, section.text)),
    ]
    position = 0
    for part in expected:
        position = text.index(squeezed(part), position)


@needs_fonts
def test_a_long_letter_fills_a4_pages_that_are_numbered():
    # Given a letter of several thousand characters
    # When it is printed
    pages = PdfReader(io.BytesIO(render(a_resume()))).pages
    # Then every page is A4 and says which of how many it is
    assert len(pages) >= 2
    for number, page in enumerate(pages, start=1):
        assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
        assert f"{number}/{len(pages)}" in squeezed(page.extract_text())


@needs_fonts
@pytest.mark.parametrize(("language", "title"), [("ko", "김하늘 이력서 · 카카오"), ("en", "Résumé of 김하늘 · 카카오")])
def test_the_metadata_names_title_author_language_and_day(language, title):
    # Given a résumé in a language
    # When it is printed
    reader = PdfReader(io.BytesIO(render(a_resume(language=language))))
    # Then viewers and screen readers are told what it is
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == (title, "김하늘")
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == date(2026, 11, 22)
    catalogue: Any = reader.trailer["/Root"]
    assert catalogue["/Lang"] == language
    assert catalogue["/MarkInfo"]["/Marked"]


@needs_fonts
@pytest.mark.parametrize("size", [(768, 1152), (384, 576)])
def test_the_portrait_is_printed_as_given_in_a_window_of_three_by_four_centimetres(size: tuple[int, int]):
    # Given a portrait of either size in which portraits come
    portrait = a_portrait(*size)
    # When the résumé is printed
    reader = PdfReader(io.BytesIO(render(a_resume(portrait=portrait))))
    # Then the very file stands in it, at more than the 300 dpi of print on a picture 3 cm wide
    (image,) = reader.pages[0].images
    assert image.indirect_reference is not None
    stored = image.indirect_reference.get_object()
    assert isinstance(stored, StreamObject)
    assert stored.get_data() == portrait
    assert image.image is not None
    assert image.image.width / (30 / 25.4) > 300
    # And the window is 30 × 40 mm: 85.04 × 113.39 points
    content_stream = reader.pages[0].get_contents()
    assert content_stream is not None
    assert re.search(rb"85\.03\d* .*113\.38\d*", content_stream.get_data(), re.DOTALL)


@needs_fonts
def test_the_same_resume_is_the_same_file():
    # Given two equal résumés
    # When each is printed
    # Then the files do not differ in a byte
    assert render(a_resume()) == render(a_resume())


HOSTILE = [
    "#let x = 1",
    "#[김] $하$ \\늘",
    "*굵게* _기울임_ `code` <label> @ref",
    "= 제목",
    "- 목록 / 1. 목록 + 목록",
    "// 주석 /* 주석 */",
    '") #panic("',
    "[[겹친] 괄호]",
    "\\u{41} {curly} ~ -- ... 'quotes' \"quotes\"",
    "</script><b>&amp;",
    "김‍하늘",
]


@needs_fonts
@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_only_text(text):
    # Given characters that mean something to a typesetter
    content = a_resume(
        name=text,
        company=text,
        job=text,
        education=(text,),
        experiences=(Experience(text, text, text, text, text),),
        sections=(LetterSection(text, text),),
    )
    # When they are printed
    printed = text_of(render(content))
    # Then they stand there, letter by letter, in every place
    assert printed.count(squeezed(text)) == 11


@needs_fonts
@given(st.text(alphabet="#[]$\\*_`<>@=-+/~'\"{}()&;:.,%^|!? \n가나다abc", max_size=60))
@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_mixture_of_signs_is_only_text(text):
    # Given any mixture of signs
    # When it is printed as an item
    printed = text_of(render(a_resume(portrait=None, sections=(LetterSection("항목", text),))))
    # Then the item ends with exactly that
    assert printed.endswith("항목" + squeezed(text))


@needs_fonts
@pytest.mark.parametrize("letter", ["가", "W", "1"])
def test_a_word_longer_than_the_line_breaks_and_stays_on_the_page(letter):
    # Given a word of 300 letters without a place to break
    word = letter * 300
    # When it is printed
    page = PdfReader(io.BytesIO(render(a_resume(portrait=None, sections=(LetterSection("항목", word),))))).pages[0]
    # Then it takes several lines, and no letter is lost
    lines = [line for line in page.extract_text().splitlines() if set(line.strip()) == {letter}]
    assert len(lines) > 2
    assert sum(len(line.strip()) for line in lines) == 300


@needs_fonts
def test_control_characters_and_empty_fields_leave_no_trace():
    # Given characters that have no glyph, and a résumé with nothing but a name and a letter
    content = PdfContent(
        language="ko",
        name="김\x00하늘\x1b",
        company="카카오",
        created=date(2026, 11, 22),
        sections=(LetterSection("지원동기", "\n \n첫 문단\x0b\n\n"),),
    )
    # When it is printed
    text = text_of(render(content))
    # Then only what can be read is there
    assert text == squeezed("이력서 김하늘 지원 회사 카카오 자기소개서 1.지원동기 첫 문단")


@needs_fonts
@pytest.mark.parametrize("words", range(20, 32))
def test_no_syllable_ends_alone_on_a_line(words):
    # Given paragraphs of many lengths that end in a short word
    text = "사람을 먼저 생각하는 일을 " * words + "할 것 임"
    # When they are printed
    page = PdfReader(io.BytesIO(render(a_resume(portrait=None, sections=(LetterSection("항목", text),))))).pages[0]
    # Then the last line is more than a syllable
    lines = [line.strip() for line in page.extract_text().splitlines()]
    last = next(line for line in lines if line.endswith("임"))
    assert len(last) > 2


@needs_fonts
def test_hanja_and_latin_stand_among_hangul():
    # Given a name and a sentence in three scripts
    name, text = "金하늘", "社訓인 正直과 Café·Ångström 프로젝트를 大學에서 배웠습니다."
    # When they are printed
    reader = PdfReader(io.BytesIO(render(a_resume(name=name, portrait=None, sections=(LetterSection("항목", text),)))))
    # Then every character can be selected, and each script has a face that holds it
    page = reader.pages[0]
    assert squeezed(name) in squeezed(page.extract_text())
    assert squeezed(text) in squeezed(page.extract_text())
    resources: Any = page["/Resources"]
    faces = {str(face.get_object()["/BaseFont"]) for face in resources["/Font"].values()}
    assert any("Pretendard" in face for face in faces)
    assert any("Noto" in face for face in faces)


@needs_fonts
def test_blanks_are_marked():
    # Given the same letter with a blank and without
    blank, filled = (
        render(a_resume(portrait=None, sections=(LetterSection("항목", text),)))
        for text in ("[수치 입력]분 줄였습니다", "수치 입력분 줄였습니다")
    )
    # When both are drawn
    marks = [
        PdfReader(io.BytesIO(document)).pages[0].get_contents().get_data().count(b" 0.9411765 0.7019608")  # type: ignore[union-attr]
        for document in (blank, filled)
    ]
    # Then only the first holds the mark's colour
    assert marks[0] > 0
    assert marks[1] == 0


def test_the_printed_window_is_that_of_the_id_photo_rule():
    # Given a portrait as it is framed: the chin at its place, hair up to the margin
    window = 1 - LARGEST_TOP
    # When the window is laid over it
    # Then it stays within the portrait, holds all hair, and has the chin where an ID photo has it
    assert 0 <= PORTRAIT_TOP <= min(LARGEST_TOP, TOP_MARGIN)
    assert (CHIN_AT - PORTRAIT_TOP) / window == pytest.approx(0.62, abs=0.01)


def test_missing_fonts_are_named(settings, tmp_path):
    # Given a directory without fonts
    settings.WEIGHTS_DIR = tmp_path
    pdf._fonts.cache_clear()
    # When a résumé is printed
    # Then the operator reads which files are missing
    with pytest.raises(Misconfigured, match=r"Pretendard-Regular\.otf"):
        render(a_resume())
    pdf._fonts.cache_clear()


def test_a_portrait_that_is_no_jpeg_is_refused():
    with pytest.raises(ValueError, match="JPEG"):
        render(a_resume(portrait=b"\x89PNG"))
