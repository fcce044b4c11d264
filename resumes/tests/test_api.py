"""The API's tables by HTTP. No worker runs: states that work would bring are set on the rows."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from letters.models import Letter
from photos import files as photo_files
from photos import intake
from photos.models import Candidate, Photo
from resumes import services
from resumes.models import Resume
from resumes.tests.conftest import jpeg
from workers.models import Step

pytestmark = pytest.mark.django_db(transaction=True)

FACTS = {
    "job": "백엔드 개발자",
    "education": ["한국대학교 컴퓨터공학과"],
    "experiences": [{"title": "도서관 앱", "role": "팀장", "period": "2025", "action": "설계", "result": "출시"}],
    "strengths": ["꼼꼼함"],
    "weakness": "조급함",
    "motivation": "사람을 돕는 기술",
}


def problem(answer, status, code):
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["detail"]
    return body


def finish_photo(resume, candidates=3):
    photo = Resume.objects.get(pk=resume["id"]).photo
    Step.objects.filter(subject=photo.pk).update(state=Step.State.DONE)
    Photo.objects.filter(pk=photo.pk).update(state=Photo.State.DONE)
    for number in range(1, candidates + 1):
        Candidate.objects.create(photo=photo, number=number, file=photo.original_file, score=0.9)


def judge_photo(resume):
    """Three candidates as the judge left them, and a photo with advice."""
    finish_photo(resume)
    photo = Resume.objects.get(pk=resume["id"]).photo
    Photo.objects.filter(pk=photo.pk).update(advice=[{"code": "dark", "about": ""}])
    for number, rank, verdict, problems in (
        (1, 2, "dont", ["hair_lost", "halo"]),
        (2, 0, "send", []),
        (3, 1, "look", ["halo"]),
    ):
        photo.candidates.filter(number=number).update(rank=rank, verdict=verdict, problems=problems, look="navy_suit")


def finish_letter(resume):
    letter = Letter.objects.filter(document=resume["id"])[0]
    Step.objects.filter(subject=letter.pk).update(state=Step.State.DONE)
    letter.sections = [{**s, "text": f"{s['number']}번 글입니다.", "complete": True} for s in letter.sections]
    letter.state = Letter.State.DONE
    letter.save()


def ask(person, resume, company="kakao"):
    return person.request("post", f"resumes/{resume['id']}/letter/", {"company": company})


# --- creation ------------------------------------------------------------------------------------


def test_a_resume_is_made_and_its_photo_chain_planned(person):
    # When a person sends the form
    resume = person.resume(facts=json.dumps(FACTS))
    # Then the answer is the promised one
    assert resume["state"] == "needs_company"
    assert resume["profile"] == {"name": "김하늘", "phone": "010-****-5678", "mbti": "ENFP"}
    assert resume["facts"] == FACTS
    assert resume["photo"]["state"] == "queued"
    assert len(resume["recommendations"]) == 3
    assert resume["letter"] is None
    assert resume["pdf_url"] is None
    assert resume["created_at"].endswith("Z")
    # And the chain stands in rows
    kinds = Step.objects.filter(topic=resume["id"]).order_by("link").values_list("kind", flat=True)
    assert list(kinds) == ["photos.detect_face", "photos.mask_head", "photos.outpaint"]


SPELLINGS = [
    "01012345678",
    "+82 10-1234-5678",
    "010.1234.5678",
    "(010) 1234 5678",
    "０１０－１２３４－５６７８",
    "82 010 1234 5678",
]


@pytest.mark.parametrize("phone", SPELLINGS)
def test_usual_spellings_of_a_number(person, phone):
    assert person.resume(phone=phone)["profile"]["phone"] == "010-****-5678"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "가" * 41),
        ("name", None),
        ("phone", "02-123-4567"),
        ("phone", "전화"),
        ("phone", None),
        ("mbti", "ABCD"),
        ("mbti", None),
        ("consent", "false"),
        ("consent", None),
        ("language", "fr"),
        ("style", "없는 스타일"),
        ("facts", "{"),
        ("facts", "[]"),
        ("facts", '{"education": "학교"}'),
        ("facts", '{"experiences": [{"salary": "1"}]}'),
    ],
)
def test_bad_fields_are_named(person, field, value):
    body = problem(person.create(**{field: value}), 400, "invalid")
    assert [error["field"] for error in body["errors"]] == [field]
    assert not Resume.objects.exists()


def test_a_missing_photo_is_named(person):
    data = {"name": "김하늘", "phone": "01012345678", "mbti": "ENFP", "consent": "true"}
    answer = person.client.post("/api/v1/resumes/", data, headers=person.headers)
    assert [error["field"] for error in problem(answer, 400, "invalid")["errors"]] == ["photo"]


@pytest.mark.parametrize(
    ("photo", "status", "code"),
    [
        (b"hello, this is no picture", 400, "not_an_image"),
        (b"", 400, "not_an_image"),
        (jpeg()[:2000], 400, "corrupt_image"),
        (jpeg(40, 40), 400, "image_too_small"),
        (b"GIF89a" + bytes(100), 415, "unsupported_format"),
        (jpeg() + bytes(20 * 1024 * 1024), 413, "too_large"),
    ],
)
def test_pictures_that_cannot_be_used(person, photo, status, code):
    problem(person.create(photo=photo), status, code)


def test_while_no_decoder_comes_free_one_is_asked_to_come_again(person, monkeypatch):
    # Given that nobody waits, and that all decoders are taken
    monkeypatch.setattr(intake, "WAIT_SECONDS", 0)
    monkeypatch.setattr(intake, "_decoders", threading.BoundedSemaphore(1))
    with intake._decoder():
        answer = person.create()
    # Then the answer says when to come, nothing is kept, and the next is served
    problem(answer, 503, "unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert not Resume.objects.exists()
    assert person.create().status_code == 201


def test_the_embedded_command_needs_no_number(person):
    answer = person.create(phone=None, headers={"X-Client": "embedded-command"})
    assert answer.status_code == 201
    assert answer.json()["profile"]["phone"] is None


def test_english_when_asked_for(person):
    body = problem(person.create(mbti="XXXX", headers={"Accept-Language": "en"}), 400, "invalid")
    assert "MBTI" in body["errors"][0]["detail"]
    assert "적어" not in body["errors"][0]["detail"]


# --- idempotency -----------------------------------------------------------------------------------


def test_the_same_request_twice_makes_one_resume(person):
    key = {"Idempotency-Key": "k-1"}
    first, second = person.create(headers=key), person.create(headers=key)
    assert second.status_code == 201
    assert first.json()["id"] == second.json()["id"]
    assert Resume.objects.count() == 1


def test_another_body_under_the_same_key_is_refused(person):
    key = {"Idempotency-Key": "k-1"}
    person.create(headers=key)
    problem(person.create(headers=key, name="이하늘"), 422, "idempotency_mismatch")
    problem(person.create(headers=key, photo=jpeg(700, 700)), 422, "idempotency_mismatch")


def test_keys_of_two_people_do_not_meet(person, other):
    key = {"Idempotency-Key": "k-1"}
    assert person.create(headers=key).json()["id"] != other.create(headers=key).json()["id"]


def test_the_same_key_at_the_same_moment_makes_one_resume(person):
    key = {"Idempotency-Key": "k-1"}
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: person.create(headers=key), range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Photo.objects.count() == 1


# --- whose it is -----------------------------------------------------------------------------------

PATHS = [
    ("get", ""),
    ("patch", ""),
    ("delete", ""),
    ("put", "photo/"),
    ("post", "portrait/"),
    ("post", "letter/"),
    ("patch", "letter/sections/1/"),
    ("post", "letter/sections/1/regenerate/"),
    ("get", "letter/versions/"),
    ("post", "cancel/"),
    ("post", "retry/"),
    ("get", "media/original.jpg"),
    ("get", "resume.pdf"),
    ("get", "portrait.jpg"),
    ("get", "portrait-sheet.pdf"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_other_peoples_resumes_do_not_exist(person, other, method, path):
    resume = person.resume()
    problem(other.request(method, f"resumes/{resume['id']}/{path}", {}), 404, "not_found")


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nobody_gets_in_without_a_token(person, method, path):
    resume = person.resume()
    person.headers = {}
    problem(person.request(method, f"resumes/{resume['id']}/{path}", {}), 401, "not_authenticated")


def test_the_list_is_ones_own_newest_first_in_pages(person, other):
    made = [person.resume(name=f"사람 {n}")["id"] for n in range(21)]
    other.resume()
    first = person.request("get", "resumes/").json()
    assert [row["id"] for row in first["results"]] == made[::-1][:20]
    second = person.client.get(first["next"], headers=person.headers).json()
    assert [row["id"] for row in second["results"]] == made[:1]
    assert second["next"] is None


@pytest.mark.parametrize("address", ["/api/v1/resumes/", "/resumes/"])
def test_more_resumes_are_listed_by_no_more_queries(person, address):
    # Given one résumé with a photo in line, a portrait and a letter in line
    def listed():
        with CaptureQueriesContext(connection) as queries:
            answer = person.client.get(address, headers=person.headers)
        assert answer.status_code == 200
        return len(queries)

    def add():
        resume = person.resume()
        photo = Resume.objects.get(pk=resume["id"]).photo
        Candidate.objects.create(photo=photo, number=1, file=photo.original_file, score=0.9)
        person.request("post", f"resumes/{resume['id']}/letter/", {"company": "kakao"})

    person.client.force_login(get_user_model().objects.get())
    add()
    listed()
    alone = listed()
    # When there are four of them
    for _ in range(3):
        add()
    # Then the list costs the same
    assert listed() == alone


@pytest.mark.parametrize("position", ["abc", "-1", "2026-11-22", "2026-11-22 03:04:05", "0001-01-01 00:00+14:00"])
def test_a_cursor_that_was_tampered_with_is_not_found(person, position):
    cursor = b64encode(f"p={quote(position)}".encode()).decode()
    problem(person.request("get", "resumes/", {"cursor": cursor}), 404, "not_found")


# --- changes ---------------------------------------------------------------------------------------


def test_patch_changes_what_is_sent_and_nothing_else(person):
    resume = person.resume()
    answer = person.request("patch", f"resumes/{resume['id']}/", {"mbti": "istj", "facts": FACTS})
    assert answer.status_code == 200
    assert answer.json()["profile"]["mbti"] == "ISTJ"
    assert answer.json()["profile"]["name"] == "김하늘"
    assert answer.json()["facts"] == FACTS


def test_another_style_paints_anew_from_the_kept_cut_out(person):
    resume = person.resume()
    path = f"resumes/{resume['id']}/"
    problem(person.request("patch", path, {"style": "own_clothes"}), 409, "photo_in_progress")
    finish_photo(resume)
    answer = person.request("patch", path, {"style": "own_clothes"})
    assert answer.json()["photo"]["state"] == "painting"
    unfinished = Step.objects.filter(topic=resume["id"]).exclude(state=Step.State.DONE)
    assert [step.kind for step in unfinished] == ["photos.outpaint"]


def put_photo(person, resume, photo):
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

    body = encode_multipart(BOUNDARY, {"photo": SimpleUploadedFile("p.jpg", photo)})
    return person.request("put", f"resumes/{resume['id']}/photo/", body, content_type=MULTIPART_CONTENT)


def test_another_photo_replaces_the_first(person):
    resume = person.resume()
    problem(put_photo(person, resume, jpeg()), 409, "photo_in_progress")
    finish_photo(resume)
    old = Resume.objects.get(pk=resume["id"]).photo
    answer = put_photo(person, resume, jpeg(700, 900))
    assert answer.status_code == 202
    assert answer.json()["photo"]["state"] == "queued"
    assert answer.json()["photo"]["candidates"] == []
    assert not Photo.objects.filter(pk=old.pk).exists()


def test_a_portrait_is_chosen(person):
    resume = person.resume()
    path = f"resumes/{resume['id']}/portrait/"
    problem(person.request("post", path, {"candidate": 1}), 404, "not_found")
    finish_photo(resume)
    assert person.request("post", path, {"candidate": 2}).json()["photo"]["chosen"] == 2
    problem(person.request("post", path, {"candidate": "two"}), 400, "invalid")


# --- letters ---------------------------------------------------------------------------------------


def test_one_letter_at_a_time(person):
    resume = person.resume()
    # Given a letter that is being written, When the same or another company is asked for
    first = ask(person, resume)
    assert first.status_code == 202
    assert first.json()["letter"]["version"] == 1
    assert first.json()["state"] == "working"
    # Then the same is answered, the other refused
    assert ask(person, resume).status_code == 200
    problem(ask(person, resume, "naver"), 409, "letter_in_progress")
    # And when it is finished, another is a new version
    finish_letter(resume)
    assert ask(person, resume, "naver").json()["letter"]["version"] == 2


def test_unknown_company(person):
    problem(ask(person, person.resume(), "no-such-company"), 404, "not_found")


def test_edits_are_versions_and_versions_never_change(person):
    resume = person.resume()
    ask(person, resume)
    path = f"resumes/{resume['id']}/letter/"
    problem(person.request("patch", f"{path}sections/2/", {"text": "새 글"}), 409, "letter_in_progress")
    finish_letter(resume)
    answer = person.request("patch", f"{path}sections/2/", {"text": "새 글"})
    assert answer.status_code == 200
    letter = answer.json()["letter"]
    assert (letter["version"], letter["origin"], letter["state"]) == (2, "edited", "done")
    assert [section["text"] for section in letter["sections"]] == [
        "1번 글입니다.",
        "새 글",
        "3번 글입니다.",
        "4번 글입니다.",
    ]
    assert letter["sections"][1]["characters"] == 3
    versions = person.request("get", f"{path}versions/").json()
    assert [version["version"] for version in versions] == [2, 1]
    assert versions[1]["sections"][1]["text"] == "2번 글입니다."


def test_an_edit_does_not_make_half_a_letter_whole(person):
    resume = person.resume()
    ask(person, resume)
    person.request("post", f"resumes/{resume['id']}/cancel/")
    answer = person.request("patch", f"resumes/{resume['id']}/letter/sections/1/", {"text": "글"})
    problem(answer, 409, "not_ready")


def test_one_item_of_half_a_letter_is_not_written_anew_with_the_others(person, settings):
    # Given a letter of which two items were written
    settings.DAILY_RESUMES_PER_PERSON = "1/day"
    resume = person.resume()
    ask(person, resume)
    person.request("post", f"resumes/{resume['id']}/cancel/")
    letter = Letter.objects.get(document=resume["id"])
    letter.sections = [{**section, "complete": section["number"] <= 2} for section in letter.sections]
    letter.save()
    # When one item is asked for, Then not while others are missing, and nothing is counted
    path = f"resumes/{resume['id']}/letter/sections/{{}}/regenerate/"
    for number in (1, 3) * 15:
        problem(person.request("post", path.format(number)), 409, "not_ready")
    # And the last missing one is written
    letter.sections[2]["complete"] = True
    letter.save()
    assert person.request("post", path.format(4)).status_code == 202


def test_one_item_written_anew(person):
    resume = person.resume()
    ask(person, resume)
    finish_letter(resume)
    answer = person.request("post", f"resumes/{resume['id']}/letter/sections/3/regenerate/")
    assert answer.status_code == 202
    letter = answer.json()["letter"]
    assert (letter["version"], letter["origin"], letter["state"]) == (2, "regenerated", "queued")
    assert [bool(section["text"]) for section in letter["sections"]] == [True, True, False, True]


def test_items_are_one_to_four(person):
    resume = person.resume()
    ask(person, resume)
    finish_letter(resume)
    for number in (0, 5, "x"):
        answer = person.request("patch", f"resumes/{resume['id']}/letter/sections/{number}/", {"text": "글"})
        problem(answer, 404, "not_found")


def test_cancel_and_retry(person):
    resume = person.resume()
    ask(person, resume)
    cancelled = person.request("post", f"resumes/{resume['id']}/cancel/")
    assert cancelled.status_code == 202
    assert cancelled.json()["letter"]["state"] == "cancelled"
    assert cancelled.json()["photo"]["state"] == "failed"
    assert cancelled.json()["state"] == "failed"
    retried = person.request("post", f"resumes/{resume['id']}/retry/")
    assert retried.status_code == 202
    assert retried.json()["letter"]["state"] == "queued"
    assert retried.json()["photo"]["state"] == "queued"


def states(answer):
    assert answer.status_code == 202, answer.content
    return answer.json()["letter"]["state"], answer.json()["photo"]["state"]


def test_one_part_is_stopped_and_taken_up_without_the_other(person):
    # Given a photo and a letter under way
    resume = person.resume()
    ask(person, resume)
    cancel, retry = (f"resumes/{resume['id']}/{word}/" for word in ("cancel", "retry"))
    # When one is stopped, Then the other goes on
    assert states(person.request("post", cancel, {"what": "letter"})) == ("cancelled", "queued")
    assert states(person.request("post", cancel, {"what": "photo"})) == ("cancelled", "failed")
    # And each is taken up by itself
    assert states(person.request("post", retry, {"what": "photo"})) == ("cancelled", "queued")
    assert states(person.request("post", retry, {"what": "letter"})) == ("queued", "queued")
    # And an empty body is about both
    assert states(person.request("post", cancel, {})) == ("cancelled", "failed")
    assert states(person.request("post", retry, {})) == ("queued", "queued")


def test_a_letter_that_was_stopped_is_not_taken_up_for_a_failed_photo(person):
    # Given a letter that the person stopped, and a photo that failed since
    resume = person.resume()
    ask(person, resume)
    person.request("post", f"resumes/{resume['id']}/cancel/", {"what": "letter"})
    Step.objects.filter(subject=Resume.objects.get().photo_id).update(state=Step.State.FAILED)
    Photo.objects.update(state=Photo.State.FAILED, code="failed")
    # When the failure is tried again, Then it alone
    retry = f"resumes/{resume['id']}/retry/"
    assert states(person.request("post", retry)) == ("cancelled", "queued")
    # And where nothing has failed, the letter is meant
    assert states(person.request("post", retry)) == ("queued", "queued")


@pytest.mark.parametrize("what", ["pdf", "", None, 1, "\ud800"])
@pytest.mark.parametrize("word", ["cancel", "retry"])
def test_nobody_stops_or_takes_up_what_there_is_not(person, word, what):
    resume = person.resume()
    body = problem(person.request("post", f"resumes/{resume['id']}/{word}/", {"what": what}), 400, "invalid")
    assert [error["field"] for error in body["errors"]] == ["what"]
    assert person.request("get", f"resumes/{resume['id']}/").json()["photo"]["state"] == "queued"


# --- results ---------------------------------------------------------------------------------------


def test_state_is_done_when_photo_and_letter_are(person):
    resume = person.resume()
    problem(person.request("get", f"resumes/{resume['id']}/resume.pdf"), 409, "not_ready")
    finish_photo(resume)
    ask(person, resume)
    finish_letter(resume)
    done = person.request("get", f"resumes/{resume['id']}/").json()
    assert done["state"] == "done"
    assert done["pdf_url"] == f"/api/v1/resumes/{resume['id']}/resume.pdf"


def test_a_refused_photo_asks_for_another_in_the_persons_language(person):
    resume = person.resume()
    Photo.objects.update(state=Photo.State.REJECTED, code="no_face")
    korean = person.request("get", f"resumes/{resume['id']}/").json()
    english = person.request("get", f"resumes/{resume['id']}/", headers={"Accept-Language": "en"}).json()
    assert korean["state"] == english["state"] == "needs_photo"
    assert korean["photo"]["code"] == "no_face"
    assert korean["photo"]["detail"] != english["photo"]["detail"]


@pytest.mark.parametrize("accept", ["application/pdf", "image/png", "image/*", "text/html", "*/*"])
def test_files_are_what_they_are_whatever_is_accepted(person, accept):
    resume = person.resume()
    headers = {"Accept": accept}
    picture = person.request("get", f"resumes/{resume['id']}/media/original.jpg", headers=headers)
    assert picture.headers["Content-Type"] == "image/jpeg"
    problem(person.request("get", f"resumes/{resume['id']}/resume.pdf", headers=headers), 409, "not_ready")


@pytest.mark.parametrize(
    ("path", "field", "body"),
    [("", "language", {"language": "\ud800"}), ("portrait/", "background", {"candidate": 1, "background": "\ud800"})],
)
def test_a_choice_that_cannot_even_be_written_is_named(person, path, field, body):
    method = "post" if path else "patch"
    answer = person.request(method, f"resumes/{person.resume()['id']}/{path}", body)
    assert [error["field"] for error in problem(answer, 400, "invalid")["errors"]] == [field]


@pytest.mark.parametrize("facts", ['{"job": "\\ud800"}', '{"\\ud800": 1}', "[" * 100_000])
def test_hostile_facts_are_refused_and_harm_nothing(person, facts):
    resume = person.resume()
    body = f'{{"facts": {facts}}}' if facts.startswith("{") else facts
    answer = person.request("patch", f"resumes/{resume['id']}/", body, content_type="application/json")
    problem(answer, 400, "invalid")
    assert person.request("get", f"resumes/{resume['id']}/").status_code == 200


def test_media_are_served_to_the_owner(person):
    resume = person.resume()
    finish_photo(resume)
    original = person.request("get", f"resumes/{resume['id']}/media/original.jpg")
    assert original.headers["Content-Type"] == "image/jpeg"
    assert original.content.startswith(b"\xff\xd8")
    assert person.request("get", f"resumes/{resume['id']}/media/portrait-2.jpg").status_code == 200
    for name in ("mask.png", "portrait-9.jpg", "secrets.txt", f"portrait-{'9' * 5000}.jpg"):
        problem(person.request("get", f"resumes/{resume['id']}/media/{name}"), 404, "not_found")


def test_a_resume_that_is_deleted_while_it_is_read_is_not_found(person, monkeypatch):
    # Given a résumé that is deleted between its change and the answer
    path = f"resumes/{person.resume()['id']}/"
    monkeypatch.setattr(services, "change", lambda *_: Client().delete(f"/api/v1/{path}", headers=person.headers))
    # When it is changed, Then it is not there
    problem(person.request("patch", path, {"mbti": "ISTJ"}), 404, "not_found")


def test_a_picture_that_goes_while_it_is_read_is_not_found(person, monkeypatch):
    # Given a finished résumé whose pictures go away after they were looked for
    resume = person.resume()
    finish_photo(resume)
    ask(person, resume)
    finish_letter(resume)

    def gone(name):
        raise FileNotFoundError(name)

    monkeypatch.setattr(photo_files, "load", gone)
    # When they are read, Then the picture is not found, and the PDF not ready
    path = f"resumes/{resume['id']}/"
    problem(person.request("get", f"{path}media/original.jpg"), 404, "not_found")
    problem(person.request("get", f"{path}resume.pdf"), 409, "not_ready")


def test_deleting_takes_everything(person, settings):
    resume = person.resume()
    ask(person, resume)
    assert person.request("delete", f"resumes/{resume['id']}/").status_code == 204
    problem(person.request("get", f"resumes/{resume['id']}/"), 404, "not_found")
    assert not Photo.objects.exists()
    assert not Letter.objects.exists()
    assert not Step.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


# --- limits ----------------------------------------------------------------------------------------


def test_resumes_per_person_and_day(person, settings):
    settings.DAILY_RESUMES_PER_PERSON = "2/day"
    person.resume()
    person.resume()
    answer = person.create()
    problem(answer, 429, "throttled")
    assert int(answer.headers["Retry-After"]) > 0


def test_letters_per_person_and_day(person, settings):
    settings.DAILY_RESUMES_PER_PERSON = "1/day"
    resume = person.resume()
    for _ in range(20):
        assert ask(person, resume).status_code == 202
        # Asking again for what is being written costs nothing
        assert ask(person, resume).status_code == 200
        finish_letter(resume)
    problem(ask(person, resume), 429, "throttled")


def test_operators_see_states_and_no_names(person, admin_client):
    # Given a résumé with a letter
    resume = person.resume(name="비밀이름")
    ask(person, resume)
    # When an operator opens the lists and the timeline
    for path in ("resumes/resume/", f"resumes/resume/{resume['id']}/change/", "workers/step/", "workers/attempt/"):
        page = admin_client.get(f"/admin/{path}")
        # Then they are there, without what is the person's own
        assert page.status_code == 200
        assert "비밀이름" not in page.content.decode()
        assert "1234-5678" not in page.content.decode()


def test_the_schema_is_complete(person):
    answer = person.client.get("/api/schema/", headers={"Accept": "application/json"})
    paths = answer.json()["paths"]
    assert "/api/v1/resumes/{resume_id}/events/" in paths
    assert "/api/v1/companies/recommendations/" in paths


# --- what the judge says --------------------------------------------------------------------------


def test_candidates_come_best_first_with_verdict_and_reasons_in_the_readers_language(person):
    # Given a photo whose first candidate is spoiled
    resume = person.resume()
    judge_photo(resume)
    # When it is asked for in both languages
    korean, english = (
        person.request("get", f"resumes/{resume['id']}/", headers={"Accept-Language": language}).json()["photo"]
        for language in ("ko", "en")
    )
    # Then the order is the rank, the numbers are names, and each reason is a sentence
    assert [each["number"] for each in korean["candidates"]] == [2, 3, 1]
    assert [each["verdict"] for each in korean["candidates"]] == ["send", "look", "dont"]
    assert [each["look"] for each in korean["candidates"]] == ["navy_suit"] * 3
    assert korean["candidates"][2]["reasons"] == [
        {"code": "hair_lost", "detail": "머리카락 일부가 잘려 나갔습니다."},
        {"code": "halo", "detail": "머리 둘레에 다른 색 테가 보입니다."},
    ]
    assert english["candidates"][1]["reasons"] == [
        {"code": "halo", "detail": "A rim of another colour runs around the head."}
    ]
    assert english["advice"][0]["code"] == "dark"
    assert english["advice"][0]["detail"].startswith("The face is dark.")


def test_the_portrait_that_stands_for_the_person_is_the_best_one(person):
    from photos.services import portrait

    # Given candidates of which the second is the best, and nothing chosen
    resume = person.resume()
    judge_photo(resume)
    photo = Resume.objects.get(pk=resume["id"]).photo
    for each in photo.candidates.all():
        Candidate.objects.filter(pk=each.pk).update(file=f"photos/{photo.pk}/{each.number}.jpg")
        photo_files.save(f"photos/{photo.pk}/{each.number}.jpg", str(each.number).encode())
    # Then that is the one for the PDF, until the person chooses
    best = portrait(photo)
    photo.chosen = 1
    chosen = portrait(photo)
    assert best
    assert chosen
    assert (best.data, chosen.data) == (b"2", b"1")
