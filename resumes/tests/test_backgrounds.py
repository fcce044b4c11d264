"""The background behind the chosen portrait: chosen by the person, served and printed, and never painted."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import default_storage

from photos import files, services
from photos.framing import BACKGROUND
from photos.models import Candidate, Photo
from photos.outpainting.backdrop import BACKGROUNDS
from photos.pictures import decode, encode_alpha, encode_jpeg
from resumes import pages
from resumes.models import Resume
from resumes.tests.test_api import problem
from workers.models import Step

pytestmark = pytest.mark.django_db(transaction=True)

SUIT = (26, 31, 47)


@pytest.fixture
def resume(person):
    """A résumé with two candidates; the figure stands in the middle."""
    made = person.resume()
    photo = Resume.objects.get(pk=made["id"]).photo
    Step.objects.filter(subject=photo.pk).update(state=Step.State.DONE)
    Photo.objects.filter(pk=photo.pk).update(state=Photo.State.DONE)
    cover = np.zeros((576, 384), np.uint8)
    cover[100:, 120:260] = 255
    portrait = np.empty((576, 384, 3), np.uint8)
    portrait[:] = BACKGROUND
    portrait[cover == 255] = SUIT
    for number in (1, 2):
        file, cover_file = (f"{files.folder(photo.pk)}/{name}" for name in (f"p-{number}.jpg", f"c-{number}.png"))
        files.save(file, encode_jpeg(portrait))
        files.save(cover_file, encode_alpha(cover))
        Candidate.objects.create(photo=photo, number=number, file=file, cover_file=cover_file, score=0.9)
    return made


def choose(person, resume, **data):
    return person.request("post", f"resumes/{resume['id']}/portrait/", data)


def colours(person, address):
    """Of the corner and of the figure's middle."""
    answer = person.client.get(address, headers=person.headers)
    assert answer.status_code == 200, answer.content
    picture = decode(answer.content)
    return picture[5, 5].astype(int), picture[400, 190].astype(int)


def near(colour, expected) -> bool:
    return bool(np.abs(colour - expected).max() <= 3)


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_a_portrait_stands_before_the_background_that_the_person_chose(person, resume, background):
    # When a candidate and a background are chosen
    answer = choose(person, resume, candidate=2, background=background).json()
    # Then both are noted, and the portrait stands before that colour
    assert (answer["photo"]["chosen"], answer["photo"]["background"]) == (2, background)
    corner, middle = colours(person, answer["photo"]["candidates"][1]["portrait_url"])
    assert near(corner, BACKGROUNDS[background])
    assert near(middle, SUIT)
    # And the candidate stays as it was painted, under its own address
    corner, _ = colours(person, answer["photo"]["candidates"][1]["url"])
    assert near(corner, BACKGROUND)
    # And no work was asked of anybody
    assert not Step.objects.exclude(state=Step.State.DONE).exists()


def test_without_a_background_the_portrait_is_the_one_that_was_painted(person, resume):
    # Given a client that has never heard of backgrounds, When it chooses
    choose(person, resume, candidate=1, background="grey")
    answer = choose(person, resume, candidate=1).json()
    # Then the promised light blue it is
    assert answer["photo"]["background"] == "light_blue"
    assert answer["photo"]["candidates"][0]["portrait_url"] == answer["photo"]["candidates"][0]["url"]


@pytest.mark.parametrize("background", ["pink", "", 5, None])
def test_an_unknown_background_is_named(person, resume, background):
    body = problem(choose(person, resume, candidate=1, background=background), 400, "invalid")
    assert [error["field"] for error in body["errors"]] == ["background"]


def test_what_is_printed_stands_before_the_chosen_background(person, resume):
    # Given a chosen background
    choose(person, resume, candidate=2, background="white")
    # When the portrait for the PDF is taken
    portrait = services.portrait(Resume.objects.get(pk=resume["id"]).photo)
    assert portrait is not None
    # Then it is that one
    assert near(decode(portrait.data)[5, 5].astype(int), (255, 255, 255))


def test_a_picture_is_made_once(person, resume, monkeypatch):
    # Given a portrait that was shown before white
    address = choose(person, resume, candidate=1, background="white").json()["photo"]["candidates"][0]["portrait_url"]
    colours(person, address)
    # When it is shown again, Then nothing is computed
    monkeypatch.setattr(services, "before", None)
    corner, _ = colours(person, address)
    assert near(corner, (255, 255, 255))


def test_what_is_not_there_is_not_found(person, other, resume):
    address = f"/api/v1/resumes/{resume['id']}/media/"
    for name in ("portrait-1-pink.jpg", "portrait-3-white.jpg", "portrait-1-.jpg", "portrait-1-white.png"):
        problem(person.client.get(address + name, headers=person.headers), 404, "not_found")
    problem(other.client.get(f"{address}portrait-1-white.jpg", headers=other.headers), 404, "not_found")
    problem(choose(person, resume, candidate=3, background="white"), 404, "not_found")


def test_where_another_style_is_refused_the_portraits_from_before_stay(person, resume):
    # Given a person with portraits who wants another suit
    asked = {"style": "black_suit"}
    assert person.request("patch", f"resumes/{resume['id']}/", asked).status_code == 200
    photo = Resume.objects.get(pk=resume["id"]).photo
    # When the image model withholds every picture of it
    services.fail(photo.pk, "filtered")
    # Then they keep what they had, and read why there is no more
    shown = person.request("get", f"resumes/{resume['id']}/").json()["photo"]
    assert (shown["state"], shown["code"], len(shown["candidates"])) == ("done", "filtered", 2)
    assert shown["detail"]
    # And may ask for the same once more
    Step.objects.filter(subject=photo.pk).update(state=Step.State.FAILED)
    again = person.request("patch", f"resumes/{resume['id']}/", asked).json()["photo"]
    assert (again["state"], again["code"]) == ("painting", None)


def test_what_was_deleted_meanwhile_does_not_come_back(person, resume, monkeypatch):
    # Given a photo whose portraits expire while another colour is made of one
    candidate = Candidate.objects.all()[0]

    def expire(*args):
        Candidate.objects.all().delete()
        return np.zeros((10, 10, 3), np.uint8)

    monkeypatch.setattr(services, "before", expire)
    # When the picture is asked for, Then there is none, and nothing is left in the store
    assert services.portrait_file(candidate, "white") is None
    assert not default_storage.exists(f"{candidate.file.removesuffix('.jpg')}-ffffff.jpg")


def test_the_swatches_show_the_true_colours():
    # Given the page's style sheet, Then each swatch has the colour that is painted, and a name
    sheet = (Path(pages.__file__).parent / "static/resumes/page.css").read_text()
    for name, colour in BACKGROUNDS.items():
        found = re.search(rf"\.swatch\.{name} {{\s*background: #([0-9a-f]+);", sheet)
        assert found, name
        shown = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
        assert shown == bytes(colour).hex()
    assert set(pages.BACKGROUND_NAMES) == set(BACKGROUNDS)


def test_a_garment_is_a_style(person):
    # Given a person who wants shirt and tie, whatever the detector takes them for
    resume = person.resume(style="charcoal_suit_shirt")
    # Then the style is theirs, and can be changed
    assert resume["style"] == "charcoal_suit_shirt"
    Photo.objects.update(state=Photo.State.DONE)
    answer = person.request("patch", f"resumes/{resume['id']}/", {"style": "charcoal_suit_blouse"})
    assert answer.json()["style"] == "charcoal_suit_blouse"
    problem(person.request("patch", f"resumes/{resume['id']}/", {"style": "own_clothes_shirt"}), 400, "invalid")
