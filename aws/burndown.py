"""How fast a model's answers use up its quota of tokens."""

from __future__ import annotations

import re

from aws.prices import named

NEWEST, LATE, EARLIER = 10, 15, 5
"""Of Claude 5 and later, of Claude 4.8, of those up to 4.7, in that order."""
OTHERS = 1

CLAUDE = re.compile(r"^anthropic\.claude\b")
NUMBERS = re.compile(r"-(\d{1,2})(?=-|:|@|\.|$)")
"""Those of a version; a date has eight digits, and an id's own version a v."""


def burndown(model_id: str) -> int:
    """Tokens of its quota that one token of the answer takes in the end, where one of the prompt takes 1.

    Source: the guide of Bedrock's quotas, November 2026. A Claude between 4.8 and 5 would be
    counted as 4.8, an id that does not tell its model (an application inference profile's) as no Claude.
    """
    name = named(model_id)
    if not CLAUDE.match(name):
        return OTHERS
    version = tuple(int(number) for number in NUMBERS.findall(name))
    if version >= (5,):
        return NEWEST
    return LATE if version >= (4, 8) else EARLIER
