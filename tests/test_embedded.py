"""The embedded world as an outsider meets it: real processes, real models, real signals."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from pypdf import PdfReader

from tests.applicant import PICTURES, PORTRAIT, Applicant, Reader
from tests.conftest import SILENCE
from tests.polling import wait_until
from tests.stack import Stack

pytestmark = pytest.mark.processes

WITHIN = 150
"""Seconds in which a résumé must finish after a process was killed."""
TOLD_WITHIN = SILENCE + 10
"""Seconds in which a frozen worker must be told. The default silence of 20 makes it the promised 30."""
OPERATIONS = "/admin/workers/step/operations/"


def finish(applicant: Applicant, reader: Reader, resume_id: str, version: int = 1) -> dict:
    """Wait for `done`; the reader's text must be the stored one."""
    reader.wait_for_event("done", WITHIN, letter_version=version)
    resume = applicant.get(resume_id)
    stored = [section["text"] for section in resume["letter"]["sections"]]
    assert reader.letter_texts(version) == stored
    assert all(stored)
    assert resume["state"] == "done"
    return resume


def first_company(resume: dict) -> str:
    return resume["recommendations"][0]["company"]["slug"]


def artifacts(stack: Stack, resume_id: str) -> list[str]:
    """Kinds of the stored artifacts of a résumé's photo."""
    query = "select kind from workers_artifact where subject in (select photo_id from resumes_resume where id = ?)"
    return sorted(kind for (kind,) in stack.rows(query, resume_id))


def photo_ids(stack: Stack) -> list[str]:
    return [photo_id for (photo_id,) in stack.rows("select id from photos_photo")]


def attempts(stack: Stack, resume_id: str, kind: str) -> list[str]:
    """Outcomes of every try of a step kind, in order."""
    query = (
        "select outcome from workers_attempt join workers_step on workers_step.id = step_id"
        " where topic = ? and kind = ? order by workers_attempt.id"
    )
    return [outcome for (outcome,) in stack.rows(query, resume_id, kind)]


def test_a_resume_from_photo_to_pdf(running_stack: Stack, applicant: Applicant):
    # Given a person who sends a photo and watches
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        # When they choose the first company
        assert applicant.ask_letter(resume["id"], first_company(resume)).status_code == 202
        done = finish(applicant, reader, resume["id"])
    # Then three portraits in suits and one in their own clothes stand ready
    assert sorted(candidate["number"] for candidate in done["photo"]["candidates"]) == [1, 2, 3, 4]
    for candidate in done["photo"]["candidates"]:
        picture = Image.open(io.BytesIO(applicant.http.get(candidate["url"]).content))
        assert picture.size == (768, 1152)
        assert (candidate["verdict"] == "send") == (candidate["reasons"] == [])
    # And the best stands first, and is good enough to be looked at
    verdicts = [candidate["verdict"] for candidate in done["photo"]["candidates"]]
    assert verdicts == sorted(verdicts, key=("send", "look", "dont").index)
    assert verdicts[0] != "dont"
    # And the person was told that this face is small
    assert [each["code"] for each in done["photo"]["advice"]] == ["low_resolution"]
    assert applicant.http.get(done["photo"]["mask_url"]).headers["content-type"] == "image/png"
    # And a letter of four items that name the company
    sections = done["letter"]["sections"]
    assert [section["number"] for section in sections] == [1, 2, 3, 4]
    assert all(700 <= section["characters"] <= 1000 for section in sections)
    assert done["letter"]["company"]["name"] in sections[0]["text"]
    # And a PDF with the text and the photo
    pdf = PdfReader(io.BytesIO(applicant.http.get(done["pdf_url"]).content))
    text = "".join(page.extract_text() for page in pdf.pages)
    assert "".join(sections[0]["text"].split())[:40] in "".join(text.split())
    assert any(page.images for page in pdf.pages)


