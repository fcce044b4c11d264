"""The providers' quotas, and what each step uses of them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from resume_site.settings.environment import env
from resume_site.settings.worlds import FACE_BACKEND, LETTER_BACKEND, MASK_BACKEND, OUTPAINT_BACKEND

LETTER_TOKENS = 12_000
"""Tokens reserved per letter: up to 1,850 for the prompt without facts, 7,200 for the longest answer, the rest for
facts. Unused ones are given back when the letter ends."""


def _quota(variable: str, name: str, default: str = "", counts: str = "calls") -> tuple[dict[str, Any], ...]:
    """One policy of workers.quota.policy, per minute or for what runs at once. An empty variable means no limit."""
    value: str = env.str(variable, default=default)
    if not value:
        return ()
    try:
        amount = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{variable}={value!r}: a number, or empty") from error
    if amount <= 0:
        raise ImproperlyConfigured(f"{variable}={value!r}: more than 0, or empty")
    return ({"name": name, "amount": amount, "counts": counts},)


QUOTAS = (
    *_quota("QUOTA_BEDROCK_IMAGE_RPM", "bedrock-image", "60"),
    *_quota("QUOTA_BEDROCK_TEXT_RPM", "bedrock-text"),
    *_quota("QUOTA_BEDROCK_TEXT_TPM", "bedrock-text-tokens", counts="tokens"),
    *_quota("QUOTA_REKOGNITION_RPM", "rekognition"),
    *_quota("QUOTA_SAM_CONCURRENCY", "sam", counts="at_once"),
)
# Units that one call of a step kind uses, by policy. The embedded world has no quotas.
STEP_QUOTAS: dict[str, dict[str, float]] = {
    "photos.detect_face": {"rekognition": 1} if FACE_BACKEND == "aws" else {},
    "photos.mask_head": {"sam": 1} if MASK_BACKEND == "aws" else {},
    "photos.outpaint": {"bedrock-image": 1} if OUTPAINT_BACKEND == "aws" else {},
    "letters.write": {"bedrock-text": 1, "bedrock-text-tokens": LETTER_TOKENS} if LETTER_BACKEND == "aws" else {},
}
