"""One step's calls: at the same time, each kept by itself, and which error speaks when several fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import connections

from photos import painting
from photos.framing import BACKGROUND
from photos.judging import Judgement, judgement, thresholds
from photos.models import Photo
from photos.outpainting import CandidateRequest, Painted, Style, Words, style
from photos.outpainting.prompts import NEW_SEED
from photos.painting import NumberedCandidate, PaintingRun
from photos.tests.test_framing import face_at
from photos.types import FramedHead
from workers.clock import database_now
from workers.engine import receipts
from workers.engine.claims import Claim
from workers.errors import (
    BadAnswer,
    Filtered,
    LeaseLost,
    Misconfigured,
    NoSlot,
    Rejected,
    StepError,
    Throttled,
    Transient,
)
from workers.models import Artifact, Attempt, Step

pytestmark = pytest.mark.django_db(transaction=True)

SIZE = (96, 144)
WITHHELD = "withheld"
TOGETHER = 20
"""Seconds that the calls wait for each other before the test fails."""


class Provider:
    """Paints plainly, and answers each seed as told: withheld, an error, or something to do first."""

    name, model, size, waits = "fake", "fake-1", SIZE, True

    def __init__(self, images_per_call: int = 1) -> None:
        self.images_per_call = images_per_call
        self.answers: dict[int, Any] = {}
        self.asked: list[int] = []

    def outpaint(self, framed: FramedHead, style: Style, requests: Sequence[CandidateRequest]) -> list[Painted | None]:
        self.asked.append(requests[0].seed)
        receipts.note(receipts.Receipt(request_id=f"request-{requests[0].seed}"))
        for request in requests:
            answer = self.answers.get(request.seed)
            if isinstance(answer, Exception):
                raise answer
            if callable(answer):
                answer()
        plain = Painted(framed.pixels, framed.keep)
        return [None if self.answers.get(request.seed) == WITHHELD else plain for request in requests]


@pytest.fixture(autouse=True)
def judged(monkeypatch) -> list[Judgement]:
    """What the judge says next of the candidates; without anything, that they may be sent."""
    said: list[Judgement] = []

    def judge(*_: Any, **__: Any) -> Judgement:
        return said.pop(0) if said else judgement({})

    monkeypatch.setattr(painting, "judge", judge)
    return said


@pytest.fixture
def provider(settings, tmp_path) -> Provider:
    settings.MEDIA_ROOT = tmp_path
    settings.FACE_BACKEND = "aws"
    return Provider()


@pytest.fixture
def photo() -> Photo:
    return Photo.objects.create(
        digest="d", width=900, height=1200, style="navy_suit", mask_file="mask", face=face_at(450, 480, 120).as_json()
    )


def claimed(photo: Photo) -> Claim:
    now = database_now()
    step = Step.objects.create(
        chain=photo.pk,
        link=2,
        kind="photos.outpaint",
        queue="photos",
        subject=photo.pk,
        topic="t",
        owner="p",
        priority=Step.Priority.FIRST,
        state=Step.State.RUNNING,
        fence=1,
        virtual_time=now,
        due_at=now,
        created_at=now,
    )
    return Claim(step, waited=timedelta(0))


def painting_run(
    photo: Photo, provider: Provider, claim: Claim | None = None
) -> Callable[..., list[NumberedCandidate]]:
    pixels = np.empty((SIZE[1], SIZE[0], 3), np.uint8)
    pixels[:] = BACKGROUND
    keep = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    framed = FramedHead(pixels=pixels, keep=keep, person=keep, face=face_at(450, 480, 120))
    held = claim or Claim(Step.objects.filter(subject=photo.pk).get(), timedelta(0))
    made = PaintingRun(photo, held, provider, framed, style("navy_suit", "female"))

    def paint(text: str = "a prompt") -> list[NumberedCandidate]:
        return made.candidates([CandidateRequest(number, 42 + number, Words(text, "hats")) for number in range(3)])

    return paint


@pytest.fixture
def paint(photo: Photo, provider: Provider) -> Callable[..., list[NumberedCandidate]]:
    return painting_run(photo, provider, claimed(photo))


def ended_badly(photo: Photo, error: Exception) -> None:
    """The try's row, as the engine writes it."""
    Attempt.objects.create(
        step=Step.objects.get(subject=photo.pk),
        fence=1,
        outcome=error.code if isinstance(error, StepError) else "failed",
        waiting_seconds=0,
        working_seconds=0,
        started_at=database_now(),
    )


