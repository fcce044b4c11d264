"""What is paid while the file store is away: kept, saved later, never paid again, within bounds."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from aws_double import Double, Fault
from tests.own_clients import doubled
from tests.polling import wait_until
from workers.clock import database_now
from workers.engine import admission, breaker, chains, keeping, liveness, registry
from workers.engine.claims import Claim, claim
from workers.engine.configuration import DEFAULT_QUEUE, queues
from workers.engine.keeping import Output
from workers.engine.retries import settle
from workers.engine.waiting import Reason, waiting
from workers.errors import BadAnswer, LeaseLost, Misconfigured, StoreAway, Throttled
from workers.models import Artifact, Breaker, KeptFile, Step
from workers.operations import figures, page
from workers.quota import limiter

pytestmark = pytest.mark.django_db(transaction=True)

KIND = "test.painting"
PICTURE = b"a picture that was paid for"
AWAY = Fault("slow_down", "PutObject", times=1000)


@pytest.fixture(autouse=True)
def double(settings) -> Iterator[Double]:
    """The file store is a bucket of the double."""
    settings.AWS_STORAGE_BUCKET_NAME = "resumes"
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "aws.storage.PrivateBucket"}}
    registry.register(KIND, lambda subject, code: None)
    breaker.open_kinds()
    liveness.report(queues())
    with doubled() as double:
        yield double


class Painter:
    """Paints one file and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, input_hash: str) -> Output:
        self.calls += 1
        name = f"paintings/{input_hash[:8]}.jpg"
        return Output({"file": name}, {name: PICTURE})


@pytest.fixture
def paint() -> Painter:
    return Painter()


def plan(subject: str) -> Step:
    with transaction.atomic():
        chains.plan(
            [KIND], queue=DEFAULT_QUEUE, subject=subject, topic=subject, owner=subject,
            priority=Step.Priority.FIRST,
        )  # fmt: skip
    return Step.objects.get(subject=subject)


def held(step: Step) -> Claim:
    """The step, sent and claimed, whatever stands in its way."""
    Step.objects.filter(pk=step.pk).update(state=Step.State.SENT)
    taken = claim(step.pk)
    assert taken is not None
    return taken


def fail(step: Step, make: Callable[[str], Output]) -> Claim:
    """One try during an outage, put back as the worker does."""
    trying = held(step)
    with pytest.raises(StoreAway) as raised:
        trying.artifact({"a": 1}, make)
    settle(trying, raised.value)
    return trying


# --- kept ----------------------------------------------------------------------------------------


def test_what_was_paid_while_the_store_is_away_is_saved_later_and_not_paid_again(double: Double, paint: Painter):
    # Given a store that refuses
    double.world.faults.add(AWAY)
    step = plan("s")
    # When the step is tried twice
    fail(step, paint)
    fail(step, paint)
    # Then it was paid once, and its file lies in the database
    assert paint.calls == 1
    assert [bytes(file.data) for file in KeptFile.objects.all()] == [PICTURE]
    # When the store is back
    double.world.faults.clear()
    last = held(step)
    made = last.artifact({"a": 1}, paint)
    # Then the file is there and nowhere else, and nothing more was paid
    assert double.world.bucket.keys() == [made["file"]]
    assert not KeptFile.objects.exists()
    assert paint.calls == 1
    assert last.attempt.stored


def test_nothing_else_of_the_subject_is_paid_before_its_files_are_stored(double: Double, paint: Painter):
    # Given a step with one result that could not be stored
    double.world.faults.add(AWAY)
    step = plan("s")
    fail(step, paint)
    # When it asks for another result, Then that is not paid
    with pytest.raises(StoreAway):
        held(step).artifact({"a": 2}, paint)
    assert paint.calls == 1


def test_a_well_store_is_asked_once_and_nothing_stays_in_the_database(double: Double, paint: Painter):
    made = held(plan("s")).artifact({"a": 1}, paint)
    assert [call.resource for call in double.world.record.calls("PutObject")] == [made["file"]]
    assert not KeptFile.objects.exists()


# --- held ----------------------------------------------------------------------------------------


def test_work_of_the_kind_is_held_in_the_stores_name_and_nothing_counts(double: Double, paint: Painter, caplog):
    # Given a store that refuses
    double.world.faults.add(AWAY)
    first = plan("first")
    # When one step meets that, and another of its kind is asked for
    with caplog.at_level(logging.ERROR):
        fail(first, paint)
    second = plan("second")
    admission.tick()
    # Then both wait without its counting, the operator is told once who is away, and whoever asks that it takes longer
    for step in (first, second):
        step.refresh_from_db()
        assert (step.state, step.attempts) == (Step.State.DUE, 0)
        place = waiting(step.subject)
        assert place is not None
        assert place.reason == Reason.PROVIDER
    row = Breaker.objects.get()
    assert (row.open, row.provider, row.code) == (True, "store", "store_away")
    assert "SlowDown" in row.said
    warned = page.warnings(figures.present())
    assert any("파일 1개" in line for line in warned)
    assert len([line for line in caplog.records if "store is held" in line.message]) == 1


