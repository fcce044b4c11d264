"""The check of the models' lives, against the double of Bedrock's control plane."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command

from aws.model_lifecycles import Standing, check, check_daily, worst
from aws_double import Double, Fault
from tests.own_clients import doubled

NOW = datetime(2026, 11, 22, tzinfo=UTC)
IMAGE, TEXT = "us.stability.stable-image-inpaint-v1:0", "global.anthropic.claude-sonnet-5"
OWN = {"image": "stability.stable-image-inpaint-v1:0", "text": "anthropic.claude-sonnet-5"}


def ending(days: int) -> dict[str, str]:
    return {"status": "LEGACY", "endOfLifeTime": f"{NOW + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"}


@pytest.fixture(scope="module")
def running_double() -> Iterator[Double]:
    with doubled() as double:
        yield double


@pytest.fixture
def double(settings, running_double: Double) -> Double:
    settings.BEDROCK_MODELS = {"BEDROCK_IMAGE_MODEL_ID": IMAGE, "BEDROCK_TEXT_MODEL_ID": TEXT}
    cache.clear()
    running_double.world.faults.clear()
    running_double.world.lookups.clear()
    running_double.world.change({"lifecycles": {name: {"status": "ACTIVE"} for name in OWN.values()}})
    return running_double


@pytest.mark.parametrize(
    ("lifecycle", "standing", "status"),
    [
        ({"status": "ACTIVE"}, Standing.FINE, 0),
        (ending(91), Standing.FINE, 0),
        (ending(89), Standing.ENDING, 1),
        ({"status": "LEGACY"}, Standing.ENDING, 1),
        (ending(0), Standing.GONE, 2),
        (ending(-30), Standing.GONE, 2),
        (None, Standing.GONE, 2),
    ],
)
def test_a_models_life(double: Double, lifecycle: dict[str, str] | None, standing: Standing, status: int):
    # Given a text model of which Bedrock knows this, or nothing
    known = {OWN["image"]: {"status": "ACTIVE"}}
    double.world.change({"lifecycles": known if lifecycle is None else {**known, OWN["text"]: lifecycle}})
    # When Bedrock is asked
    image, text = check(NOW)
    # Then the one is as it stands, the other fine, and the worse of them is the command's exit status
    assert (image.standing, text.standing) == (Standing.FINE, standing)
    assert text.said
    assert worst([image, text]) == status


@pytest.mark.parametrize(
    "model",
    [
        OWN["text"],
        TEXT,
        f"arn:aws:bedrock:us-east-1::foundation-model/{OWN['text']}",
        f"arn:aws:bedrock:us-east-1:111122223333:inference-profile/{TEXT}",
        "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefghijkl",
    ],
)
def test_a_model_is_known_by_whatever_it_is_called_by(settings, double: Double, model: str):
    settings.BEDROCK_MODELS = {"BEDROCK_TEXT_MODEL_ID": model}
    assert [finding.standing for finding in check(NOW)] == [Standing.FINE]


def test_a_profile_that_the_region_does_not_have_is_unknown(settings, double: Double):
    settings.BEDROCK_MODELS = {"BEDROCK_TEXT_MODEL_ID": "eu.anthropic.claude-of-nowhere"}
    assert [finding.standing for finding in check(NOW)] == [Standing.GONE]


@pytest.mark.parametrize("fault", ["denied", "expired", "unavailable", "throttle"])
def test_what_cannot_be_asked_is_not_called_dead(double: Double, fault: str):
    # Given rights that are missing, or a service that is away
    double.world.faults.add(Fault(fault, times=2))
    # When the command asks, Then it says so by its exit status
    with pytest.raises(SystemExit) as ended:
        call_command("check_models")
    assert ended.value.code == Standing.UNASKED


def test_certainly_dead_outweighs_what_could_not_be_asked(double: Double):
    double.world.change({"lifecycles": {}})
    double.world.faults.add(Fault("denied"))
    findings = check(NOW)
    assert [finding.standing for finding in findings] == [Standing.UNASKED, Standing.GONE]
    assert worst(findings) == Standing.GONE


def test_the_command_prints_a_table(double: Double, capsys: pytest.CaptureFixture[str]):
    # Given a model without an announced end, and one that has ended
    double.world.change({"lifecycles": {OWN["image"]: {"status": "ACTIVE"}, OWN["text"]: ending(-400)}})
    with pytest.raises(SystemExit) as ended:
        call_command("check_models")
    heads, image, text = capsys.readouterr().out.splitlines()
    # Then each has a line
    assert heads.split() == ["variable", "model", "ends"]
    assert image.split() == ["BEDROCK_IMAGE_MODEL_ID", IMAGE, "not", "announced", "live"]
    assert text.split()[:3] == ["BEDROCK_TEXT_MODEL_ID", TEXT, f"{NOW - timedelta(days=400):%Y-%m-%d}"]
    assert ended.value.code == Standing.GONE


def test_all_is_fine_without_an_exit(double: Double, capsys: pytest.CaptureFixture[str]):
    call_command("check_models")
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_the_embedded_world_asks_nobody(settings, double: Double, capsys: pytest.CaptureFixture[str]):
    settings.BEDROCK_MODELS = {}
    call_command("check_models")
    check_daily()
    assert "AI_BACKEND" in capsys.readouterr().out
    assert double.world.lookups.calls() == []


def test_the_operator_reads_it_once_a_day(settings, double: Double, caplog: pytest.LogCaptureFixture):
    # Given a model that ends and one that is gone
    soon = f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%dT%H:%M:%SZ}"
    double.world.change({"lifecycles": {OWN["image"]: {"status": "LEGACY", "endOfLifeTime": soon}}})
    # When hours pass in several processes
    for _ in range(3):
        check_daily()
    # Then each is said once, the worse one louder
    said = [
        (record.levelno, record.getMessage().partition("=")[0])
        for record in caplog.records
        if record.name == "aws.model_lifecycles"
    ]
    assert said == [(logging.WARNING, "BEDROCK_IMAGE_MODEL_ID"), (logging.ERROR, "BEDROCK_TEXT_MODEL_ID")]
    # And when another model is configured, it is looked at without delay
    settings.BEDROCK_MODELS = {"BEDROCK_TEXT_MODEL_ID": OWN["text"]}
    check_daily()
    assert "gone" in caplog.messages[-1]