def test_events_come_in_the_promised_order(applicant: Applicant):
    # Given a photo that waits behind another, so that its reader is there before anything happens
    applicant.create(PORTRAIT)
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        reader.wait_for_event("snapshot")
        applicant.ask_letter(resume["id"], "kakao")
        finish(applicant, reader, resume["id"])
        names = reader.names()
        assert names[0] == "snapshot"
        for earlier, later in [
            ("photo.face", "photo.mask"),
            ("photo.mask", "photo.candidate"),
            ("photo.candidate", "done"),
            ("letter.section", "done"),
        ]:
            assert names.index(earlier) < names.index(later)
        assert reader.has("photo.state", state="done")
        assert reader.has("letter.state", state="done", version=1)
        titles = [data["title"] for name, data in reader.events if name == "letter.section"]
        # A snapshot that is read when the first item has begun shows it instead of the event.
        expected = ["지원동기", "성장과정", "프로젝트 경험", "성격의 장단점"]
        assert titles in (expected, expected[1:])
        if titles != expected:
            letters = [data["letter"] for name, data in reader.events if name == "snapshot" and data["letter"]]
            assert any(letter["sections"][0]["text"] for letter in letters)


def test_resuming_from_any_place_gives_the_same_text(applicant: Applicant):
    # Given a finished letter and a reader who saw it all
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        applicant.ask_letter(resume["id"], "kakao")
        finish(applicant, reader, resume["id"])
    # When another connects now
    with applicant.watch(resume["id"]) as late:
        late.wait_for_event("snapshot")
        # Then a snapshot gives it everything
        assert late.letter_texts(1) == reader.letter_texts(1)


def test_a_cat_is_refused_and_a_good_photo_follows(applicant: Applicant):
    # Given a cat
    resume = applicant.create(PICTURES / "cat.jpg")
    with applicant.watch(resume["id"]) as reader:
        # Then it is refused with a sentence
        reader.wait_for_event("photo.state", state="rejected", code="no_face")
        refused = applicant.get(resume["id"])
        assert refused["state"] == "needs_photo"
        assert refused["photo"]["detail"]
        # When a person follows
        files = {"photo": ("me.jpg", PORTRAIT.read_bytes())}
        assert applicant.http.put(f"/api/v1/resumes/{resume['id']}/photo/", files=files).status_code == 202
        # Then it is painted
        reader.wait_for_event("photo.state", state="done")
        assert applicant.get(resume["id"])["photo"]["candidates"]


def test_hostile_text_holds_neither_worker_nor_web(applicant: Applicant):
    # Given facts and a letter's item that could be read in very many ways
    hostile = "카카오" + "이고" * 400 + "힣"
    facts = {"job": hostile, "motivation": hostile, "strengths": [hostile], "weakness": f"ENFP{' ' * 700}x"}
    resume = applicant.create(PORTRAIT, facts=json.dumps(facts))
    path = f"/api/v1/resumes/{resume['id']}/letter/sections/1/"
    with applicant.watch(resume["id"]) as reader:
        # When a letter is asked for, Then it is written and checked
        applicant.ask_letter(resume["id"], "kakao")
        finish(applicant, reader, resume["id"])
    # When an item is edited, Then the answer comes within a second or so, and the web process goes on
    answer = applicant.http.patch(path, json={"text": hostile}, timeout=5)
    assert answer.status_code == 200
    assert applicant.http.get("/healthz", timeout=1).status_code == 200


def test_one_item_anew_and_an_edit(applicant: Applicant):
    resume = applicant.create(PORTRAIT)
    path = f"/api/v1/resumes/{resume['id']}/letter/sections"
    with applicant.watch(resume["id"]) as reader:
        applicant.ask_letter(resume["id"], "kakao")
        first = finish(applicant, reader, resume["id"])
        # When one item is written anew
        assert applicant.http.post(f"{path}/3/regenerate/").status_code == 202
        second = finish(applicant, reader, resume["id"], version=2)
        texts = [[section["text"] for section in each["letter"]["sections"]] for each in (first, second)]
        # Then that one alone is another
        assert [a == b for a, b in zip(*texts, strict=True)] == [True, True, False, True]
        # And an edit is told to whoever watches
        applicant.http.patch(f"{path}/1/", json={"text": "제 글입니다."})
        reader.wait_for(lambda r: r.texts.get((3, 1)) == "제 글입니다.")


