"""Every fault of the double, where it can happen, and what it may do to a job."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from aws_double.faults import BEHAVIOURS, ERRORS

DETECT, MASK, PAINT, WRITE = OPERATIONS = ("DetectFaces", "InvokeEndpoint", "InvokeModel", "ConverseStream")

WHERE: dict[str, tuple[str, ...]] = {
    "throttle": OPERATIONS,
    "provisioned": (DETECT,),
    "quota": (PAINT, WRITE),
    "not_ready": (MASK, PAINT, WRITE),
    "unavailable": OPERATIONS,
    "internal": OPERATIONS,
    "overloaded": (PAINT, WRITE),
    "model_timeout": (PAINT, WRITE),
    "model_error": (MASK, PAINT, WRITE),
    "validation": (MASK, PAINT, WRITE),
    "dead_model": (PAINT, WRITE),
    "filter_validation": (PAINT, WRITE),
    "denied": OPERATIONS,
    "missing": (MASK, PAINT, WRITE),
    "expired": OPERATIONS,
    "drop": OPERATIONS,
    # Elsewhere the call is given up after 70 to 120 s only.
    "stall": (DETECT,),
    "garbage": (DETECT, MASK, PAINT),
    "filter": (PAINT, WRITE),
    "inference_error": (PAINT,),
    "empty": (MASK, PAINT, WRITE),
    "wrong_size": (MASK, PAINT),
    "inverted": (MASK,),
    "none": (MASK,),
    **dict.fromkeys(("cut", "silent", "exception", "damaged", "no_stop", "missing_marker", "max_tokens"), (WRITE,)),
}
"""By kind; the operations that can answer so."""
OF_OTHER_MODELS = {"filter_some"}
"""Needs several pictures in one answer: Titan's and Nova's, not the default model's."""
OF_THE_BUCKET = {"slow_down"}
"""Pictures lie in files here; tests/test_store_away.py tries a bucket."""
assert {*WHERE, *OF_OTHER_MODELS, *OF_THE_BUCKET} == {*ERRORS, *BEHAVIOURS}, "a fault of the double is missing here"

MISCONFIGURED = {"dead_model", "denied", "missing", "expired"}
"""The operator's: all work of the kind is held, and tried again in pauses that grow to half a minute."""
LONG = {"quota", "silent", "stall", "not_ready"}
"""What is waited for longest: five minutes, 45 s of silence, 15 s, up to 30 s."""
PERMANENT = {"validation", "filter_validation", "filter"}
"""May end a job at once. A picture that is withheld gets one other seed first."""
BAD_ANSWERS = {
    *("model_timeout", "model_error", "garbage", "inference_error", "empty", "wrong_size", "inverted", "none"),
    *("exception", "missing_marker", "max_tokens"),
}
"""End a job the second time that they meet one step of it."""
QUOTA_WAIT = 300.0
"""Seconds that a job waits after ServiceQuotaExceededException."""


def every(chance: random.Random, kinds: Iterable[str], *, everywhere: bool) -> list[dict[str, Any]]:
    """One fault of each kind, `everywhere` or at one place; shuffled, as the double takes them over HTTP."""
    ordered = []
    for kind in sorted(kinds):
        places = WHERE[kind]
        for operation in places if everywhere else [chance.choice(places)]:
            ordered.append({"kind": kind, "operation": operation, "after_items": chance.randrange(4)})
    chance.shuffle(ordered)
    return ordered