# --- at the same time ----------------------------------------------------------------------------


def test_calls_that_wait_are_made_at_the_same_time(paint, provider: Provider) -> None:
    # Given calls of which none ends before all three have begun
    meeting = threading.Barrier(3, timeout=TOGETHER)
    provider.answers = dict.fromkeys((42, 43, 44), meeting.wait)
    # When a portrait is painted, Then all three candidates come, in the order of their seeds
    with receipts.collected() as collected:
        made = paint()
    assert [each["file"].split("/")[-1].split("-")[1] for each in made] == ["1", "2", "3"]
    assert all(default_storage.exists(each[name]) for each in made for name in ("file", "cover"))
    # And what every call told about itself has come to this thread
    assert {receipt.request_id for receipt in collected} == {"request-42", "request-43", "request-44"}


def test_each_call_takes_a_slot_of_its_own_and_the_one_after_a_filter_too(photo: Photo, provider: Provider) -> None:
    # Given a claim that counts slots, and one picture that is withheld
    claim, slots = claimed(photo), []
    claim.slots.wait = lambda: slots.append(1)  # type: ignore[method-assign]
    provider.answers = {43: WITHHELD}
    # When a portrait is painted
    made = painting_run(photo, provider, claim)()
    # Then four calls took four slots, and the withheld one came with a new seed
    assert (len(made), len(slots)) == (3, 4)
    assert sorted(provider.asked) == [42, 43, 44, 43 + NEW_SEED]


def test_a_model_that_gives_three_is_asked_once_and_only_for_what_is_missing(photo: Photo, settings, tmp_path) -> None:
    # Given a model of three pictures a call, of which one is withheld
    settings.MEDIA_ROOT, settings.FACE_BACKEND = tmp_path, "aws"
    provider = Provider(images_per_call=3)
    provider.answers = {44: WITHHELD}
    # When a portrait is painted, Then there are two calls and three candidates
    assert len(painting_run(photo, provider, claimed(photo))()) == 3
    assert provider.asked == [42, 44 + NEW_SEED]


# --- kept ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [Throttled("429"), NoSlot(timedelta(seconds=9)), Transient("503"), BadAnswer("?"), Misconfigured("403")]
)
def test_what_was_painted_is_kept_and_only_the_missing_one_is_painted_again(
    paint, photo: Photo, provider: Provider, error: StepError
) -> None:
    # Given one call of three that fails for a while
    provider.answers = {43: error}
    # When the step is tried, Then its error puts the step back
    with pytest.raises(type(error)):
        paint()
    # When it comes again, Then only the missing candidate is asked for
    provider.answers.clear()
    provider.asked.clear()
    assert len(painting_run(photo, provider)()) == 3
    assert provider.asked == [43]


def test_a_withheld_seed_is_remembered_too(paint, photo: Photo, provider: Provider) -> None:
    # Given a picture withheld, and no slot for the other try
    provider.answers = {43: WITHHELD, 43 + NEW_SEED: NoSlot(timedelta(seconds=9))}
    with pytest.raises(NoSlot):
        paint()
    # When the step comes again, Then the seed that was withheld is not paid a second time
    provider.asked.clear()
    provider.answers = {}
    assert len(painting_run(photo, provider)()) == 3
    assert provider.asked == [43 + NEW_SEED]


def test_the_same_wording_is_not_paid_twice_and_another_one_is_another_picture(
    paint, photo: Photo, provider: Provider
) -> None:
    first = paint()
    # Given a finished portrait, When it is asked for in the same wording, Then nothing is paid
    assert painting_run(photo, provider)() == first
    assert len(provider.asked) == 3
    # When a curator has changed the wording, Then it is painted anew
    again = painting_run(photo, provider)("another prompt")
    assert len(provider.asked) == 6
    assert {each["file"] for each in again}.isdisjoint(each["file"] for each in first)


# --- own clothes ---------------------------------------------------------------------------------


