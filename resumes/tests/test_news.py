"""What those who watch are told is true in the end, whoever tells it at the same moment."""

from __future__ import annotations

import json

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from letters.models import Letter
from photos.models import Photo
from resumes import news, presentation, stream
from resumes.models import Resume
from resumes.tests.test_api import ask, finish_letter, finish_photo
from workers.engine import liveness
from workers.engine.waiting import waiting_of_each
from workers.events.feed import Feed, Subscription
from workers.models import Step
from workers.signals import step_ended, still_working

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_photo_that_ends_while_the_news_is_told_is_not_said_to_go_on(person, monkeypatch):
    # Given a watched photo that is being painted
    resume = Resume.objects.get(pk=person.resume()["id"])
    photos = Photo.objects.filter(pk=resume.photo_id)
    photos.update(state=Photo.State.PAINTING)
    told: list[str] = []
    monkeypatch.setattr(news, "tell", lambda _, name, data: told.append(data["state"]))

    # When it ends, and that is told, between the news' reading and telling
    def meanwhile(subjects):
        photos.update(state=Photo.State.DONE)
        told.append("done")
        return waiting_of_each(subjects)

    monkeypatch.setattr(news, "waiting_of_each", meanwhile)
    still_working.send(sender=None, topics=[resume.pk])
    # Then the last word is the truth
    assert told[-1] == "done"


def test_who_was_told_that_a_letter_waits_for_a_worker_is_told_when_it_goes_on(person, monkeypatch):
    # Given a watched letter that was begun by a worker that was away and is back
    resume = person.resume()
    ask(person, resume)
    Letter.objects.update(state=Letter.State.WRITING)
    Step.objects.filter(queue="letters", link=0).update(state=Step.State.RUNNING)
    liveness.report(["letters"])
    told: list[tuple[str, dict]] = []
    monkeypatch.setattr(news, "tell", lambda _, name, data: told.append((name, data)))
    # When the news is told
    still_working.send(sender=None, topics=[resume["id"]])
    # Then the letter no longer waits
    (letter,) = [data for name, data in told if name == "letter.state"]
    assert (letter["state"], letter["waiting"], letter["detail"]) == ("writing", None, None)


class Reader:
    """Who follows a résumé's log, without the server around them."""

    def __init__(self, resume_id: str) -> None:
        self.resume_id = resume_id
        self.events: list[tuple[str, dict]] = []
        self.client = stream._Client(resume_id, "ko", Subscription(), self._hear)

    async def _hear(self, message: dict) -> None:
        _, name, data = message["body"].decode().splitlines()[:3]
        self.events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))

    async def connect(self) -> None:
        await self.client._send_snapshot()

    async def catch_up(self, feed: Feed) -> None:
        for entry in await feed.log(self.resume_id):
            await self.client._send_entry(entry)


def test_who_was_told_of_the_end_is_told_again_after_an_edit(person, monkeypatch):
    # Given somebody who follows a finished résumé, and somebody who follows one whose photo is still made
    finished, unfinished = (person.resume() for _ in range(2))
    finish_photo(finished)
    for resume in (finished, unfinished):
        ask(person, resume)
        finish_letter(resume)
    readers = [Reader(resume["id"]) for resume in (finished, unfinished)]

    def edit(text: str) -> None:
        for resume in (finished, unfinished):
            path = f"resumes/{resume['id']}/letter/sections/1/"
            assert person.request("patch", path, {"text": text}).status_code == 200

    # When an item is edited twice
    async def follow() -> None:
        feed = Feed()
        monkeypatch.setattr(stream, "feed", feed)
        for reader in readers:
            await reader.connect()
        for text in ("하나", "둘"):
            await sync_to_async(edit)(text)
            for reader in readers:
                await reader.catch_up(feed)
        await feed._logs.aclose()

    async_to_sync(follow)()
    # Then the first is shown each version and told once that it is the finished one; the other is not
    told, untold = ([event for event in reader.events if event[0] in ("snapshot", "done")] for reader in readers)
    assert [name for name, _ in told] == ["snapshot", *["snapshot", "done"] * 2]
    assert [data["letter_version"] for name, data in told if name == "done"] == [2, 3]
    assert [data["letter"]["version"] for name, data in told if name == "snapshot"] == [1, 2, 3]
    assert [name for name, _ in untold] == ["snapshot"] * 3


def test_advice_and_verdicts_are_told_in_the_language_of_who_reads(person, monkeypatch):
    # Given somebody who reads a Korean résumé's log in English
    resume = Resume.objects.get(pk=person.resume()["id"])
    reader = Reader(resume.pk)
    reader.client.language = "en"
    advice = [{"code": "no_good_portrait", "about": "hair_lost"}]
    candidate = {"number": 1, "url": "u", "verdict": "dont", "reasons": presentation.reasons_json(["halo"], "ko")}

    async def hear() -> None:
        await reader.client._send_event("1-0", "photo.advice", {"advice": advice})
        await reader.client._send_event("2-0", "photo.candidate", candidate)

    # When they are told
    async_to_sync(hear)()
    # Then every sentence is English, and nothing but code and sentence is sent
    (_, told), (_, judged) = reader.events
    assert [set(each) for each in told["advice"]] == [{"code", "detail"}]
    assert told["advice"][0]["detail"].startswith("Part of the hair is missing.")
    assert judged["reasons"] == [{"code": "halo", "detail": "A rim of another colour runs around the head."}]


def test_a_step_that_ends_tells_the_photos_advice(person, monkeypatch):
    # Given a photo of which the detector said that it is dark
    resume = Resume.objects.get(pk=person.resume()["id"])
    Photo.objects.filter(pk=resume.photo_id).update(advice=[{"code": "dark", "about": ""}])
    told: list[tuple[str, dict]] = []
    monkeypatch.setattr(news, "tell", lambda _, name, data: told.append((name, data)))
    step = Step.objects.get(subject=resume.photo_id, kind="photos.detect_face")
    step.state = Step.State.DONE
    # When that step ends
    step_ended.send(sender=Step, step=step)
    # Then it is told at once, before anything is painted
    assert ("photo.advice", {"advice": [{"code": "dark", "about": ""}]}) in told
