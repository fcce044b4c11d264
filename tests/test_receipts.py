"""What the AWS world's calls cost, as their receipts say, against the double."""

from __future__ import annotations

import json

import pytest

from aws_double import Double, Fault
from letters.writers.bedrock import BedrockWriter
from photos.detection.rekognition import RekognitionDetector
from photos.masking.sagemaker import SageMakerMasker
from photos.pictures import encode_jpeg
from photos.types import MaskScope
from tests.test_aws_providers import BRIEF, FACE, double, picture, running_double  # noqa: F401
from workers.engine.receipts import collected
from workers.errors import Throttled

SONNET = "global.anthropic.claude-sonnet-5"


def test_a_face_costs_its_call(double: Double):  # noqa: F811
    with collected() as receipts:
        RekognitionDetector().detect(encode_jpeg(picture()))
    (call,) = double.world.record.calls("DetectFaces")
    assert [(each.request_id, each.price_usd) for each in receipts] == [(call.request_id, 0.001)]


def test_a_refused_call_is_on_a_receipt_and_costs_nothing(double: Double):  # noqa: F811
    double.world.faults.add(Fault("throttle", "DetectFaces"))
    with collected() as receipts, pytest.raises(Throttled):
        RekognitionDetector().detect(encode_jpeg(picture()))
    assert [each.price_usd for each in receipts] == [0.0]
    assert receipts[0].request_id


def test_each_call_of_a_mask_costs_what_the_settings_say_of_the_endpoint(double: Double, settings):  # noqa: F811
    settings.PRICES = json.dumps({settings.SAM_ENDPOINT_NAME: {"call": 0.0002}})
    with collected() as receipts:
        SageMakerMasker().mask(picture(), FACE, MaskScope.HEAD)
    assert [each.price_usd for each in receipts] == [0.0002, 0.0002]


def test_a_letter_is_one_receipt_with_its_tokens_price_and_quota(double: Double, settings):  # noqa: F811
    # Given a model whose answer counts tenfold in its quota
    settings.BEDROCK_TEXT_MODEL_ID = SONNET
    settings.PRICES = json.dumps({SONNET: {"million_input_tokens": 1, "million_output_tokens": 10}})
    # When a letter is written
    with collected() as receipts:
        "".join(BedrockWriter().write(BRIEF, (1, 2, 3, 4)))
    # Then its one call says all of it
    (call,) = double.world.record.calls("ConverseStream")
    (receipt,) = receipts
    assert receipt.request_id == call.request_id
    assert receipt.output_tokens > receipt.input_tokens > 0
    assert receipt.quota_tokens == receipt.input_tokens + 10 * receipt.output_tokens
    assert receipt.price_usd == pytest.approx((receipt.input_tokens + 10 * receipt.output_tokens) / 1_000_000)
