"""Many at the same rows at once: nobody is refused by the database, whatever meets."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from workers.engine import admission, chains, claims
from workers.engine.heartbeat import Heartbeat
from workers.errors import LeaseLost
from workers.models import Attempt, Step

SECONDS = 5.0
MINUTE = timedelta(minutes=1)
FIRST = Step.Priority.FIRST

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time: ./test --mysql"),
]


def test_planning_admitting_working_cancelling_and_deleting_at_once(monkeypatch):
    # Given people who ask, cancel and delete, admission in several processes, and workers
    sent: deque[int] = deque()
    monkeypatch.setattr(admission, "_send", lambda step: sent.append(step.pk))
    subjects: deque[str] = deque(maxlen=30)
    ended: list[int] = []
    until = time.monotonic() + SECONDS

    def plan() -> None:
        subject = os.urandom(8).hex()
        with transaction.atomic():
            kinds = ("letters.write", "letters.check")
            chains.plan(kinds, queue="letters", subject=subject, topic=subject, owner=subject[0], priority=FIRST)
        subjects.append(subject)

    def admit() -> None:
        admission.admit()
        admission.recover()

    def work() -> None:
        held = claims.claim(sent.popleft()) if sent else None
        if held is None:
            return
        try:
            with held.guard():
                pass
            with held.commit():
                ended.append(held.step.pk)
        except LeaseLost:
            return
        following = Step.objects.filter(chain=held.step.chain, link=held.step.link + 1, state=Step.State.SENT).first()
        if following:
            sent.append(following.pk)

    def cancel() -> None:
        for subject in list(subjects)[::5]:
            chains.cancel(subject)

    def forget() -> None:
        for subject in list(subjects)[::7]:
            chains.forget(subject)

    # When all go on at the same time
    errors = together([plan, plan, admit, admit, admit, work, work, work, work, cancel, forget], until)
    # Then each found the database willing, and work was done
    assert errors == []
    assert len(ended) > 20


def test_a_deletion_waits_for_the_step_that_ends_just_now(monkeypatch):
    # Given a worker about to end a step
    sent: list[int] = []
    monkeypatch.setattr(admission, "_send", lambda step: sent.append(step.pk))
    with transaction.atomic():
        chains.plan(["letters.write"], queue="letters", subject="s", topic="s", owner="p", priority=FIRST)
    held = claims.claim(sent[0])
    assert held
    with ThreadPoolExecutor(1) as person:
        with held.commit():
            # When the person deletes everything in that moment
            deletion = person.submit(forget_and_leave, "s")
            wait_until_somebody_waits()
        # Then it succeeds, and nothing is left, not even what the worker wrote last
        deletion.result(timeout=10)
    assert not Step.objects.exists()
    assert not Attempt.objects.exists()


def test_a_heartbeat_does_not_wait_for_a_row_that_is_being_written(monkeypatch):
    # Given a worker with two steps, one of which is just being written to
    sent: list[int] = []
    monkeypatch.setattr(admission, "_send", lambda step: sent.append(step.pk))
    for subject in ("a", "b"):
        with transaction.atomic():
            chains.plan(["letters.write"], queue="letters", subject=subject, topic="t", owner="p", priority=FIRST)
    busy, other = (claims.claim(step) for step in sent)
    assert busy
    assert other
    heartbeat = Heartbeat()
    with heartbeat.keeping(busy, MINUTE), heartbeat.keeping(other, MINUTE), ThreadPoolExecutor(1) as beside:
        before = lease_of(other)
        with busy.guard():
            # When leases are renewed
            beside.submit(beat_and_leave, heartbeat).result(timeout=10)
            # Then the other step's lease is renewed all the same
            assert lease_of(other) > before
        # And none is taken for lost
        assert not busy.lost.is_set()


def beat_and_leave(heartbeat: Heartbeat) -> None:
    try:
        heartbeat.renew()
    finally:
        connection.close()


def forget_and_leave(subject: str) -> None:
    try:
        chains.forget(subject)
    finally:
        connection.close()


def wait_until_somebody_waits() -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")
            if cursor.fetchone()[0]:
                return
        # InnoDB keeps what it answers as long as it is asked again within a tenth of a second.
        time.sleep(0.2)
    raise AssertionError("nobody waited for the lock")


def together(people: list[Callable[[], None]], until: float) -> list[BaseException]:
    """Each of them again and again in a thread of its own; what they raised."""

    def go_on(act: Callable[[], None]) -> None:
        try:
            while time.monotonic() < until:
                act()
                # A breath for the others; so many requests a second are still more than real ones.
                time.sleep(0.01)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(people)) as threads:
        ends = [threads.submit(go_on, act) for act in people]
    return [error for end in ends if (error := end.exception())]


def lease_of(held: claims.Claim) -> datetime:
    until = Step.objects.get(pk=held.step.pk).lease_until
    assert until is not None
    return until