def test_the_step_that_only_saves_is_the_one_that_tries_and_takes_no_slot(double: Double, paint: Painter, settings):
    # Given a kind with a quota, held for the store, with one step that has paid and one before it that has not
    settings.QUOTAS, settings.STEP_QUOTAS = ({"name": "painting", "amount": 60.0},), {KIND: {"painting": 1}}
    double.world.faults.add(AWAY)
    unpaid, paid = plan("unpaid"), plan("paid")
    Step.objects.update(state=Step.State.DUE)
    fail(paid, paint)
    # The next slot, were one needed, is out of reach.
    while limiter.look_ahead({"painting": 1}) <= limiter.HORIZON:
        limiter.reserve({"painting": 1})
    # When a try is due
    Breaker.objects.update(probe_at=database_now())
    admission.tick()
    # Then the paid one goes out
    assert list(Step.objects.filter(state=Step.State.SENT)) == [paid]
    unpaid.refresh_from_db()
    assert unpaid.state == Step.State.DUE


@pytest.mark.parametrize("answer", [BadAnswer(), Throttled()])
def test_a_provider_that_answers_does_not_speak_for_the_store(double: Double, paint: Painter, answer):
    # Given a kind that is held for the store
    double.world.faults.add(AWAY)
    fail(plan("s"), paint)
    # When a call that was under way is answered badly, Then the kind is still held
    breaker.note(KIND, "provider", answer)
    assert breaker.open_kinds() == {KIND}


def test_a_file_that_was_saved_does_not_speak_for_the_provider():
    # Given a kind that is held for its provider
    breaker.note(KIND, "provider", Misconfigured())
    # When the store takes a file, Then the kind is still held; when the provider answers, it goes on
    breaker.note_answer(KIND, "store")
    assert breaker.open_kinds() == {KIND}
    breaker.note_answer(KIND, "provider")
    assert breaker.open_kinds() == set()


# --- deleted -------------------------------------------------------------------------------------


def test_what_is_deleted_meanwhile_leaves_no_bytes(double: Double, paint: Painter):
    # Given a paid file that waits for the store
    double.world.faults.add(AWAY)
    fail(plan("s"), paint)
    # When its subject is deleted, Then the file goes too
    chains.forget("s")
    assert not KeptFile.objects.exists()
    assert not Artifact.objects.exists()


def test_what_is_deleted_while_it_is_saved_does_not_stay_in_the_store(double: Double, paint: Painter):
    # Given a store that takes its time
    double.world.change({"latency": {"PutObject": 0.5}})
    step, ends = held(plan("s")), []

    def work() -> None:
        with pytest.raises(LeaseLost):
            step.artifact({"a": 1}, paint)
        ends.append("lost")

    worker = threading.Thread(target=work)
    worker.start()
    # When the subject is deleted in the middle of it
    wait_until(lambda: bool(double.world.record.calls("PutObject")), 20)
    chains.forget("s")
    worker.join(20)
    # Then nothing is left anywhere
    assert ends == ["lost"]
    assert double.world.bucket.keys() == []
    assert not KeptFile.objects.exists()


# --- bounds --------------------------------------------------------------------------------------


def test_a_file_that_is_too_large_is_not_kept_but_saved_at_once(double: Double, paint: Painter, monkeypatch):
    monkeypatch.setattr(keeping, "LARGEST_FILE", len(PICTURE) - 1)
    step = plan("s")
    # Given a store that refuses, When something larger than may be kept is made, Then it is lost and made again
    double.world.faults.add(AWAY)
    fail(step, paint)
    fail(step, paint)
    assert paint.calls == 2
    assert not KeptFile.objects.exists()
    # And a store that is well has it
    double.world.faults.clear()
    made = held(step).artifact({"a": 1}, paint)
    assert double.world.bucket.keys() == [made["file"]]


def test_when_as_much_is_kept_as_may_be_nothing_more_is_paid(double: Double, paint: Painter, monkeypatch):
    # Given that one file fills what may be kept
    monkeypatch.setattr(keeping, "LARGEST_TOTAL", len(PICTURE))
    double.world.faults.add(AWAY)
    fail(plan("first"), paint)
    # When another step wants to pay, Then it may not, and waits for the store
    fail(plan("second"), paint)
    assert paint.calls == 1


def test_what_no_store_took_for_a_week_is_given_up_with_its_artifact(double: Double, paint: Painter, caplog):
    # Given two kept files, one of them too old
    double.world.faults.add(AWAY)
    old, young = plan("old"), plan("young")
    fail(old, paint)
    fail(young, paint)
    long_ago = database_now() - keeping.LONGEST - timedelta(minutes=1)
    KeptFile.objects.filter(artifact__subject="old").update(created_at=long_ago)
    # When the chores are done
    with caplog.at_level(logging.ERROR):
        keeping.give_up_old()
    # Then it is gone, which is said, and made again when it is wanted; the other one stays
    assert [file.artifact.subject for file in KeptFile.objects.all()] == ["young"]
    assert "1 paid files" in caplog.text
    double.world.faults.clear()
    held(old).artifact({"a": 1}, paint)
    assert paint.calls == 3


def test_the_database_takes_files_as_large_as_may_be(paint: Painter, double: Double):
    # Given a store that refuses, and three files of the largest size with every byte that is escaped in a statement
    double.world.faults.add(AWAY)
    data = (b"\x00'\\\"\n\r\x1a\xff" * keeping.LARGEST_FILE)[: keeping.LARGEST_FILE]
    files = {f"large-{number}": data for number in range(3)}
    # When they are kept, Then they come back as they were
    fail(plan("s"), lambda _: Output({}, files))
    assert {file.name: bytes(file.data) for file in KeptFile.objects.all()} == files
