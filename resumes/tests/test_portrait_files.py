"""The portrait as a file to take along, by HTTP. No worker runs: what they would make is put there."""

from __future__ import annotations

import io
import re
from html import unescape
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from photos import files
from photos.masking import Masked
from photos.models import Candidate, Photo
from photos.pictures import encode_alpha, encode_jpeg
from photos.tests.test_framing import face_at, masked_ellipse
from resumes import printing
from resumes.models import Resume
from resumes.portrait_files import disposition, file_name
from resumes.tests.conftest import jpeg
from resumes.tests.test_api import ask, finish_letter, problem
from workers.models import Step

pytestmark = pytest.mark.django_db(transaction=True)

COLOURS = {1: (200, 0, 0), 2: (0, 150, 0), 4: (0, 0, 200)}


@pytest.fixture
def resume(person):
    """A finished photo: candidate 2 is ranked before 1, and 4 wears its own clothes."""
    made = person.resume(photo=jpeg(900, 1200))
    photo = Resume.objects.get(pk=made["id"]).photo
    Step.objects.filter(subject=photo.pk).update(state=Step.State.DONE)
    face = face_at(450, 700, 100)
    masked: Masked = masked_ellipse(face)
    folder = files.folder(photo.pk)
    files.save(f"{folder}/mask-1.png", encode_alpha(masked.keep))
    files.save(f"{folder}/person-1.png", encode_alpha(masked.person))
    Photo.objects.filter(pk=photo.pk).update(
        state=Photo.State.DONE, face=face.as_json(), mask_file=f"{folder}/mask-1.png"
    )
    cover = np.zeros((1152, 768), np.uint8)
    cover[200:, 200:568] = 255
    for rank, number in enumerate((2, 1, 4)):
        file, cover_file = f"{folder}/portrait-{number}-0.jpg", f"{folder}/cover-{number}-0.png"
        portrait = np.empty((1152, 768, 3), np.uint8)
        portrait[:] = COLOURS[number]
        files.save(file, encode_jpeg(portrait))
        files.save(cover_file, encode_alpha(cover))
        Candidate.objects.create(photo=photo, number=number, rank=rank, file=file, cover_file=cover_file, score=0.9)
    return made


def get(person, resume, path, **options):
    return person.request("get", f"resumes/{resume['id']}/{path}", **options)


def picture(answer):
    assert answer.status_code == 200, answer.content
    return Image.open(io.BytesIO(answer.content))


def is_colour(image, at, colour) -> bool:
    return bool(np.abs(np.array(image.convert("RGB").getpixel(at)) - colour).max() <= 4)


def test_the_best_portrait_is_taken_until_one_is_chosen(person, resume):
    # Given nothing chosen, Then it is the one ranked first
    made = picture(get(person, resume, "portrait.jpg?size=3x4cm"))
    assert made.size == (354, 472)
    assert made.info["dpi"] == (300, 300)
    assert is_colour(made, (177, 300), COLOURS[2])
    # When another is chosen, before another background, Then it is that one
    person.request("post", f"resumes/{resume['id']}/portrait/", {"candidate": 1, "background": "white"})
    made = picture(get(person, resume, "portrait.jpg?size=600x800&dpi=96"))
    assert made.size == (600, 800)
    assert made.info["dpi"] == (96, 96)
    assert is_colour(made, (300, 500), COLOURS[1])
    assert is_colour(made, (10, 10), (255, 255, 255))


def test_own_clothes_are_cropped_by_their_own_place(person, resume):
    person.request("post", f"resumes/{resume['id']}/portrait/", {"candidate": 4})
    made = picture(get(person, resume, "portrait.jpg?size=3.5x4.5cm"))
    assert made.size == (413, 531)
    assert is_colour(made, (200, 300), COLOURS[4])


def test_the_answer_is_a_private_file_with_the_persons_name(person, resume):
    answer = get(person, resume, "portrait.jpg?size=3x4cm")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Portrait-Enlargement"] == "0.46"
    written = answer.headers["Content-Disposition"]
    assert written.startswith("attachment; filename=\"portrait_3x4cm.jpg\"; filename*=UTF-8''")
    assert written.isascii()
    assert unquote(written.partition("''")[2]) == "증명사진_김하늘_3x4cm.jpg"
    # And in English in English
    english = get(person, resume, "portrait.jpg?size=3x4cm", headers={"Accept-Language": "en"})
    assert unquote(english.headers["Content-Disposition"]).endswith("ID photo_김하늘_3x4cm.jpg")


@pytest.mark.parametrize(
    "name", ['a"; filename=x', "../../etc/passwd", "a\\b:c*d?e<f>g|h%41", "김\u202eexe.하늘", "🙂 가"]
)
def test_no_name_breaks_the_header_or_the_file_system(name):
    header = disposition(name, "3x4cm", "jpg")
    assert re.fullmatch(r"attachment; filename=\"portrait_3x4cm\.jpg\"; filename\*=UTF-8''[\w.%!#$&+^`|~-]+", header)
    written = file_name(name, "3x4cm", "jpg")
    assert unquote(header.partition("''")[2]) == written
    assert not re.search(r'[\\/:*?"<>|;%\u202e]', written)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "size"),
        ("size=", "size"),
        ("size=4x3cm", "size"),
        ("size=800x600", "size"),
        ("size=99999x99999", "size"),
        ("size=3x4cm%00", "size"),
        ("size=3x4cm&dpi=71", "dpi"),
        ("size=3x4cm&dpi=601", "dpi"),
        ("size=3x4cm&dpi=many", "dpi"),
        ("size=3x4cm&max_kb=0", "max_kb"),
        ("size=3x4cm&max_kb=-5", "max_kb"),
        ("size=2400x2400&max_kb=5", "max_kb"),
    ],
)
def test_wrong_wishes_are_named(person, resume, query, field):
    body = problem(get(person, resume, f"portrait.jpg?{query}"), 400, "invalid")
    assert [error["field"] for error in body["errors"]] == [field]
    english = get(person, resume, f"portrait.jpg?{query}", headers={"Accept-Language": "en"}).json()
    assert english["errors"][0]["detail"] != body["errors"][0]["detail"]


