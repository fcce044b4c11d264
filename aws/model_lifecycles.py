"""The end of life of the configured models: asks Bedrock once a day and logs what needs attention.

A model past its end is a wrong configuration: the circuit breaker holds its work until the id is changed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from django.dispatch import receiver

from aws import clients
from aws.prices import PROFILE
from workers.errors import StepError
from workers.signals import hour_passed

logger = logging.getLogger(__name__)

WARN_BEFORE = timedelta(days=90)
"""How long before a model's end the warnings begin: time to try another model."""
READ_SECONDS = 5
"""The answer is small. The check runs in the thread of the hourly chores."""
ONCE_IN = timedelta(days=1)


class Standing(IntEnum):
    """The state of a model. The number is the exit status of `check_models`."""

    FINE = 0
    ENDING = 1
    GONE = 2
    """Past its end, or unknown to Bedrock."""
    UNASKED = 3
    """Bedrock could not be asked."""


BY_WEIGHT = (Standing.FINE, Standing.ENDING, Standing.UNASKED, Standing.GONE)
"""The worst last. A model that is gone is worse than one that could not be checked."""
LEVELS = {Standing.ENDING: logging.WARNING, Standing.UNASKED: logging.WARNING, Standing.GONE: logging.ERROR}


@dataclass(frozen=True)
class Finding:
    variable: str
    """The environment variable that names the model."""
    model: str
    standing: Standing
    said: str
    """A sentence for the operator."""
    ends: datetime | None = None
    """When calls begin to fail; None when no date is announced."""


def check(now: datetime | None = None) -> list[Finding]:
    """The state of every configured model. Raises nothing: a model that cannot be checked is a finding too."""
    return [_finding(variable, model, now or datetime.now(UTC)) for variable, model in settings.BEDROCK_MODELS.items()]


def worst(findings: Iterable[Finding]) -> Standing:
    return max((finding.standing for finding in findings), key=BY_WEIGHT.index, default=Standing.FINE)


@receiver(hour_passed)
def check_daily(**_: Any) -> None:
    """Log every finding that is not fine, once a day for all processes. A changed id is checked within the hour."""
    ids = ",".join(settings.BEDROCK_MODELS.values())
    try:
        if not ids or not cache.add(f"models-checked:{ids}", "1", timeout=ONCE_IN.total_seconds()):
            return
    except redis.RedisError:
        logger.warning("Redis away: the models are looked at an hour later")
        return
    for finding in check():
        if finding.standing in LEVELS:
            logger.log(LEVELS[finding.standing], "%s=%s: %s", finding.variable, finding.model, finding.said)


def _finding(variable: str, model: str, now: datetime) -> Finding:
    try:
        lifecycle = _lifecycle(model)
    except StepError as error:
        return Finding(variable, model, Standing.UNASKED, f"Bedrock cannot be asked: {error}")
    if lifecycle is None:
        return Finding(variable, model, Standing.GONE, "unknown to Bedrock in this region: gone, or misspelt")
    ends: datetime | None = lifecycle.get("endOfLifeTime")
    if ends is None and lifecycle.get("status") == "LEGACY":
        return Finding(variable, model, Standing.ENDING, "legacy, its end not yet announced")
    if ends is None or ends - now > WARN_BEFORE:
        return Finding(variable, model, Standing.FINE, "live", ends)
    if ends <= now:
        return Finding(variable, model, Standing.GONE, f"its life ended on {ends:%Y-%m-%d}", ends)
    return Finding(variable, model, Standing.ENDING, f"ends on {ends:%Y-%m-%d}, in {(ends - now).days} days", ends)


def _lifecycle(model: str) -> dict[str, Any] | None:
    """The lifecycle of the foundation model; None for an id unknown to Bedrock. Raises the engine's errors."""
    with clients.translated():
        client = clients.client("bedrock", read_timeout=READ_SECONDS, region=settings.BEDROCK_REGION)
        try:
            answer = client.get_foundation_model(modelIdentifier=_foundation(client, model))
        except (client.exceptions.ResourceNotFoundException, client.exceptions.ValidationException):
            return None
    lifecycle: dict[str, Any] = answer["modelDetails"].get("modelLifecycle", {})
    return lifecycle


def _foundation(client: Any, model: str) -> str:
    """The foundation model of an inference profile or provisioned throughput; any other id is returned unchanged."""
    if PROFILE.match(model) or "inference-profile/" in model:
        models = client.get_inference_profile(inferenceProfileIdentifier=model)["models"]
        return str(models[0]["modelArn"]).rpartition("/")[2]
    if ":provisioned-model/" in model:
        return str(client.get_provisioned_model_throughput(provisionedModelId=model)["foundationModelArn"])
    return model