def test_cancelling_keeps_what_was_written(applicant: Applicant):
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        reader.wait_for_event("photo.state", state="done")
        applicant.ask_letter(resume["id"], "kakao")
        reader.wait_for_event("letter.section", section=2)
        applicant.http.post(f"/api/v1/resumes/{resume['id']}/cancel/")
        reader.wait_for_event("letter.state", state="cancelled")
        # And it can be taken up again
        applicant.http.post(f"/api/v1/resumes/{resume['id']}/retry/")
        finish(applicant, reader, resume["id"])


def test_a_deleted_resume_ends_its_stream(applicant: Applicant):
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        reader.wait_for_event("snapshot")
        applicant.http.delete(f"/api/v1/resumes/{resume['id']}/")
        reader.wait_for_event("deleted")


def test_deleting_in_mid_photo_leaves_no_picture(running_stack: Stack, applicant: Applicant):
    # Given a photo whose head is being cut out
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        reader.wait_for(lambda r: r.has("photo.state", state="masking") or _shown(r, "masking"))
        # When everything is deleted
        assert applicant.http.delete(f"/api/v1/resumes/{resume['id']}/").status_code == 204
        reader.wait_for_event("deleted")
    # Then, once the worker has gone on to the next one, every folder of pictures has its row
    following = applicant.create(PORTRAIT)
    with applicant.watch(following["id"]) as reader:
        reader.wait_for(lambda r: r.has("photo.state", state="done") or _shown(r, "done"))
    folders = {path.name for path in (running_stack.folder / "media" / "photos").iterdir()}
    assert folders == set(photo_ids(running_stack))


def test_another_company_right_after_cancelling(applicant: Applicant):
    # Given a letter that is cancelled, and one for another company asked for at once
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        reader.wait_for(lambda r: r.has("photo.state", state="done") or _shown(r, "done"))
        applicant.ask_letter(resume["id"], "kakao")
        reader.wait_for(lambda r: len(r.texts.get((1, 2), "")) > 50)
        applicant.http.post(f"/api/v1/resumes/{resume['id']}/cancel/")
        assert applicant.ask_letter(resume["id"], "naver").status_code == 202
        finish(applicant, reader, resume["id"], version=2)
        # Then the first version's text, too, is what the reader was told
        versions = applicant.http.get(f"/api/v1/resumes/{resume['id']}/letter/versions/").json()
        assert reader.letter_texts(1) == [section["text"] for section in versions[1]["sections"]]


def test_people_at_once_are_not_mixed_up(running_stack: Stack):
    # Given five people with résumés of their own at the same time
    def make(number: int) -> tuple[str, dict]:
        applicant = Applicant(running_stack.web)
        slug = ("kakao", "naver", "posco", "kia", "emart")[number]
        resume = applicant.create(PORTRAIT, name=f"사람{number}")
        with applicant.watch(resume["id"]) as reader:
            applicant.ask_letter(resume["id"], slug)
            return slug, finish(applicant, reader, resume["id"])

    with ThreadPoolExecutor(5) as people:
        made = list(people.map(make, range(5)))
    # Then each has their own
    for number, (slug, resume) in enumerate(made):
        assert resume["profile"]["name"] == f"사람{number}"
        assert resume["letter"]["company"]["slug"] == slug
        assert resume["letter"]["company"]["name"] in resume["letter"]["sections"][0]["text"]