def test_own_clothes_are_the_fourth_and_ask_no_provider(photo: Photo, provider: Provider) -> None:
    # Given a painting run whose provider would refuse everything
    provider.answers = dict.fromkeys(range(1, 10_000), Throttled())
    pixels = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    person = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    person[SIZE[1] // 3 :, SIZE[0] // 4 : -SIZE[0] // 4] = 255
    whole = FramedHead(pixels=pixels, keep=person, person=person, face=face_at(450, 480, 120))
    made = PaintingRun(photo, claimed(photo), provider, whole, style("navy_suit", "female"))
    # When own clothes are asked for, twice
    first, second = made.own_clothes(whole), made.own_clothes(whole)
    # Then they are candidate 4, made once and without a call
    assert (first["number"], second) == (4, first)
    assert provider.asked == []
    assert default_storage.exists(first["file"])


def test_a_withheld_picture_leaves_its_number_free(paint, provider: Provider) -> None:
    # Given the second of three withheld for good
    provider.answers = {43: WITHHELD, 43 + NEW_SEED: WITHHELD}
    # Then numbers are names: the third is still the third
    assert [each["number"] for each in paint()] == [1, 3]


# --- which error speaks --------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [WITHHELD, Filtered("input"), Rejected("bad request", code="failed")])
def test_two_candidates_are_better_than_none(paint, provider: Provider, refusal: Any) -> None:
    # Given one picture that is refused for good
    provider.answers = {43: refusal, 43 + NEW_SEED: refusal}
    # When a portrait is painted, Then the person chooses between the other two
    assert len(paint()) == 2


@pytest.mark.parametrize(("error", "tries"), [(BadAnswer("?"), 2), (ValueError("a bug"), 3)])
def test_one_that_fails_for_good_leaves_the_others(
    paint, photo: Photo, provider: Provider, error: Exception, tries: int
) -> None:
    # Given one call of three that always fails, and all its tries but the last
    provider.answers = {43: error}
    for _ in range(tries - 1):
        with pytest.raises(type(error)):
            paint()
        ended_badly(photo, error)
    # When it fails once more, Then the person chooses between the other two, which keep their numbers
    assert [each["number"] for each in paint()] == [1, 3]
    # And only the failing one was asked for again
    assert sorted(provider.asked) == [42, *[43] * tries, 44]
    # When it can be painted after all, Then that one alone is
    provider.answers.clear()
    provider.asked.clear()
    assert [each["number"] for each in painting_run(photo, provider)()] == [1, 2, 3]
    assert provider.asked == [43]


def test_what_another_try_may_mend_is_tried_before_anything_is_given_up(paint, photo: Photo, provider: Provider):
    # Given one call that has failed for good, and one that the provider has no time for
    ended_badly(photo, BadAnswer("?"))
    provider.answers = {43: BadAnswer("?"), 44: Throttled("429")}
    # When the step is tried, Then it waits for the second
    with pytest.raises(Throttled):
        paint()


def test_where_nothing_is_painted_the_error_is_the_steps(paint, photo: Photo, provider: Provider) -> None:
    ended_badly(photo, BadAnswer("?"))
    provider.answers = dict.fromkeys((42, 43, 44), BadAnswer("?"))
    with pytest.raises(BadAnswer):
        paint()


def test_a_model_that_gives_three_keeps_two_when_the_third_fails_for_good(photo: Photo, settings, tmp_path) -> None:
    # Given a model of three pictures a call that withholds one, and whose second call fails as often as it may
    settings.MEDIA_ROOT, settings.FACE_BACKEND = tmp_path, "aws"
    provider = Provider(images_per_call=3)
    provider.answers = {44: WITHHELD, 44 + NEW_SEED: BadAnswer("?")}
    claim = claimed(photo)
    with pytest.raises(BadAnswer):
        painting_run(photo, provider, claim)()
    ended_badly(photo, BadAnswer("?"))
    # When it is tried for the last time, Then the two are shown
    assert [each["number"] for each in painting_run(photo, provider, claim)()] == [1, 2]


@pytest.mark.parametrize("refusal", [WITHHELD, Filtered("input")])
def test_a_portrait_of_which_nothing_may_be_shown_is_filtered(paint, provider: Provider, refusal: Any) -> None:
    provider.answers = {seed + more: refusal for seed in (42, 43, 44) for more in (0, NEW_SEED)}
    with pytest.raises(Filtered):
        paint()


@pytest.mark.parametrize(
    ("errors", "speaks"),
    [
        ((Filtered(), Transient(), Throttled()), Throttled),
        ((BadAnswer(), Transient(), NoSlot(timedelta(seconds=1))), NoSlot),
        ((ValueError(), Throttled(), LeaseLost()), LeaseLost),
        ((Filtered(), ValueError(), Filtered()), ValueError),
        ((Filtered(), Transient(), BadAnswer()), Transient),
    ],
)
def test_one_error_speaks_for_all(paint, provider: Provider, errors: tuple[Exception, ...], speaks: type) -> None:
    provider.answers = dict(zip((42, 43, 44), errors, strict=True))
    with pytest.raises(speaks):
        paint()


def test_the_longest_wait_that_was_asked_for_is_waited(paint, provider: Provider) -> None:
    short, long = Throttled(retry_after=timedelta(seconds=1)), Throttled(retry_after=timedelta(minutes=5))
    provider.answers = {42: short, 43: long, 44: Throttled()}
    with pytest.raises(Throttled) as raised:
        paint()
    assert raised.value is long


def test_threads_leave_no_connection_behind(paint, provider: Provider, monkeypatch) -> None:
    # Given calls that each use the database from their own thread
    opened: list[Any] = []
    provider.answers = dict.fromkeys((42, 43, 44), lambda: opened.append(connections["default"]))
    # When they have ended
    paint()
    # Then their connections are closed, as far as a database in memory lets itself be closed
    assert len(opened) == 3
    assert connections["default"] not in opened
    assert all(each.connection is None or each.is_in_memory_db() for each in opened)
    assert Artifact.objects.filter(kind="photos.outpaint").count() == 3


# --- spoiled by the model ------------------------------------------------------------------------


def spoiled(code: str, share: float = 2.0) -> Judgement:
    return judgement({code: thresholds()[code].dont * share})


def one(photo: Photo, provider: Provider) -> NumberedCandidate:
    """The one candidate of a step with one request."""
    pixels = np.full((SIZE[1], SIZE[0], 3), BACKGROUND, np.uint8)
    keep = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    framed = FramedHead(pixels=pixels, keep=keep, person=keep, face=face_at(450, 480, 120))
    made = PaintingRun(photo, claimed(photo), provider, framed, style("navy_suit", "female"))
    return made.candidates([CandidateRequest(0, 42, Words("a prompt", "hats"))])[0]


def test_what_a_model_spoiled_is_painted_from_two_more_seeds_and_the_best_stays(
    photo: Photo, provider: Provider, judged: list[Judgement]
) -> None:
    # Given a model that paints a second face each time, least of all the second time
    judged += [spoiled("faces_extra", 3), spoiled("faces_extra", 1.5), spoiled("faces_extra", 2)]
    # When a candidate is painted
    made = one(photo, provider)
    # Then it was tried three times in all, and the best is kept
    assert provider.asked == [42, 42 + 2 * NEW_SEED, 42 + 3 * NEW_SEED]
    assert made["score"] == spoiled("faces_extra", 1.5).score
    assert made["number"] == 1


def test_a_seed_that_comes_out_well_ends_the_tries(photo: Photo, provider: Provider, judged: list[Judgement]) -> None:
    judged += [spoiled("faces_extra"), judgement({})]
    assert one(photo, provider)["verdict"] == "send"
    assert len(provider.asked) == 2


@pytest.mark.parametrize("code", ["hair_lost", "face_dark", "clothes_left"])
def test_what_lies_in_the_photo_costs_no_further_call(
    photo: Photo, provider: Provider, judged: list[Judgement], code: str
) -> None:
    judged += [spoiled(code)]
    assert one(photo, provider)["problems"] == [code]
    assert provider.asked == [42]


@pytest.mark.parametrize("error", [NoSlot(timedelta(seconds=9)), Throttled("429"), Filtered("input"), Transient("503")])
def test_a_further_try_that_fails_leaves_what_there_is(
    photo: Photo, provider: Provider, judged: list[Judgement], error: StepError
) -> None:
    # Given a spoiled candidate, and no place in the quota or no luck for another seed
    judged += [spoiled("faces_extra")]
    provider.answers = {42 + 2 * NEW_SEED: error, 42 + 3 * NEW_SEED: error}
    # Then the person gets it, with its verdict, at once
    assert one(photo, provider)["verdict"] == "dont"


def test_a_further_try_that_is_throttled_slows_everybody(
    photo: Photo, provider: Provider, judged: list[Judgement], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a spoiled candidate, and a provider that refuses another seed because the quota is used up
    slowed: list[str] = []
    monkeypatch.setattr(painting, "slow_down", lambda claim: slowed.append(claim.step.kind))
    judged += [spoiled("faces_extra")]
    provider.answers = {42 + 2 * NEW_SEED: Throttled(), 42 + 3 * NEW_SEED: Throttled()}
    # Then the picture stands, and each refusal slows the quota down
    assert one(photo, provider)["verdict"] == "dont"
    assert len(slowed) == 2
