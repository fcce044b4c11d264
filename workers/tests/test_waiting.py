"""Whether what people are told of waiting follows the work as it stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from workers.clock import database_now
from workers.engine import liveness
from workers.engine.waiting import Reason, waiting, waiting_of_each
from workers.models import Attempt, Liveness, Step

pytestmark = pytest.mark.django_db

SECONDS = {"test.look": 1.0, "test.cut": 2.0, "test.paint": 3.0}
"""What each link takes of the one worker: six seconds a chain."""


@pytest.fixture(autouse=True)
def one_worker(settings: Any) -> None:
    settings.WORKERS = {"at_once": {"photos": 1, "letters": 1, "default": 1}, "sent_ahead": 0}
    liveness.report(["photos"])


def chain(subject: str, *states: str, started_at: datetime | None = None) -> list[Step]:
    """A chain of three links in these states, behind those planned before."""
    now = database_now()
    shared = {
        "chain": subject,
        "queue": "photos",
        "subject": subject,
        "topic": subject,
        "owner": subject,
        "priority": 1,
    }
    turn = {"virtual_time": now, "due_at": now, "created_at": now}
    return [
        Step.objects.create(
            **shared, **turn, link=number, kind=kind, state=state, started_at=started_at if state == "running" else None
        )
        for number, (kind, state) in enumerate(zip(SECONDS, states, strict=True))
    ]


def done_before(seconds: dict[str, float]) -> None:
    for step in chain("before", "done", "done", "done"):
        Attempt.objects.create(
            step=step,
            fence=1,
            outcome="done",
            waiting_seconds=0,
            working_seconds=seconds[step.kind],
            started_at=database_now(),
        )


def test_the_next_in_line_waits_for_what_is_left_of_the_chain_before() -> None:
    # Given a chain of which the second link runs for a second
    done_before(SECONDS)
    chain("first", "done", "running", "blocked", started_at=database_now() - timedelta(seconds=1))
    chain("next", "due", "blocked", "blocked")
    chain("last", "due", "blocked", "blocked")
    # When the others ask, Then the next is told of the second and third link's rest, the last of a chain more
    next_, last = waiting("next"), waiting("last")
    assert next_ is not None
    assert last is not None
    assert (next_.position, next_.seconds) == (1, 4)
    assert (last.position, last.seconds) == (2, 10)


def test_chains_that_take_turns_end_later() -> None:
    # Given two chains that share the worker, one before its last link
    done_before(SECONDS)
    chain("first", "done", "done", "running", started_at=database_now() - timedelta(seconds=1))
    chain("second", "done", "sent", "blocked")
    chain("next", "due", "blocked", "blocked")
    # When the next asks, Then its wait is the first one's rest, at half the worker's time
    place = waiting("next")
    assert place is not None
    assert place.seconds == 4


def test_nobody_waits_for_a_worker_that_is_free() -> None:
    # Given work behind nobody
    done_before(SECONDS)
    chain("next", "due", "blocked", "blocked")
    # When its person asks, Then it begins at once
    place = waiting("next")
    assert place is not None
    assert place.seconds == 1


def test_one_slow_start_is_not_taken_for_the_pace() -> None:
    # Given a first chain that loaded its models, and two after it
    done_before({kind: 10 * seconds for kind, seconds in SECONDS.items()})
    Step.objects.update(chain="slow")
    for number in (1, 2):
        done_before(SECONDS)
        Step.objects.filter(chain="before").update(chain=f"usual {number}")
    chain("next", "due", "blocked", "blocked")
    chain("last", "due", "blocked", "blocked")
    # When the last asks, Then it is told of the usual six seconds
    place = waiting("last")
    assert place is not None
    assert place.seconds == 6


def test_without_a_worker_begun_work_waits_too_and_no_second_is_promised() -> None:
    # Given a chain under way and another behind it, when their only worker has not reported for 21 seconds
    done_before(SECONDS)
    chain("first", "done", "running", "blocked", started_at=database_now())
    chain("next", "due", "blocked", "blocked")
    Liveness.objects.update(reported_at=database_now() - timedelta(seconds=21))
    # When both are asked for, one by one and together
    first, next_ = waiting("first"), waiting("next")
    # Then they wait for a worker, nobody knows how long
    assert first is not None
    assert next_ is not None
    assert (first.reason, first.seconds) == (next_.reason, next_.seconds) == (Reason.NO_WORKER, None)
    assert waiting_of_each(["first", "next"]) == {"first": first, "next": next_}
    # And when the worker is back, the first is being worked on and the next waits its turn
    liveness.report(["photos"])
    assert waiting("first") is None
    after = waiting("next")
    assert after is not None
    assert after.reason == Reason.QUEUE
    assert after.seconds is not None
