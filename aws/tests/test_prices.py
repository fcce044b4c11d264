"""What a call costs, and what it takes of a quota."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from aws.burndown import burndown
from aws.prices import price, price_list
from workers.engine.receipts import Receipt, charge, collected, note

SONNET = "anthropic.claude-sonnet-5"


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("amazon.titan-image-generator-v1", 0.024),
        ("amazon.titan-image-generator-v2:0", 0.024),
        ("amazon.nova-canvas-v1:0", 0.18),
        ("stability.stable-image-inpaint-v1:0", 0.21),
        ("us.stability.stable-image-inpaint-v1:0", 0.21),
        ("arn:aws:bedrock:us-west-2:111122223333:inference-profile/us.stability.stable-image-inpaint-v1:0", 0.21),
        ("someone.new-model-v1", 0.0),
    ],
)
def test_three_portraits_cost_three_images(model: str, dollars: float):
    assert price(model, images=3) == pytest.approx(dollars)


def test_a_letter_costs_its_tokens():
    assert price(f"global.{SONNET}", input_tokens=2_000, output_tokens=3_000) == pytest.approx(0.006 + 0.045)


def test_a_face_costs_its_call_and_an_endpoint_nothing():
    assert price("detect-faces", calls=1) == 0.001
    assert price("ai-resume-sam", calls=2) == 0.0


def test_the_longest_beginning_of_an_id_decides(settings):
    # Given a price for a family, one for a member, and one for a profile of it
    given = {
        "anthropic.claude-sonnet": {"million_input_tokens": 2},
        "anthropic.claude-sonnet-5": {"million_input_tokens": 4},
        "us.anthropic.claude-sonnet-5": {"million_input_tokens": 5},
    }
    settings.PRICES = json.dumps(given)
    # When they are looked up, Then the nearest holds
    models = ("anthropic.claude-sonnet-4-5-20250929-v1:0", f"global.{SONNET}", f"us.{SONNET}")
    assert [price(model, input_tokens=1_000_000) for model in models] == [2, 4, 5]
    # And what was not given stays as it was
    assert price("amazon.nova-canvas-v1:0", images=1) == 0.06


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"a": 1}',
        '{"a": {}}',
        '{"": {"image": 1}}',
        '{"a": {"picture": 1}}',
        *(f'{{"a": {{"image": {value}}}}}' for value in ('"1"', "-1", "true", "NaN", "Infinity")),
    ],
)
def test_prices_that_are_none_are_refused(text: str):
    with pytest.raises(ValueError):
        price_list(text)


@pytest.mark.parametrize(
    ("model", "times"),
    [
        ("anthropic.claude-3-sonnet-20240229-v1:0", 5),
        ("apac.anthropic.claude-3-5-sonnet-20241022-v2:0", 5),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", 5),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", 5),
        ("us.anthropic.claude-opus-4-7", 5),
        ("us.anthropic.claude-opus-4-8", 15),
        ("global.anthropic.claude-sonnet-5", 10),
        ("jp.anthropic.claude-opus-5-20261001-v1:0", 10),
        ("arn:aws:bedrock:us-east-1:111122223333:inference-profile/global.anthropic.claude-sonnet-5", 10),
        ("amazon.nova-pro-v1:0", 1),
    ],
)
def test_a_claude_s_answer_takes_more_of_the_quota(model: str, times: int):
    assert burndown(model) == times


def test_a_charge_goes_onto_its_own_call():
    # Given two calls of which the second was answered
    with collected() as receipts:
        note(Receipt(request_id="refused"))
        note(Receipt(request_id="answered"))
        # When its answer has come to something
        charge(0.07, input_tokens=5)
    # Then only it costs
    assert receipts == [Receipt("refused"), Receipt("answered", price_usd=0.07, input_tokens=5)]


def test_calls_at_the_same_time_are_charged_apart():
    # Given threads that share one collection
    def call(number: int) -> None:
        note(Receipt(request_id=str(number)))
        charge(number / 100)

    # When each calls and is charged
    with collected() as receipts, ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(copy_context().run, call, number) for number in range(200)]:
            future.result()
    # Then each charge stands on its own receipt
    assert sorted((int(each.request_id), each.price_usd) for each in receipts) == [(n, n / 100) for n in range(200)]


def test_nobody_collecting_is_no_fault():
    note(Receipt(request_id="lost"))
    charge(1.0)
    with collected() as receipts:
        pass
    assert receipts == []
