"""What those who watch are told is true in the end, whoever tells it at the same moment."""

from __future__ import annotations

import pytest

from photos.models import Photo
from resumes import news
from resumes.models import Resume
from workers.signals import still_working

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_photo_that_ends_while_the_news_is_told_is_not_said_to_go_on(person, monkeypatch):
    # Given a watched photo that is being painted
    resume = Resume.objects.get(pk=person.resume()["id"])
    photos = Photo.objects.filter(pk=resume.photo_id)
    photos.update(state=Photo.State.PAINTING)
    told: list[str] = []
    monkeypatch.setattr(news, "tell", lambda _, name, data: told.append(data["state"]))
    lines = news.lines

    # When it ends, and that is told, between the news' reading and telling
    def meanwhile(subjects):
        photos.update(state=Photo.State.DONE)
        told.append("done")
        return lines(subjects)

    monkeypatch.setattr(news, "lines", meanwhile)
    still_working.send(sender=None, topics=[resume.pk])
    # Then the last word is the truth
    assert told[-1] == "done"
