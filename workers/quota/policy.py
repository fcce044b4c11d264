"""What may be asked of a provider, and what each kind of step takes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

CAUTION = 0.99
"""Share of the published quota that is used, and of a window that it is spread over: calls travel unevenly, so their
arrivals may lie closer together than their slots, by 1 % of the window. A refusal costs more than that."""


class Counts(StrEnum):
    """What a policy counts."""

    CALLS = "calls"
    TOKENS = "tokens"
    AT_ONCE = "at_once"


@dataclass(frozen=True)
class Policy:
    """`amount` units in `seconds`; of calls, or of tokens. Of what is counted at once, `amount` at any moment."""

    name: str
    amount: float
    seconds: float = 60.0
    counts: Counts = Counts.CALLS

    @property
    def interval(self) -> int:
        """Microseconds between two units."""
        return max(1, math.ceil(self.seconds / self.amount / CAUTION * 1_000_000))

    @property
    def window(self) -> int:
        """Microseconds."""
        return int(self.seconds * 1_000_000)

    @property
    def gate(self) -> tuple[int, int, int, int]:
        """How many calls are let through in how many microseconds: of a whole window, and of a second.

        The second is for providers that fill a small bucket. Whole calls: 2.5 a minute are 2 in 48 s, and 1 in 24 s.
        """
        interval = self.seconds / self.amount * 1_000_000
        whole, second = max(1, math.floor(self.amount)), max(1, math.floor(self.amount / self.seconds))
        return whole, math.ceil(whole * interval / CAUTION), second, math.ceil(second * interval)

    @property
    def at_once(self) -> bool:
        return self.counts == Counts.AT_ONCE


def limits() -> dict[str, Policy]:
    """The policies in force, by name; a quota that settings leave empty has none."""
    return {each["name"]: Policy(**each) for each in settings.QUOTAS}


def needs(kind: str) -> Mapping[str, float]:
    """What one call of this step kind takes: units by policy name, as `STEP_QUOTAS` says."""
    units: Mapping[str, float] = settings.STEP_QUOTAS.get(kind, {})
    return units