def test_a_small_portrait_is_not_blown_up_without_end(person, resume):
    # Given portraits as the Titan models make them
    small = np.empty((576, 384, 3), np.uint8)
    small[:] = COLOURS[2]
    for candidate in Candidate.objects.all():
        files.save(candidate.file, encode_jpeg(small))
    # Then a print is made, and says that it is enlarged; a poster is refused
    assert get(person, resume, "portrait.jpg?size=3.5x4.5cm&dpi=600").headers["Portrait-Enlargement"] > "3"
    body = problem(get(person, resume, "portrait.jpg?size=1600x2400"), 400, "invalid")
    assert [error["field"] for error in body["errors"]] == ["size"]


@pytest.mark.parametrize("max_kb", [20, 100])
def test_a_portals_limit_is_met(person, resume, max_kb):
    # Given a portrait that compresses badly
    noise = np.random.default_rng(1).integers(0, 255, (1152, 768, 3), np.uint8)
    files.save(Candidate.objects.get(number=2).file, encode_jpeg(noise))
    answer = get(person, resume, f"portrait.jpg?size=3x4cm&max_kb={max_kb}&dpi={100 if max_kb == 20 else 250}")
    assert answer.status_code == 200, answer.content
    assert len(answer.content) <= max_kb * 1000


@pytest.mark.parametrize(("paper", "points"), [("4x6in", [288, 432]), ("a4", [595.276, 841.89])])
def test_a_sheet_comes_as_pdf_and_as_jpeg(person, resume, paper, points):
    answer = get(person, resume, f"portrait-sheet.pdf?size=3.5x4.5cm&paper={paper}")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert unquote(answer.headers["Content-Disposition"]).endswith(f"증명사진_김하늘_3.5x4.5cm_{paper}.pdf")
    (page,) = PdfReader(io.BytesIO(answer.content)).pages
    assert sorted(float(side) for side in page.mediabox[2:]) == pytest.approx(points, abs=0.03)
    sheet = get(person, resume, f"portrait-sheet.jpg?size=3.5x4.5cm&paper={paper}")
    assert sheet.headers["Content-Type"] == "image/jpeg"
    assert picture(sheet).info["dpi"] == (300, 300)


@pytest.mark.parametrize(
    ("query", "field"), [("paper=a4", "size"), ("size=original", "size"), ("size=3x4cm&paper=a3", "paper")]
)
def test_a_wrong_sheet_is_named(person, resume, query, field):
    for kind in ("pdf", "jpg"):
        body = problem(get(person, resume, f"portrait-sheet.{kind}?{query}"), 400, "invalid")
        assert [error["field"] for error in body["errors"]] == [field]
    problem(get(person, resume, "portrait-sheet.png?size=3x4cm"), 404, "not_found")


PATHS = ["portrait.jpg?size=3x4cm", "portrait-sheet.pdf?size=3x4cm", "portrait-sheet.jpg?size=3x4cm"]


@pytest.mark.parametrize("path", PATHS)
def test_other_peoples_portraits_do_not_exist(person, other, resume, path):
    problem(get(other, resume, path), 404, "not_found")
    person.headers = {}
    problem(get(person, resume, path), 401, "not_authenticated")


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_painted_is_not_ready(person, resume, path):
    # Given a photo that is painted anew in another style, Then its old portraits are not given out
    Photo.objects.update(state=Photo.State.PAINTING)
    problem(get(person, resume, path), 409, "not_ready")
    # And neither is one whose pictures were deleted for their age, or went this moment
    Photo.objects.update(state=Photo.State.DONE)
    files.delete_folder(files.folder(Photo.objects.get().pk))
    problem(get(person, resume, path), 409, "not_ready")
    Candidate.objects.all().delete()
    problem(get(person, resume, path), 409, "not_ready")


def test_it_counts_as_a_read(person, resume, settings):
    settings.API_THROTTLE_USER = "2/min"
    answers = [get(person, resume, "portrait.jpg?size=3x4cm").status_code for _ in range(3)]
    assert answers == [200, 200, 429]


def test_the_printed_resume_shows_the_same_crop(person, resume, monkeypatch):
    # Given own clothes with a head that stands lower than usual
    face = face_at(450, 1000, 100)
    masked = masked_ellipse(face)
    photo = Photo.objects.get()
    files.save(f"{files.folder(photo.pk)}/person-1.png", encode_alpha(masked.person))
    Photo.objects.update(face=face.as_json(), chosen=4)
    ask(person, resume)
    finish_letter(resume)
    printed = []

    def render(content):
        printed.append(content)
        return b""

    monkeypatch.setattr(printing, "render", render)
    # When the PDF is made
    assert get(person, resume, "resume.pdf").status_code == 200
    # Then its window begins lower
    assert printed[0].portrait_top > 0.05


@pytest.mark.parametrize(("language", "words"), [("ko", "증명사진 파일"), ("en", "ID photo files")])
def test_the_page_offers_files_that_there_are(person, resume, language, words):
    # Given the page, Then each file that it offers is there
    page = person.client.get("/", headers={"Accept-Language": language}).content.decode()
    assert words in page
    offered = [unescape(each) for each in re.findall(r'data-file="([^"]+)"', page)]
    assert len(offered) == 4
    for path in offered:
        assert get(person, resume, path).status_code == 200