# --- signals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["detecting", "masking", "painting"])
def test_the_photo_worker_killed_in_a_step(running_stack: Stack, applicant: Applicant, state: str):
    # Given a photo in this step
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        applicant.ask_letter(resume["id"], "kakao")
        reader.wait_for(lambda r: r.has("photo.state", state=state) or _shown(r, state))
        # When its worker is killed
        old = running_stack.kill("photos")
        running_stack.wait_for_restart("photos", old)
        # Then the résumé is finished all the same, and nothing that was stored is made again
        finish(applicant, reader, resume["id"])
    # Suits and own clothes are painted apart.
    kinds = ["photos.detect_face", "photos.mask_head", "photos.outpaint", "photos.outpaint"]
    assert artifacts(running_stack, resume["id"]) == kinds


def _shown(reader: Reader, state: str) -> bool:
    return any(name == "snapshot" and data["photo"]["state"] == state for name, data in reader.events)


def test_the_letter_worker_killed_while_writing(running_stack: Stack, applicant: Applicant):
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        applicant.ask_letter(resume["id"], "kakao")
        reader.wait_for(lambda r: len(r.texts.get((1, 2), "")) > 300)
        first_item = reader.texts[1, 1]
        old = running_stack.kill("letters")
        running_stack.wait_for_restart("letters", old)
        finish(applicant, reader, resume["id"])
        # What had been written to the end was kept
        assert reader.texts[1, 1] == first_item
        assert not reader.has("letter.reset", section=1)


def test_the_letter_worker_stopped_while_writing(running_stack: Stack, applicant: Applicant):
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        reader.wait_for(lambda r: r.has("photo.state", state="done") or _shown(r, "done"))
        applicant.ask_letter(resume["id"], "kakao")
        reader.wait_for(lambda r: len(r.texts.get((1, 2), "")) > 50)
        # When it is asked to stop, Then it gives the letter back at once and another goes on
        old = running_stack.stop("letters")
        running_stack.wait_for_restart("letters", old)
        finish(applicant, reader, resume["id"])
        outcomes = attempts(running_stack, resume["id"], "letters.write")
        assert outcomes[-1] == "done"
        assert set(outcomes[:-1]) == {"handed_back"}


def test_redis_killed_while_writing(running_stack: Stack, applicant: Applicant):
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        applicant.ask_letter(resume["id"], "kakao")
        reader.wait_for(lambda r: len(r.texts.get((1, 2), "")) > 50)
        old = running_stack.kill("redis")
        running_stack.wait_for_restart("redis", old)
        finish(applicant, reader, resume["id"])


def test_redis_killed_in_the_last_step_of_all(running_stack: Stack, applicant: Applicant):
    # Given a finished résumé that is painted in another style
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        applicant.ask_letter(resume["id"], "kakao")
        finish(applicant, reader, resume["id"])
        seen = len(reader.events)
        applicant.http.patch(f"/api/v1/resumes/{resume['id']}/", json={"style": "black_suit"})
        # When Redis dies before the last news could be told
        reader.wait_for(lambda r: "painting" in str(r.events[seen:]))
        old = running_stack.kill("redis")
        running_stack.wait_for_restart("redis", old)
        # Then whoever watches learns all the same that it is finished
        reader.wait_for(lambda r: any(name == "done" for name, _ in r.events[seen:]), WITHIN)


def test_redis_emptied_while_writing(running_stack: Stack, applicant: Applicant):
    import redis

    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        applicant.ask_letter(resume["id"], "kakao")
        reader.wait_for(lambda r: len(r.texts.get((1, 2), "")) > 50)
        redis.Redis.from_url(running_stack.redis_url).flushall()
        # Somebody who connects only now is told the same
        with applicant.watch(resume["id"]) as late:
            finish(applicant, reader, resume["id"])
            finish(applicant, late, resume["id"])


def test_the_web_process_killed_while_writing(running_stack: Stack, applicant: Applicant):
    resume = applicant.create(PORTRAIT)
    with applicant.watch(resume["id"]) as reader:
        applicant.ask_letter(resume["id"], "kakao")
        reader.wait_for(lambda r: len(r.texts.get((1, 2), "")) > 50)
        old = running_stack.kill("web")
        running_stack.wait_for_restart("web", old)
        finish(applicant, reader, resume["id"])
        assert reader.connections > 1


