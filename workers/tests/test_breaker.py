"""The circuit breaker: work is held while a provider is wrongly set up or down, that is said once, and it goes on."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.db import transaction

from workers.clock import database_now
from workers.engine import admission, breaker, chains, liveness, registry, retries
from workers.engine.configuration import DEFAULT_QUEUE, queues
from workers.engine.waiting import Reason, waiting
from workers.errors import BadAnswer, DatabaseAway, Filtered, Misconfigured, Throttled, Transient
from workers.models import Attempt, Breaker, Step
from workers.tests.taking import taken

pytestmark = pytest.mark.django_db(transaction=True)

KIND = "test.painting"


@pytest.fixture(autouse=True)
def _kind():
    registry.register(KIND, lambda subject, code: None)
    breaker.open_kinds()
    liveness.report(queues())


def plan(subject, kind=KIND):
    with transaction.atomic():
        chains.plan(
            [kind], queue=DEFAULT_QUEUE, subject=subject, topic=subject, owner=subject,
            priority=Step.Priority.FIRST,
        )  # fmt: skip
    return Step.objects.get(subject=subject)


def fail(step, error):
    retries.settle(taken(step), error)
    step.refresh_from_db()


def states():
    return sorted(Step.objects.values_list("state", flat=True))


def test_a_wrong_configuration_holds_all_work_and_is_said_once(caplog):
    # Given three people's work under way
    steps = [plan(f"s{number}") for number in range(3)]
    # When each meets the same wrong model id
    with caplog.at_level(logging.ERROR):
        for step in steps:
            fail(step, Misconfigured("the model id is dead"))
    admission.tick()
    # Then all wait in line, nothing counts against them, and the operator was told once
    assert states() == [Step.State.DUE] * 3
    assert {step.attempts for step in Step.objects.all()} == {0}
    assert len([line for line in caplog.records if "held" in line.message]) == 1
    # And who asks is told that nobody knows how long
    place = waiting("s1")
    assert place is not None
    assert (place.reason, place.seconds) == (Reason.PROVIDER, None)


def test_one_step_tries_and_the_others_follow_when_it_succeeds():
    steps = [plan(f"s{number}") for number in range(3)]
    for step in steps:
        fail(step, Misconfigured("the model id is dead"))
    # Given that it is time to try, When admission passes, more than once
    Breaker.objects.update(probe_at=database_now())
    admission.tick()
    admission.tick()
    # Then one step alone goes out
    assert states() == [Step.State.DUE, Step.State.DUE, Step.State.SENT]
    # When it ends well
    with taken(Step.objects.get(state=Step.State.SENT)).commit():
        pass
    breaker.note_success(KIND)
    admission.tick()
    # Then the others follow
    assert states() == [Step.State.DONE, Step.State.SENT, Step.State.SENT]
    place = waiting("s1")
    assert place is not None
    assert place.reason == Reason.QUEUE


def test_a_probe_that_fails_keeps_the_breaker_open_longer():
    step = plan("s")
    fail(step, Misconfigured("the model id is dead"))
    pauses = []
    for _ in range(3):
        Breaker.objects.update(probe_at=database_now())
        admission.tick()
        probe_at = Breaker.objects.get().probe_at
        assert probe_at is not None
        pauses.append((probe_at - database_now()).total_seconds())
        fail(step, Misconfigured("the model id is dead"))
    assert pauses == sorted(pauses)
    assert pauses[-1] > 2 * pauses[0]


@pytest.mark.parametrize("error", [Throttled(), BadAnswer(), Filtered()])
def test_a_probe_that_is_answered_badly_shows_that_the_provider_is_back(error):
    # Given two steps that are held
    steps = [plan(f"s{number}") for number in range(2)]
    for step in steps:
        fail(step, Misconfigured("the model id is dead"))
    Breaker.objects.update(probe_at=database_now())
    admission.tick()
    # When the one that tries is answered, though not as it hoped
    retries.settle(taken(Step.objects.get(state=Step.State.SENT)), error)
    admission.tick()
    # Then the other follows
    assert Step.State.SENT in states()
    assert not Breaker.objects.get().open


def test_a_provider_that_is_down_is_held_after_some_faults_and_one_unlucky_call_is_not():
    step = plan("s")
    for number in range(breaker.FAULTS_IN_A_ROW):
        assert not Breaker.objects.filter(open=True).exists(), number
        Step.objects.update(due_at=database_now())
        admission.admit()
        fail(step, Transient("down"))
    assert Breaker.objects.get().open


@pytest.mark.parametrize("error", [Throttled(), BadAnswer(), DatabaseAway()])
def test_what_is_not_the_providers_being_away_opens_nothing(error):
    step = plan("s")
    for _ in range(breaker.FAULTS_IN_A_ROW):
        breaker.note(KIND, "provider", error)
    assert step.state == Step.State.SENT
    assert not Breaker.objects.filter(open=True).exists()


def test_other_kinds_go_on_and_a_restart_tries_at_once():
    fail(plan("s"), Misconfigured("the model id is dead"))
    # Given work of another kind behind it, Then that goes out
    assert plan("other", kind="test.other").state == Step.State.SENT
    # When a worker starts, perhaps with a mended configuration
    breaker.probe_now()
    admission.tick()
    # Then the held one is tried at once
    assert states() == [Step.State.SENT, Step.State.SENT]


def test_an_input_that_alone_provokes_the_fault_is_not_the_only_witness():
    # Given a held kind whose oldest step fails whenever it is tried
    bad, good = plan("bad"), plan("good")
    for step in (bad, good):
        fail(step, Misconfigured("down"))
    Step.objects.filter(pk=bad.pk).update(attempts=3)
    # When a probe is due
    Breaker.objects.update(probe_at=database_now())
    admission.tick()
    # Then another input is tried
    assert Step.objects.get(state=Step.State.SENT).pk == good.pk


def test_what_waited_while_its_kind_was_held_is_not_given_up_for_its_age():
    # Given a step that met a passing fault before an outage of two hours
    step = plan("s")
    fail(step, Transient("down"))
    Attempt.objects.update(started_at=database_now() - timedelta(hours=2))
    Step.objects.update(created_at=database_now() - timedelta(hours=3), due_at=database_now())
    Breaker.objects.update(closed_at=database_now())
    admission.admit()
    # When the provider, just back, refuses once more
    fail(step, Throttled())
    # Then it waits
    assert step.state == Step.State.DUE
