"""The AWS world end to end: every row of the table of provider errors, and every way in which a letter's stream breaks.

All scenes of a kind play at the same time on one stack; the tests look at what became of each.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.db import transaction
from django.utils import translation
from PIL import Image

from aws_double import Double, Fault
from letters.refusals import sentence as refused
from photos import files, services
from photos.framing import frame
from photos.masking import Masked
from photos.pictures import decode, decode_alpha
from photos.types import Face, FramedHead, MaskScope
from resumes import presentation
from tests.applicant import PORTRAIT
from tests.aws_world import FACE, WITHIN, Row, Scene, Stage, asked, letter_of, put_together, stage, streamed
from tests.own_clients import doubled
from tests.polling import wait_until
from workers.engine.claims import claim
from workers.models import Step

pytestmark = pytest.mark.processes

DETECT, MASK, PAINT, WRITE = "photos.detect_face", "photos.mask_head", "photos.outpaint", "letters.write"
ALL = [1, 2, 3, 4]
SOON = {"Retry-After": "1"}
QUOTA_WAIT = 300
"""Seconds."""


@pytest.fixture(scope="module")
def aws(weights: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("aws")) as stage_:
        yield stage_


def test_the_models_lives_are_looked_at_once_in_the_house(aws: Stage):
    # Given two worker processes that have just started, and models that are live
    wait_until(lambda: len(aws.lookups("GetFoundationModel")) >= 2, WITHIN)
    # Then Bedrock was asked once for each model, and there is nothing to say
    live = ["anthropic.claude-sonnet-5", "stability.stable-image-inpaint-v1:0"]
    assert aws.lookups("GetFoundationModel") == live
    assert not aws.log("photos", "aws.model_lifecycles")
    assert not aws.log("letters", "aws.model_lifecycles")


def said(sentence: object, language: str) -> str:
    with translation.override(language):
        return str(sentence)


# --- letters -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Letter:
    """A scene: what goes wrong, and how it must end."""

    faults: tuple[Fault, ...]
    outcomes: list[str]
    asked: list[list[int]]
    """The items that each call asks for."""
    counted: int
    """Tries that count against the step."""
    state: str = "done"
    code: str = ""
    language: str = "ko"


BROKEN = {
    "cut": Letter((Fault("cut", after_items=2),), ["transient", "done"], [ALL, [3, 4]], 1),
    "exception": Letter((Fault("exception", after_items=2),), ["bad_answer", "done"], [ALL, [3, 4]], 1),
    "throttled inside": Letter(
        (Fault("exception", after_items=1, code="throttlingException"),), ["throttled", "done"], [ALL, [2, 3, 4]], 0
    ),
    "stall": Letter((Fault("silent", after_items=1),), ["transient", "done"], [ALL, [2, 3, 4]], 1),
    "stall at once": Letter((Fault("silent"),), ["transient", "done"], [ALL, ALL], 1, language="en"),
    "max_tokens": Letter((Fault("max_tokens", after_items=3),), ["bad_answer", "done"], [ALL, [4]], 1),
    "empty": Letter((Fault("empty"),), ["bad_answer", "done"], [ALL, ALL], 1),
    "missing marker": Letter((Fault("missing_marker", after_items=2),), ["bad_answer", "done"], [ALL, [3]], 1),
    "cut and max_tokens": Letter(
        (Fault("cut", after_items=1), Fault("max_tokens", after_items=2)),
        ["transient", "bad_answer", "done"],
        [ALL, [2, 3, 4], [4]],
        2,
        language="en",
    ),
}
REFUSED = {
    "throttle": Letter((Fault("throttle", headers=SOON),), ["throttled", "done"], [ALL] * 2, 0),
    "not_ready": Letter((Fault("not_ready", headers=SOON),), ["not_ready", "done"], [ALL] * 2, 0, language="en"),
    "overloaded": Letter((Fault("overloaded"),), ["transient", "done"], [ALL] * 2, 1),
    "model_timeout": Letter((Fault("model_timeout"),), ["bad_answer", "done"], [ALL] * 2, 1, language="en"),
    "model_error twice": Letter(
        (Fault("model_error", times=2),), ["bad_answer", "failed"], [ALL] * 2, 1, "failed", "failed"
    ),
    "model_error twice, English": Letter(
        (Fault("model_error", times=2),), ["bad_answer", "failed"], [ALL] * 2, 1, "failed", "failed", "en"
    ),
    "validation": Letter((Fault("validation"),), ["failed"], [ALL], 0, "failed", "failed"),
    "filter_validation": Letter((Fault("filter_validation"),), ["filtered"], [ALL], 0, "failed", "filtered"),
    "content_filtered": Letter((Fault("filter", after_items=2),), ["filtered"], [ALL], 0, "failed", "filtered", "en"),
}
LETTERS = BROKEN | REFUSED


@pytest.fixture(scope="module")
def letters(aws: Stage) -> dict[str, Scene]:
    """Every scene of LETTERS, played to its end."""
    for name, letter in LETTERS.items():
        aws.add(*(replace(fault, operation="ConverseStream", about=letter_of(name)) for fault in letter.faults))
    scenes = enter(aws, {name: {"language": letter.language} for name, letter in LETTERS.items()})
    for scene in scenes.values():
        scene.ask_letter()
    for scene in scenes.values():
        scene.wait_for_end("letter.state")
    return scenes


def enter(aws: Stage, people: Mapping[str, Mapping[str, Any]]) -> dict[str, Scene]:
    with ThreadPoolExecutor(8) as coming:
        scenes = {name: coming.submit(aws.enter, name, **fields) for name, fields in people.items()}
    return {name: scene.result() for name, scene in scenes.items()}


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_ends_as_the_table_says(aws: Stage, letters: dict[str, Scene], name: str):
    # Given a letter whose provider failed in one way
    expected, scene = LETTERS[name], letters[name]
    # When all is over, Then the row says how it went, and only what is the job's own fault counts
    row, tries = scene.row(WRITE), scene.tries(WRITE)
    assert [each.outcome for each in tries] == expected.outcomes
    assert (row.state, row.code if row.state == "failed" else "", row.attempts) == (
        expected.state,
        expected.code,
        expected.counted,
    )
    # And each call was asked for exactly what was missing, and can be found again at the provider
    calls = aws.letter_calls(name)
    assert [asked(call) for call in calls] == expected.asked
    assert [each.calls for each in tries] == [1] * len(calls)
    assert all(each.request_id for each in tries if each.outcome == "done")
    # And the event stream ends with the state, and with a sentence in the letter's language where it failed
    told = scene.told("letter.state")[-1]
    sentence = refused(expected.code, expected.language) if expected.code else None
    assert (told["state"], told["detail"]) == (expected.state, sentence)
    assert scene.letter()["detail"] == sentence


@pytest.mark.parametrize("name", LETTERS)
def test_the_text_is_its_deltas_and_what_the_provider_sent(aws: Stage, letters: dict[str, Scene], name: str):
    scene = letters[name]
    stored = {section["number"]: section["text"] for section in scene.letter()["sections"]}
    # What a reader put together from the deltas is what is stored
    assert scene.reader.letter_texts(1) == list(stored.values())
    # And what is stored is what the provider sent, item by item: nothing whole was written twice
    sent = put_together(aws.letter_calls(name))
    assert {number: text for number, text in stored.items() if number in sent} == sent
    if LETTERS[name].state == "done":
        assert sent.keys() == set(ALL)


@pytest.mark.parametrize("name", BROKEN)
def test_what_was_whole_is_never_taken_back(aws: Stage, letters: dict[str, Scene], name: str):
    _, whole = streamed(aws.letter_calls(name)[0])
    resets = {told["section"] for told in letters[name].told("letter.reset")}
    assert resets.isdisjoint(whole)


# --- portraits -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Portrait:
    """A scene: what goes wrong in which step, and how it must end."""

    style: str
    faults: tuple[Fault, ...]
    outcomes: dict[str, list[str]]
    state: str = "done"
    code: str | None = None
    language: str = "ko"
    width: int = 512
    """Of the picture, which tells the scenes of faces and masks apart."""
    painted: tuple[int, ...] = (42, 43, 44)
    """Seeds of all the calls."""


def of_width(width: int) -> str:
    return rf'"width": {width},'


FIRST, SECOND = of_width(500), of_width(488)
"""The pictures of the two scenes whose faults are before the painting."""
NAVY, CHARCOAL, SHIRT = (
    rf'{words}.*"seed": 42' for words in ("navy suit jacket", "charcoal suit jacket", "burgundy tie")
)
BLACK_SHIRT = r'silver tie.*"seed": 42|burgundy tie.*"seed": 43|navy tie.*"seed": 44'
"""The first candidate of a style; all three of the last."""

PORTRAITS = {
    "patience": Portrait(
        "black_suit",
        (
            Fault("provisioned", "DetectFaces", about=FIRST),
            Fault("throttle", "DetectFaces", headers=SOON, about=FIRST),
            Fault("internal", "DetectFaces", about=FIRST),
            Fault("not_ready", "InvokeEndpoint", headers=SOON, about=FIRST),
            Fault("unavailable", "InvokeEndpoint", about=FIRST),
            Fault("model_error", "InvokeEndpoint", about=FIRST),
        ),
        {
            DETECT: ["throttled", "throttled", "transient", "done"],
            MASK: ["not_ready", "transient", "bad_answer", "done"],
            PAINT: ["done"],
        },
        width=500,
    ),
    "one of three": Portrait(
        "navy_suit",
        (
            Fault("throttle", "InvokeModel", headers=SOON, about=NAVY),
            Fault("overloaded", "InvokeModel", about=NAVY),
            Fault("model_timeout", "InvokeModel", about=NAVY),
        ),
        {PAINT: ["throttled", "transient", "bad_answer", "done"]},
        painted=(42, 42, 42, 42, 43, 44),
    ),
    "filtered once": Portrait(
        "charcoal_suit",
        (Fault("filter", "InvokeModel", about=CHARCOAL),),
        {PAINT: ["done"]},
        painted=(42, 43, 44, 1042),
    ),
    "filtered": Portrait(
        "own_clothes",
        (Fault("filter", "InvokeModel", times=6, about="plain simple clothing"),),
        {PAINT: ["filtered"]},
        "rejected",
        "filtered",
        "en",
        painted=(42, 43, 44, 1042, 1043, 1044),
    ),
    "filtered by its words": Portrait(
        "black_suit_shirt",
        (Fault("filter_validation", "InvokeModel", times=3, about=BLACK_SHIRT),),
        {PAINT: ["filtered"]},
        "rejected",
        "filtered",
    ),
    "model_error twice": Portrait(
        "navy_suit_shirt",
        (Fault("model_error", "InvokeModel", times=2, about=SHIRT),),
        {PAINT: ["bad_answer", "done"]},
        language="en",
        painted=(42, 42, 43, 44),
    ),
    "validation": Portrait(
        "black_suit",
        (Fault("validation", "InvokeEndpoint", about=SECOND),),
        {DETECT: ["done"], MASK: ["failed"]},
        "failed",
        "failed",
        width=488,
        painted=(),
    ),
}


@pytest.fixture(scope="module")
def portraits(aws: Stage, letters: dict[str, Scene]) -> dict[str, Scene]:
    """Every scene of PORTRAITS, played to its end."""
    for portrait in PORTRAITS.values():
        aws.add(*portrait.faults)
    people = {
        name: {"photo": portrait.width, "style": portrait.style, "language": portrait.language}
        for name, portrait in PORTRAITS.items()
    }
    scenes = enter(aws, people)
    for scene in scenes.values():
        scene.wait_for_end("photo.state")
    return scenes


@pytest.mark.parametrize("name", PORTRAITS)
def test_a_portrait_ends_as_the_table_says(aws: Stage, portraits: dict[str, Scene], name: str):
    # Given a portrait whose providers failed in one way
    expected, scene = PORTRAITS[name], portraits[name]
    # When all is over, Then every step's row says how it went
    assert {kind: scene.outcomes(kind) for kind in expected.outcomes} == expected.outcomes
    counted = [outcome for outcome in expected.outcomes.get(PAINT, []) if outcome in ("transient", "bad_answer")]
    if PAINT in expected.outcomes:
        assert scene.row(PAINT).attempts == len(counted)
    # And the event stream and the résumé say it, with a sentence in the person's language
    told = scene.told("photo.state")[-1]
    sentence = presentation.sentence(expected.code, expected.language) if expected.code else None
    assert sentence is None or sentence.isascii() == (expected.language == "en")
    assert (told["state"], told["code"], told["detail"]) == (expected.state, expected.code, sentence)
    assert scene.resume()["photo"]["detail"] == sentence


def test_no_picture_is_painted_twice(aws: Stage, portraits: dict[str, Scene]):
    # Given all scenes, When their seeds are counted, Then only what failed or was withheld was asked for again
    seeds = Counter(call.request["seed"] for call in aws.calls("InvokeModel"))
    expected = Counter(seed for portrait in PORTRAITS.values() for seed in portrait.painted)
    assert seeds == expected


def test_one_of_three_that_fails_for_good_leaves_the_others_and_is_painted_when_asked_for(
    aws: Stage, portraits: dict[str, Scene]
):
    # Given a finished photo whose first candidate could not be painted, and a person who chose the third
    scene = portraits["model_error twice"]
    assert numbers(scene) == [2, 3, 4]
    scene.applicant.choose_portrait(scene.resume_id, 3)
    calls, told = len(aws.calls("InvokeModel")), len(scene.told("photo.candidate"))
    # When they ask for the missing one
    scene.applicant.http.post(f"/api/v1/resumes/{scene.resume_id}/retry/", json={"what": "photo"}).raise_for_status()
    scene.reader.wait_for(lambda _: len(scene.told("photo.candidate")) >= told + 4)
    # Then it comes by one call, and what was chosen stays chosen
    assert numbers(scene) == [1, 2, 3, 4]
    assert scene.resume()["photo"]["chosen"] == 3
    assert len(aws.calls("InvokeModel")) == calls + 1
    # When they ask again, Then there is nothing to do
    scene.applicant.http.post(f"/api/v1/resumes/{scene.resume_id}/retry/", json={"what": "photo"}).raise_for_status()
    assert scene.resume()["photo"]["state"] == "done"


def numbers(scene: Scene) -> list[int]:
    return sorted(each["number"] for each in scene.resume()["photo"]["candidates"])


def test_a_throttle_slows_everybody_and_the_operator_reads_it(aws: Stage, portraits: dict[str, Scene]):
    assert aws.log("photos", "quota bedrock-image: refused")
    assert aws.log("letters", "bedrock-text: refused")


def test_default_model_three_calls_and_the_same_person_in_each(aws: Stage, portraits: dict[str, Scene]):
    # Given a résumé whose painting went well at once
    scene = portraits["patience"]
    made = sorted(scene.resume()["photo"]["candidates"], key=lambda each: each["number"])
    pictures = [picture_at(scene, each["url"]) for each in made[:3]]
    # When its three painted candidates are compared, Then they differ, and the person's own pixels are the same in each
    assert_same_person(pictures, aws.framed(scene, (768, 1152)))
    # And the default model was asked for one picture a call
    (try_,) = scene.tries(PAINT)
    assert try_.calls == 3
    assert {call.resource for call in aws.calls("InvokeModel")} == {"us.stability.stable-image-inpaint-v1:0"}


def test_another_background_is_found_without_a_call(aws: Stage, portraits: dict[str, Scene]):
    # Given a painted portrait whose painter knows no cover
    scene = portraits["patience"]
    painted = picture_at(scene, scene.resume()["photo"]["candidates"][0]["url"])
    calls = len(aws.calls("InvokeModel"))
    # When the person wants it before white
    chosen = scene.applicant.choose_portrait(scene.resume_id, 1, background="white")
    # Then it is white there, the person is the same, and nobody was asked
    picture = picture_at(scene, chosen.json()["photo"]["candidates"][0]["portrait_url"])
    assert (picture[:40, :40] >= 253).all()
    kept = person_in(aws.framed(scene, (768, 1152)))
    # Saved as JPEG once more.
    assert np.abs(picture[kept].astype(int) - painted[kept]).mean() < 0.5
    assert len(aws.calls("InvokeModel")) == calls


def picture_at(scene: Scene, address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(scene.applicant.http.get(address).content)).convert("RGB"))


def person_in(framed: FramedHead) -> np.ndarray:
    """JPEG knows blocks: what is compared is the kept area without its border."""
    kept: np.ndarray = cv2.erode((framed.keep == 255).astype(np.uint8), np.ones((33, 33))).astype(bool)
    return kept


def assert_same_person(pictures: list[np.ndarray], framed: FramedHead) -> None:
    assert len(pictures) == 3
    kept = person_in(framed)
    assert kept.mean() > 0.02
    for picture in pictures:
        assert picture.shape == framed.pixels.shape
        assert (picture[kept] == pictures[0][kept]).all()
        assert np.abs(picture[kept].astype(int) - framed.pixels[kept]).mean() < 2
    assert all((picture != pictures[0]).mean() > 0.1 for picture in pictures[1:])


# --- what is not waited for ----------------------------------------------------------------------


def test_a_used_up_quota_waits_five_minutes_and_the_operator_is_told(aws: Stage, letters: dict[str, Scene]):
    # Given an account whose quota is used up
    scene = aws.enter("quota", language="ko")
    aws.add(Fault("quota", "ConverseStream", about=letter_of("quota")))
    # When a letter is asked for
    scene.ask_letter()
    told = scene.wait_until_told("letter.state", lambda data: ((data["waiting"] or {}).get("seconds") or 0) > 60)
    # Then it waits long without its being counted, the person sees how long, and the operator reads why, once
    row = scene.row(WRITE)
    assert (row.state, row.code, row.attempts) == ("due", "throttled", 0)
    assert row.due_in == pytest.approx(QUOTA_WAIT, abs=WITHIN)
    assert told["waiting"]["seconds"] == pytest.approx(QUOTA_WAIT, abs=WITHIN)
    (line,) = aws.log("letters", "a quota of the account is used up")
    assert " ERROR " in line
    assert "ServiceQuotaExceededException" in line
    scene.cancel()


def test_a_model_that_is_not_ready_is_asked_again_in_five_to_thirty_seconds(aws: Stage, portraits: dict[str, Scene]):
    # Given an endpoint that starts, and does not say how long that takes
    aws.add(Fault("not_ready", "InvokeEndpoint", about=of_width(476)))
    scene = aws.enter("cold endpoint", photo=476, language="en")
    # When it was asked
    wait_until(lambda: scene.outcomes(MASK) == ["not_ready"], WITHIN)
    # Then the step is due again between 5 and 30 seconds later, and nothing is counted
    row = scene.row(MASK)
    assert (row.state, row.code, row.attempts) == ("due", "not_ready", 0)
    # The row is written a moment after the try has ended.
    assert 4.5 <= scene.due_after_try(MASK) <= 30 + WITHIN / 10
    scene.cancel()


# --- what only the operator can mend -------------------------------------------------------------


@dataclass(frozen=True)
class Held:
    """A scene: which call is refused, and what waits for it."""

    fault: str
    operation: str
    kind: str
    process: str
    language: str


HELD_SCENES = {
    "expired": Held("expired", "ConverseStream", WRITE, "letters", "en"),
    "dead model": Held("dead_model", "InvokeModel", PAINT, "photos", "ko"),
    "missing": Held("missing", "InvokeEndpoint", MASK, "photos", "en"),
    "denied": Held("denied", "DetectFaces", DETECT, "photos", "ko"),
}


@dataclass(frozen=True)
class Hold:
    """What was seen while the work was held."""

    scenes: dict[str, Scene]
    behind: Scene
    """A letter that was asked for behind the held one."""
    told: dict[str, dict[str, Any]]
    """The event with the sentence."""
    rows: dict[str, Row]
    calls_behind: int


@pytest.fixture(scope="module")
def hold(aws: Stage, portraits: dict[str, Scene]) -> Hold:
    """Each operation is refused for good, one after the other; then all is mended, and everybody's work is done."""
    behind = aws.enter("behind")
    scenes = {}
    for name, held in HELD_SCENES.items():
        # From the last step to the first: what is held before cannot come to it.
        aws.add(Fault(held.fault, held.operation, times=1000))
        scene = scenes[name] = aws.enter(name, photo=0 if held.kind == WRITE else 512, language=held.language)
        if held.kind == WRITE:
            scene.ask_letter()
        wait_until(partial(has_met, scene, held.kind), WITHIN)
        if held.kind == WRITE:
            behind.ask_letter()
    told = {}
    for name, held in HELD_SCENES.items():
        event = "letter.state" if held.kind == WRITE else "photo.state"
        told[name] = scenes[name].wait_until_told(event, partial(says, said(presentation.HELD, held.language)))
    # A probe that is refused too.
    wait_until(lambda: len(scenes["expired"].outcomes(WRITE)) > 1, WITHIN)
    rows = {name: scenes[name].row(held.kind) for name, held in HELD_SCENES.items()}
    seen = Hold(scenes, behind, told, rows, len(aws.letter_calls("behind")))
    aws.end_faults()
    for scene in (scenes["expired"], behind):
        scene.wait_for_end("letter.state")
    for name in ("dead model", "missing", "denied"):
        scenes[name].wait_for_end("photo.state")
    return seen


