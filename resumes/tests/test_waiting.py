"""What who waits is told, by GET and by the event stream, in their language."""

from __future__ import annotations

import json

import pytest
from asgiref.sync import async_to_sync

from photos.models import Photo
from resumes import stream
from resumes.models import Resume
from resumes.tests.test_api import ask
from workers.clock import database_now
from workers.engine import liveness
from workers.engine.configuration import queues
from workers.events.feed import Subscription
from workers.models import Breaker, Step

pytestmark = pytest.mark.django_db(transaction=True)

PAUSED = {"ko": "지금은 작업이 잠시 멈춰 있습니다.", "en": "Work is paused at the moment. Nothing you sent is lost"}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_without_a_worker_people_are_told_that_work_waits_and_is_not_lost(person, language):
    # Given a photo and a letter that no worker takes
    resume = person.resume(language=language)
    ask(person, resume)
    # When its person looks
    answer = person.request("get", f"resumes/{resume['id']}/", headers={"Accept-Language": language}).json()
    # Then the reason is told in their language, and no second is promised
    for part in (answer["photo"], answer["letter"]):
        assert part["waiting"] == {"position": 1, "seconds": None, "reason": "no_worker"}
        assert part["detail"].startswith(PAUSED[language])


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_stream_tells_the_reason_in_the_readers_language(language):
    # Given the news that a photo waits for a worker, written in Korean
    heard = []

    async def hear(message):
        heard.append(message["body"].decode())

    place = {"position": 1, "seconds": None, "reason": "no_worker"}
    told = {"state": Photo.State.QUEUED, "code": None, "detail": PAUSED["ko"], "waiting": place}
    client = stream._Client("0" * 32, language, Subscription(), hear)
    # When it is sent, Then it is in the reader's language
    async_to_sync(client._send_event)("1-0", "photo.state", told)
    data = json.loads(heard[0].partition("data: ")[2])
    assert data["detail"].startswith(PAUSED[language])
    assert data["waiting"] == place


def test_the_reason_follows_what_the_work_waits_for(person):
    # Given living workers and a photo in line
    resume = person.resume()
    liveness.report(queues())

    def photo():
        return person.request("get", f"resumes/{resume['id']}/").json()["photo"]

    # When its person looks, Then it waits its turn, and its seconds are known
    assert photo()["waiting"] == {"position": 1, "seconds": 1, "reason": "queue"}
    assert photo()["detail"] is None
    # When its provider is away
    step = Step.objects.get(subject=photo_id(resume), link=0)
    Breaker.objects.create(kind=step.kind, open=True, faults=1, code="transient", opened_at=database_now())
    # Then it waits for the provider, nobody knows how long
    assert photo()["waiting"] == {"position": 1, "seconds": None, "reason": "provider"}
    assert photo()["detail"]


def test_the_schema_says_when_seconds_are_unknown(person):
    schema = person.client.get("/api/schema/?format=json").json()["components"]["schemas"]
    waiting = schema["WaitingAnswer"]["properties"]
    assert waiting["seconds"]["nullable"] is True
    assert schema["ReasonEnum"]["enum"] == ["queue", "provider", "no_worker"]


def photo_id(resume):
    return Resume.objects.get(pk=resume["id"]).photo_id
