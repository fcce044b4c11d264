"""Bedrock's control plane: models with their lifecycles, and inference profiles."""

from __future__ import annotations

from typing import Any

from aws_double.answers import Answer, Refusal
from aws_double.signing import REGION

REGIONS = ("us.", "eu.", "apac.", "jp.", "global.")

ACTIVE = {"status": "ACTIVE"}
LIFECYCLES = {
    "amazon.titan-image-generator-v2:0": {
        "status": "LEGACY",
        "legacyTime": "2025-12-30T00:00:00Z",
        "endOfLifeTime": "2026-06-30T00:00:00Z",
    },
    "amazon.nova-canvas-v1:0": {
        "status": "LEGACY",
        "legacyTime": "2026-03-30T00:00:00Z",
        "endOfLifeTime": "2026-09-30T00:00:00Z",
    },
    "stability.stable-image-inpaint-v1:0": ACTIVE,
    "anthropic.claude-sonnet-5": ACTIVE,
    "anthropic.claude-haiku-4-5-20251001-v1:0": ACTIVE,
}
"""Lifecycles by the model's own id. Any other model is unknown, as one after its end is."""


Lifecycles = dict[str, dict[str, str]]


def foundation_model(model: str, lifecycles: Lifecycles) -> Answer:
    """Raises Refusal for a name that is no foundation model, such as a profile."""
    model = model.rpartition("/")[2]
    if model not in lifecycles:
        raise Refusal(404, "ResourceNotFoundException", "Could not resolve the foundation model from the identifier.")
    return Answer.of(
        {
            "modelDetails": {
                "modelArn": _arn(model),
                "modelId": model,
                "modelName": model,
                "providerName": model.partition(".")[0],
                "modelLifecycle": lifecycles[model],
            }
        }
    )


def inference_profile(profile: str, lifecycles: Lifecycles) -> Answer:
    """Raises Refusal for an id without a region or with an unknown model."""
    name = profile.rpartition("/")[2]
    region = next((each for each in REGIONS if name.startswith(each)), None)
    model = name.removeprefix(region or "")
    if region is None or model not in lifecycles:
        raise Refusal(404, "ResourceNotFoundException", "The provided inference profile identifier is not found.")
    answer: dict[str, Any] = {
        "inferenceProfileId": name,
        "inferenceProfileArn": f"arn:aws:bedrock:{REGION}:111122223333:inference-profile/{name}",
        "inferenceProfileName": name,
        "models": [{"modelArn": _arn(model)}],
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
    return Answer.of(answer)


def provisioned_throughput(name: str, lifecycles: Lifecycles) -> Answer:
    """There is one provisioned throughput. It serves the first model."""
    return Answer.of({"provisionedModelArn": name, "foundationModelArn": _arn(next(iter(lifecycles)))})


OPERATIONS = {
    "GetFoundationModel": foundation_model,
    "GetInferenceProfile": inference_profile,
    "GetProvisionedModelThroughput": provisioned_throughput,
}


def _arn(model: str) -> str:
    return f"arn:aws:bedrock:{REGION}::foundation-model/{model}"
