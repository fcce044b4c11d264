"""What Flower can show is what a message says: ids, never who they are about."""

from __future__ import annotations

import base64
import json

import pytest
import redis
from django.db import transaction

from workers.engine import chains
from workers.engine.configuration import DEFAULT_QUEUE
from workers.models import Step

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_holds_ids_only(settings):
    # Given a chain about somebody, sent to the broker
    connection = redis.Redis.from_url(settings.REDIS_URL)
    connection.delete(DEFAULT_QUEUE)
    with transaction.atomic():
        chain = chains.plan(
            ["test.first", "test.second"],
            queue=DEFAULT_QUEUE,
            subject="subject-of-it",
            topic="topic-of-it",
            owner="owner-of-it",
            priority=Step.Priority.FIRST,
        )
    first = Step.objects.filter(chain=chain).earliest("link")
    # When what lies in the broker is read
    raw = connection.lrange(DEFAULT_QUEUE, 0, -1)
    message = json.loads(raw[0])
    arguments, named, _ = json.loads(base64.b64decode(message["body"]))
    # Then its one argument is the step's id, also in what Flower shows of it
    assert len(raw) == 1
    assert (arguments, named) == ([first.pk], {})
    assert (message["headers"]["argsrepr"], message["headers"]["kwargsrepr"]) == (f"({first.pk},)", "{}")
    said = str(raw[0]) + base64.b64decode(message["body"]).decode()
    assert not [word for word in ("subject-of-it", "topic-of-it", "owner-of-it") if word in said]
