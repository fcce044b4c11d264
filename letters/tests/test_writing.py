"""The step that writes: what is whole is never asked for again."""

from __future__ import annotations

import pytest
from django.db import transaction

from letters import services
from letters.models import Letter
from letters.tests.test_checks import brief
from workers.models import Step
from workers.tests.taking import taken

pytestmark = pytest.mark.django_db(transaction=True)


class NobodyAsked:
    name = model = "nobody"

    def write(self, brief, numbers, seed=0):
        raise AssertionError("a writer was asked for nothing")


def test_a_letter_whose_writer_died_after_the_last_item_is_only_ended(settings):
    # Given a letter that is wholly written, by a worker that died before it could say so
    settings.PROVIDERS = {**settings.PROVIDERS, "letter": "letters.tests.test_writing.NobodyAsked"}
    with transaction.atomic():
        letter = services.ask("document", brief(), "person")
    whole = [{**section, "text": "다 쓴 글", "complete": True} for section in letter.sections]
    Letter.objects.filter(pk=letter.pk).update(sections=whole, state=Letter.State.WRITING)
    # When another takes the step
    held = taken(Step.objects.get(subject=letter.pk, link=0))
    services.write(letter.pk, held)
    # Then nothing is written again, and the letter goes on to be checked
    letter.refresh_from_db()
    assert letter.state == Letter.State.CHECKING
    assert [section["text"] for section in letter.sections] == ["다 쓴 글"] * 4