@pytest.fixture
def operator(running_stack: Stack) -> httpx.Client:
    """Staff, signed in."""
    client = httpx.Client(base_url=running_stack.web)
    account = {"email": "night@example.com", "password": "a long night at work"}
    client.post("/api/v1/auth/register/", json=account).raise_for_status()
    running_stack.database.change(
        "update accounts_user set is_staff = 1, is_superuser = 1 where email = ?", account["email"]
    )
    return client


def degraded(stack: Stack) -> list[str]:
    answer = httpx.get(f"{stack.web}/readyz")
    assert answer.status_code == 200, "a load balancer would take the web away"
    return answer.json()["degraded"]


def workers_up(stack: Stack) -> dict[str, float]:
    families = text_string_to_metric_families(httpx.get(f"{stack.web}/metrics").text)
    samples = (sample for family in families for sample in family.samples)
    return {sample.labels["queue"]: sample.value for sample in samples if sample.name == "ai_resume_worker_up"}


def wait_for_a_worker(reader: Reader, event: str) -> None:
    """Until the stream says that the work waits for a worker."""

    def told(reader: Reader) -> bool:
        places = [data["waiting"] for name, data in reader.events if name == event]
        return any(place and place["reason"] == "no_worker" and place["seconds"] is None for place in places)

    reader.wait_for(told, TOLD_WITHIN)


def test_frozen_workers_are_told_everywhere_and_the_work_ends_once_when_they_are_back(
    running_stack: Stack, applicant: Applicant, operator: httpx.Client
):
    # Given workers that live
    wait_until(lambda: workers_up(running_stack) == {"photos": 1, "letters": 1, "default": 1}, TOLD_WITHIN)
    assert degraded(running_stack) == []
    with ExitStack() as frozen:
        # When the only photo worker is frozen, and somebody sends a photo and watches
        frozen.enter_context(running_stack.frozen("photos"))
        resume = applicant.create()
        reader = applicant.watch(resume["id"])
        wait_for_a_worker(reader, "photo.state")
        # Then page, load balancer, alert and operators say so, and no other queue is suspected
        photo = applicant.get(resume["id"])["photo"]
        assert photo["waiting"] == {"position": 1, "seconds": None, "reason": "no_worker"}
        assert "저절로 이어집니다" in photo["detail"]
        assert degraded(running_stack) == ["photos"]
        assert workers_up(running_stack) == {"photos": 0, "letters": 1, "default": 1}
        assert "photos: 살아 있는 작업자가 없습니다." in operator.get(OPERATIONS).text
        # When the letter worker is frozen too, in the middle of a letter, and no worker is left that could tell
        slug = resume["recommendations"][0]["company"]["slug"]
        assert applicant.ask_letter(resume["id"], slug).status_code == 202
        reader.wait_for_event("letter.delta")
        frozen.enter_context(running_stack.frozen("letters"))
        # Then the reader is told of the letter that was begun, and all queues are named
        wait_for_a_worker(reader, "letter.state")
        assert degraded(running_stack) == ["default", "letters", "photos"]
    # When both are back
    with reader:
        # Then the work ends, each step once, and the text is whole
        finish(applicant, reader, resume["id"])
    ended = "select kind, count(*) from workers_attempt join workers_step on workers_step.id = step_id"
    ended += " where topic = ? and outcome = 'done' group by kind"
    assert set(dict(running_stack.rows(ended, resume["id"])).values()) == {1}
    # And all is green by itself
    wait_until(lambda: degraded(running_stack) == [] and set(workers_up(running_stack).values()) == {1}, TOLD_WITHIN)
    assert "살아 있는 작업자가 없습니다." not in operator.get(OPERATIONS).text