def has_met(scene: Scene, kind: str) -> bool:
    return "misconfigured" in scene.outcomes(kind)


def says(sentence: str, data: dict[str, Any]) -> bool:
    return data["detail"] == sentence


@pytest.mark.parametrize("name", HELD_SCENES)
def test_what_the_operator_must_mend_holds_the_work_and_heals(aws: Stage, hold: Hold, name: str):
    held, scene, told = HELD_SCENES[name], hold.scenes[name], hold.told[name]
    # Given a wrong configuration: the step stays queued, with nothing counted
    row = hold.rows[name]
    assert (row.state, row.code, row.attempts) in {
        ("due", "misconfigured", 0),
        # A probe is under way.
        ("sent", "misconfigured", 0),
        ("running", "misconfigured", 0),
    }
    # And the person is told in their language that it takes longer and goes on by itself
    assert told["detail"] == said(presentation.HELD, held.language)
    assert told["state"] not in ("failed", "rejected", "done")
    assert told["waiting"]["position"] >= 1
    assert (told["waiting"]["seconds"], told["waiting"]["reason"]) == (None, "provider")
    # And the operator is told once, however often it was probed, and once that it is over
    opened, closed = aws.log(held.process, f"workers.engine.breaker {held.kind}: ")
    assert " ERROR " in opened
    assert "the provider answers again" in closed
    # When it is mended, Then all is done by itself, without a person's doing
    assert set(scene.outcomes(held.kind)) == {"misconfigured", "done"}
    assert scene.outcomes(held.kind)[-1] == "done"
    assert (scene.letter() if held.kind == WRITE else scene.resume()["photo"])["state"] == "done"


