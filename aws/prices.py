"""Prices of calls by model id. They are estimates; only the provider's bill is exact.

A price is found by a prefix of the id; the longest match wins. The region prefix of an inference profile (`us.`,
`apac.`, `global.` …) and the path of an ARN are ignored. An id without a price costs 0, such as a SageMaker endpoint,
which is paid by time and not by call.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache

from django.conf import settings


@dataclass(frozen=True)
class Price:
    """US dollars."""

    call: float = 0.0
    image: float = 0.0
    million_input_tokens: float = 0.0
    million_output_tokens: float = 0.0


GUIDE: Mapping[str, Price] = {
    # Guide prices of November 2026, per returned image.
    "amazon.titan-image-generator": Price(image=0.008),
    "amazon.nova-canvas": Price(image=0.06),
    "stability.stable-image-inpaint": Price(image=0.07),
    # Per picture, for the first million a month. A guide price of November 2026.
    "detect-faces": Price(call=0.001),
    # Uncertain: price lists of 2026 for Claude 4.5 to 4.7 with global profiles. Regional profiles cost a tenth more.
    "anthropic.claude-haiku": Price(million_input_tokens=1, million_output_tokens=5),
    "anthropic.claude-sonnet": Price(million_input_tokens=3, million_output_tokens=15),
    "anthropic.claude-opus": Price(million_input_tokens=5, million_output_tokens=25),
}

PROFILE = re.compile(r"^(global|us-gov|us|eu|apac|jp|au|ca)\.")
"""The prefix of an inference profile before the model's own id."""


def price(model_id: str, *, calls: int = 0, images: int = 0, input_tokens: int = 0, output_tokens: int = 0) -> float:
    """The price of calls, images and tokens together, US dollars."""
    prices = price_list(settings.PRICES)
    ids = (model_id, named(model_id))
    found = max((key for key in prices if any(each.startswith(key) for each in ids)), key=len, default=None)
    if found is None:
        return 0.0
    one = prices[found]
    tokens = input_tokens * one.million_input_tokens + output_tokens * one.million_output_tokens
    return calls * one.call + images * one.image + tokens / 1_000_000


def named(model_id: str) -> str:
    """The model's own id, without an ARN's path and the prefix of an inference profile."""
    return PROFILE.sub("", model_id.rsplit("/", 1)[-1])


@cache
def price_list(text: str) -> dict[str, Price]:
    """The guide prices, overridden by a JSON object: {"prefix of an id": {"image": 0.05}, …}.

    Raises ValueError for any other text, and for negative or unknown prices.
    """
    given = json.loads(text) if text else {}
    if not isinstance(given, dict):
        raise ValueError("an object of prices by model id is needed")
    return {**GUIDE, **{key: _price(key, entry) for key, entry in given.items()}}


def _price(key: str, entry: object) -> Price:
    known = {field.name for field in fields(Price)}
    if not key or not isinstance(entry, dict) or not entry or not entry.keys() <= known:
        raise ValueError(f"{key!r}: an object with some of {', '.join(sorted(known))} is needed")
    for name, value in entry.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise ValueError(f"{key!r}: {name} must be dollars, 0 or more")
    return Price(**entry)
