"""The engine's promises on its rows: claim, fence, recovery, order. Messages go to a real Redis and stay there."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F

from workers.away import Away
from workers.clock import database_now
from workers.engine import admission, chains, holders, registry, retries
from workers.engine.claims import claim
from workers.engine.configuration import DEFAULT_QUEUE, queues
from workers.engine.heartbeat import heartbeat
from workers.engine.keeping import Output
from workers.engine.waiting import waiting, waiting_of_each
from workers.errors import BadAnswer, HandedBack, LeaseLost, Misconfigured, NoSlot, Rejected, Throttled, Transient
from workers.models import Artifact, Attempt, Step
from workers.quota import limiter
from workers.tests.taking import taken

pytestmark = pytest.mark.django_db(transaction=True)

failures: list[tuple[str, str]] = []


@pytest.fixture(autouse=True)
def kinds():
    failures.clear()
    for name in ("test.first", "test.second"):
        registry.register(name, lambda subject, code: failures.append((subject, code)))


def plan(subject="s1", owner="p1", priority=Step.Priority.FIRST, queue=DEFAULT_QUEUE):
    with transaction.atomic():
        chain = chains.plan(
            ["test.first", "test.second"], queue=queue, subject=subject, topic="t1", owner=owner, priority=priority
        )
    return list(Step.objects.filter(chain=chain).order_by("link"))


def expire(step):
    Step.objects.filter(pk=step.pk).update(lease_until=database_now() - timedelta(seconds=1))


def test_a_planned_chain_goes_out_at_commit():
    # Given an idle system, When a chain is planned
    first, second = plan()
    # Then its first step is sent and the second waits for it
    assert first.state == Step.State.SENT
    assert second.state == Step.State.BLOCKED


def test_a_paid_result_is_kept_even_when_the_lease_was_lost_meanwhile():
    # Given a call that takes longer than its worker is believed alive
    first, _ = plan()
    held = taken(first)

    def make(input_hash):
        expire(first)
        admission.recover()
        return Output({"file": input_hash})

    # When its answer comes after another was given the step
    held.artifact({"a": 1}, make)
    # Then it is stored, and the other finds it; but the step is no longer the first one's to end
    assert Artifact.objects.count() == 1
    with pytest.raises(LeaseLost), held.commit():
        pass


def test_what_was_cancelled_meanwhile_leaves_nothing():
    first, _ = plan()
    held = taken(first)
    with pytest.raises(LeaseLost):
        held.artifact({"a": 1}, lambda input_hash: Output({"cancelled": chains.cancel("s1")}))
    assert not Artifact.objects.exists()


def test_a_database_that_was_away_costs_no_leases(monkeypatch):
    # Given a lease that could not be renewed because the database was away
    first, _ = plan()
    claim(first.pk)
    expire(first)
    monkeypatch.setattr(admission, "_leases_trusted", Away())
    admission.trust_leases()
    # When it is back, Then nobody takes the step before its holder could say that it lives
    admission.tick()
    first.refresh_from_db()
    assert (first.state, first.crashes) == (Step.State.RUNNING, 0)


def test_only_one_of_two_messages_claims_a_step():
    first, _ = plan()
    # Given a duplicate message, When both claim
    won, lost = claim(first.pk), claim(first.pk)
    # Then one wins
    assert won is not None
    assert lost is None


def test_commit_ends_the_step_and_sends_the_next():
    first, second = plan()
    held = taken(first)
    with held.commit():
        pass
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.state == Step.State.DONE
    assert second.state == Step.State.SENT
    assert Attempt.objects.get(step=first).outcome == "done"


def test_a_failing_commit_changes_nothing():
    first, second = plan()
    held = taken(first)
    with pytest.raises(ZeroDivisionError), held.commit():
        _ = 1 / 0
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.state == Step.State.RUNNING
    assert second.state == Step.State.BLOCKED


def test_whoever_lost_the_lease_changes_nothing():
    first, second = plan()
    # Given a worker whose lease ran out, and another that took over
    old = taken(first)
    expire(first)
    admission.recover()
    admission.admit()
    new = taken(first)
    # When the old one tries to write, Then it cannot
    with pytest.raises(LeaseLost), old.commit():
        Step.objects.filter(pk=second.pk).update(code="written by the old one")
    second.refresh_from_db()
    assert second.code == ""
    # And the new one can
    with new.commit():
        pass


def test_a_heartbeat_keeps_the_lease_and_sees_its_loss():
    first, _ = plan()
    held = taken(first)
    with heartbeat.keeping(held, timedelta(seconds=60)):
        expire(first)
        heartbeat.renew()
        first.refresh_from_db()
        assert first.lease_until > database_now()
        chains.cancel("s1")
        heartbeat.renew()
        with pytest.raises(LeaseLost):
            held.require()


def test_beyond_its_deadline_a_step_is_not_kept_alive():
    first, _ = plan()
    held = taken(first)
    expire(first)
    with heartbeat.keeping(held, timedelta(seconds=-1)):
        heartbeat.renew()
    first.refresh_from_db()
    assert first.lease_until < database_now()
    assert held.lost.is_set()


def test_a_lost_message_is_sent_again():
    first, _ = plan()
    expire(first)
    admission.tick()
    first.refresh_from_db()
    assert first.state == Step.State.SENT
    assert first.lease_until > database_now()


def test_a_step_that_kills_its_process_three_times_is_given_up():
    first, _ = plan()
    for _ in range(3):
        assert claim(first.pk) is not None
        expire(first)
        admission.tick()
    first.refresh_from_db()
    assert first.state == Step.State.FAILED
    assert failures == [("s1", "failed")]


def test_of_steps_that_died_together_the_one_begun_last_is_blamed():
    # Given two steps in one process, which dies
    older, _ = plan(subject="s1")
    newer, _ = plan(subject="s2", owner="p2")
    for step in (older, newer):
        assert claim(step.pk) is not None
        expire(step)
    admission.recover()
    # Then the bystander is tried again as if nothing had been
    assert dict(Step.objects.filter(link=0).values_list("subject", "crashes")) == {"s1": 0, "s2": 1}


def test_nobody_waits_for_the_lease_of_a_process_that_is_gone():
    # Given a step held by a process of this host that has ended
    first, _ = plan()
    claim(first.pk)
    gone = subprocess.Popen(["true"])
    gone.wait()
    Step.objects.filter(pk=first.pk).update(holder=f"{holders.PID_SPACE}:{gone.pid}:abcdef")
    # When admission passes, Then another may take it at once; of another host nobody knows
    admission.recover()
    first.refresh_from_db()
    assert (first.state, first.crashes) == (Step.State.DUE, 1)
    assert not holders.is_dead(f"another:{gone.pid}:abcdef")
    assert not holders.is_dead(holders.this_process())


def test_what_hangs_is_blamed_whoever_runs_beside_it():
    # Given a step that passed its deadline, and one begun after it
    hanging, _ = plan(subject="s1")
    other, _ = plan(subject="s2", owner="p2")
    held = taken(hanging)
    claim(other.pk)
    with heartbeat.keeping(held, timedelta(seconds=-1)):
        heartbeat.renew()
    expire(hanging)
    admission.recover()
    hanging.refresh_from_db()
    assert (hanging.state, hanging.crashes) == (Step.State.DUE, 1)


def test_a_step_that_gets_on_is_not_poison():
    # Given a step that lost its process twice
    first, _ = plan()
    for _ in range(2):
        claim(first.pk)
        expire(first)
        admission.tick()
    # When it stores what the next try will find
    held = taken(first)
    held.artifact({"a": 1}, lambda input_hash: Output({"file": input_hash}))
    # Then two more deaths do not end it
    first.refresh_from_db()
    assert first.crashes == 0


def test_an_artifact_is_made_once_for_the_same_inputs():
    first, _ = plan()
    made = []

    def make(input_hash):
        made.append(input_hash)
        return Output({"file": input_hash})

    # Given a worker that stored its artifact and died before it committed
    held = taken(first)
    stored = held.artifact({"a": 1}, make)
    expire(first)
    admission.tick()
    # When the step runs again
    again = taken(first)
    found = again.artifact({"a": 1}, make)
    # Then nothing is made twice
    assert found == stored
    assert len(made) == 1
    assert Artifact.objects.count() == 1


@pytest.mark.parametrize(
    ("error", "state", "attempts"),
    [
        (Throttled(retry_after=timedelta(seconds=7)), Step.State.DUE, 0),
        (Misconfigured(), Step.State.DUE, 0),
        (Transient(), Step.State.DUE, 1),
        (BadAnswer(), Step.State.DUE, 1),
        (Rejected(code="no_face"), Step.State.FAILED, 0),
    ],
)
def test_the_error_decides(error, state, attempts):
    first, _ = plan()
    held = taken(first)
    retries.settle(held, error)
    first.refresh_from_db()
    assert (first.state, first.attempts, first.code) == (state, attempts, error.code)


def test_nonsense_gets_one_retry():
    first, _ = plan()
    for _ in range(2):
        Step.objects.filter(pk=first.pk).update(due_at=database_now())
        admission.admit()
        retries.settle(taken(first), BadAnswer())
    first.refresh_from_db()
    assert first.state == Step.State.FAILED
    assert failures == [("s1", "failed")]


def test_passing_faults_do_not_use_up_the_one_retry_of_nonsense():
    # Given a step that met two passing faults
    first, _ = plan()
    for error, state in [
        (Transient(), Step.State.DUE),
        (Transient(), Step.State.DUE),
        # When it is answered nonsense, Then it still gets its one retry, and no other
        (BadAnswer(), Step.State.DUE),
        (Transient(), Step.State.DUE),
        (BadAnswer(), Step.State.FAILED),
    ]:
        Step.objects.filter(pk=first.pk).update(due_at=database_now())
        admission.admit()
        retries.settle(taken(first), error)
        first.refresh_from_db()
        assert first.state == state


def test_a_worker_that_stops_gives_long_work_back_at_once():
    first, _ = plan()
    held = taken(first)
    with heartbeat.keeping(held, timedelta(seconds=60)):
        held.require()
        heartbeat.stop()
        with pytest.raises(HandedBack) as stopped:
            held.require()
    retries.settle(held, stopped.value)
    first.refresh_from_db()
    assert (first.state, first.attempts) == (Step.State.DUE, 0)
    assert first.due_at <= database_now()
    heartbeat._stopping = False


def test_what_a_stopping_worker_does_not_end_goes_back_to_its_place():
    # Given a call that takes longer than a deploy waits
    first, _ = plan()
    held = taken(first)
    # When the worker hands it back while it is still working
    retries.hand_back(held)
    # Then it is due again, nothing counts against it, and what comes of the old work is not taken
    first.refresh_from_db()
    assert (first.state, first.attempts, first.crashes) == (Step.State.DUE, 0, 0)
    with pytest.raises(LeaseLost), held.commit():
        pass


def test_one_bad_row_does_not_stop_the_house():
    # Given a lost step of a kind that nobody knows any more, at its last crash, and another lost step
    bad, _ = plan(subject="s1")
    good, _ = plan(subject="s2", owner="p2")
    Step.objects.filter(pk=bad.pk).update(kind="gone.kind", crashes=2)
    claim(good.pk)
    claim(bad.pk)
    expire(bad)
    expire(good)
    # When a tick passes
    admission.tick()
    # Then both are dealt with
    bad.refresh_from_db()
    good.refresh_from_db()
    assert bad.state == Step.State.FAILED
    assert good.state == Step.State.SENT


def test_retry_takes_up_where_it_failed():
    first, second = plan()
    with taken(first).commit():
        pass
    retries.settle(taken(second), Rejected(code="no_face"))
    with transaction.atomic():
        assert chains.retry("s1") == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.state == Step.State.DONE
    assert (second.state, second.code) == (Step.State.SENT, "")


def test_people_take_turns_and_watched_letters_come_first(settings):
    # Given a house that is full, a person with three portraits due, one with one, and one with a letter
    settings.WORKERS = {"at_once": dict.fromkeys(queues(), 1), "sent_ahead": -1}
    for subject, owner, priority in [
        ("r1", "r", Step.Priority.REPEAT),
        ("a1", "a", Step.Priority.FIRST),
        ("a2", "a", Step.Priority.FIRST),
        ("a3", "a", Step.Priority.FIRST),
        ("b1", "b", Step.Priority.FIRST),
        ("c1", "c", Step.Priority.INTERACTIVE),
    ]:
        plan(subject=subject, owner=owner, priority=priority)
    # When they are put in order, Then nobody waits behind all of another's
    order = [step.subject for step in admission.in_order(DEFAULT_QUEUE, database_now())]
    assert order == ["c1", "a1", "b1", "a2", "a3", "r1"]
    # And everybody is told so, one by one or all at once
    places = waiting_of_each(order)
    assert [places[subject].position for subject in order] == [1, 2, 3, 4, 5, 6]
    assert [place.position for subject in order if (place := waiting(subject))] == [1, 2, 3, 4, 5, 6]


def test_nobody_is_starved_by_those_who_come_later(settings):
    # Given work of the last class that has waited for half an hour
    settings.WORKERS = {"at_once": dict.fromkeys(queues(), 1), "sent_ahead": -1}
    plan(subject="old", owner="a", priority=Step.Priority.REPEAT)
    Step.objects.update(virtual_time=F("virtual_time") - timedelta(minutes=30))
    # When a letter that is being watched comes
    plan(subject="new", owner="b", priority=Step.Priority.INTERACTIVE)
    # Then it stands behind
    assert admission.in_order(DEFAULT_QUEUE, database_now())[0].subject == "old"


def test_news_that_were_not_told_are_told_later():
    first, _ = plan()
    # Given a process that died between commit and announcement
    with taken(first).commit():
        pass
    Step.objects.filter(pk=first.pk).update(ended_at=database_now() - timedelta(minutes=1))
    heard = []
    from workers.signals import step_ended

    def listen(step, **_):
        heard.append(step.pk)

    step_ended.connect(listen)
    # When another process ticks, Then it tells them, once
    admission.announce_late()
    admission.announce_late()
    assert heard == [first.pk]


@pytest.fixture
def limited(settings, monkeypatch):
    """`test.first` takes one of 60 calls a minute."""
    import redis

    settings.QUOTAS = ({"name": "calls", "amount": 60},)
    monkeypatch.setattr(limiter, "PAUSE_AFTER_RESTART", 0)
    redis.Redis.from_url(settings.REDIS_URL).delete("quota:calls")
    settings.STEP_QUOTAS = {"test.first": {"calls": 1}}


def test_no_more_goes_out_than_has_a_slot_soon(limited):
    # Given ten people's work at once, and sixty calls a minute
    for number in range(10):
        plan(subject=f"s{number}", owner=f"p{number}")
    # Then only what has a slot within two seconds is sent, and the rest stays in rows
    states = list(Step.objects.filter(link=0).values_list("state", flat=True))
    assert 1 <= states.count(Step.State.SENT) <= 3
    assert states.count(Step.State.DUE) == 10 - states.count(Step.State.SENT)


def test_a_call_waits_for_its_slot(limited):
    plan(subject="s1")
    first, _ = plan(subject="s2", owner="p2")
    held = taken(first)
    slot_at = held.step.slot_at
    assert slot_at is not None
    held.slots.wait()
    # The second of two calls at the same time does not come before its slot
    assert database_now() >= slot_at


def test_a_step_that_has_begun_gets_its_further_calls_first(limited):
    # Given a step with three calls, and others that wait
    first, _ = plan(subject="s1")
    held = taken(first)
    for number in range(5):
        plan(subject=f"o{number}", owner=f"p{number}")
    # When it asks for all of them at once, Then it gets its slots, a second apart
    begun = time.monotonic()
    with ThreadPoolExecutor(3) as calls:
        for call in [calls.submit(held.slots.wait) for _ in range(3)]:
            call.result()
    assert 2.0 < time.monotonic() - begun < 6.5


def test_without_a_slot_a_step_goes_back_and_loses_nothing(limited, settings):
    settings.QUOTAS = ({"name": "calls", "amount": 1},)
    for number in range(5):
        plan(subject=f"s{number}", owner=f"p{number}")
    # Given a step that was sent without a slot, as a later link of a chain is
    waiting_step = Step.objects.filter(link=0, state=Step.State.DUE)[0]
    Step.objects.filter(pk=waiting_step.pk).update(state=Step.State.SENT)
    held = taken(waiting_step)
    with pytest.raises(NoSlot) as refused:
        held.slots.wait()
    retries.settle(held, refused.value)
    waiting_step.refresh_from_db()
    assert (waiting_step.state, waiting_step.attempts) == (Step.State.DUE, 0)


def slot() -> float:
    """When the next call may be made, in this process's time."""
    return time.monotonic() + limiter.reserve({"calls": 1}, timedelta(hours=1)).total_seconds()


def test_being_throttled_slows_everybody(limited):
    first, _ = plan()
    before = slot()
    retries.settle(taken(first), Throttled())
    slowed = slot()
    assert slot() - slowed > 1.2
    assert slowed > before


def test_work_for_a_queue_that_nobody_has_named_is_refused():
    # Given settings that name the queues, When a chain is planned for another one
    with pytest.raises(ValueError, match="no queue 'parcels'"):
        plan(queue="parcels")
    # Then no row waits for a worker that never comes
    assert not Step.objects.exists()