def test_who_comes_behind_waits_without_a_call(aws: Stage, hold: Hold):
    assert hold.calls_behind == 0
    assert hold.behind.outcomes(WRITE) == ["done"]


# --- another model -------------------------------------------------------------------------------

TITAN = "amazon.titan-image-generator-v1"
AWS = {
    "face": "photos.detection.rekognition.RekognitionDetector",
    "mask": "photos.masking.sagemaker.SageMakerMasker",
    "outpaint": "photos.outpainting.bedrock.BedrockOutpainter",
}


@pytest.fixture
def titan(settings, tmp_path: Path) -> Iterator[Double]:
    """The photo chain's providers in this process, with Titan: a second stack would take too long."""
    settings.PROVIDERS = settings.PROVIDERS | AWS
    settings.MEDIA_ROOT = tmp_path
    settings.BEDROCK_IMAGE_MODEL_ID = TITAN
    with doubled() as double:
        double.world.change({"faces": [FACE], "ellipses": True})
        yield double


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("gender", "word"), [("Female", "woman"), ("Male", "man")])
def test_with_titan_the_chain_makes_a_single_request(titan: Double, gender: str, word: str):
    # Given a person whom Rekognition takes for this
    titan.world.change({"faces": [FACE | {"Gender": {"Value": gender, "Confidence": 99.0}}]})
    with services.stored(services.take_in(PORTRAIT.read_bytes()), "navy_suit") as photo, transaction.atomic():
        photo.save()
        services.start(photo, topic="resume", owner="person")
    # When the whole chain has run
    for number, work in enumerate((services.detect_face, services.mask_head, services.outpaint)):
        step = Step.objects.get(subject=photo.pk, link=number)
        Step.objects.filter(pk=step.pk).update(state=Step.State.SENT)
        held = claim(step.pk)
        assert held is not None
        work(photo.pk, held)
    photo.refresh_from_db()
    # Then the model was asked once, in Titan's form
    (call,) = titan.world.record.calls("InvokeModel")
    said = call.request["outPaintingParams"]
    assert call.resource == TITAN
    assert (call.request["taskType"], said["outPaintingMode"]) == ("OUTPAINTING", "DEFAULT")
    assert call.request["imageGenerationConfig"] == {
        "numberOfImages": 3,
        "cfgScale": 8,
        "seed": 42,
        "width": 384,
        "height": 576,
    }
    assert word in said["text"].split(" facing")[0].split()
    assert all(unwanted in said["negativeText"] for unwanted in ("beard", "accessories", "scarf"))
    # And the person's own pixels are the same in each of the three
    pictures = [decode(files.load(each.file)) for each in photo.candidates.filter(number__lte=3)]
    keep, person = (decode_alpha(files.load(photo.mask_file.replace("mask-", each))) for each in ("mask-", "person-"))
    assert photo.face is not None
    original, face = decode(files.load(photo.original_file)), Face.from_json(photo.face)
    assert photo.state == "done"
    assert_same_person(pictures, frame(original, face, Masked(keep, person, MaskScope.HEAD), (384, 576)))
