"""How many tokens of the quota one token of an answer uses (burndown rate), by model."""

from __future__ import annotations

import re

from aws.prices import named

NEWEST, LATE, EARLIER = 10, 15, 5
"""Burndown rates of Claude 5 and later, of Claude 4.8, and of Claude up to 4.7."""
OTHERS = 1

CLAUDE = re.compile(r"^anthropic\.claude\b")
NUMBERS = re.compile(r"-(\d{1,2})(?=-|:|@|\.|$)")
"""The numbers of a version. A date has eight digits, and the version of an id begins with a v."""


def burndown(model_id: str) -> int:
    """Quota tokens that one token of the answer uses at last. A token of the prompt uses 1.

    Source: the guide of Bedrock's quotas, November 2026. A Claude between 4.8 and 5 would count as 4.8. An id that does
    not name its model, such as that of an application inference profile, counts as no Claude.
    """
    name = named(model_id)
    if not CLAUDE.match(name):
        return OTHERS
    version = tuple(int(number) for number in NUMBERS.findall(name))
    if version >= (5,):
        return NEWEST
    return LATE if version >= (4, 8) else EARLIER
