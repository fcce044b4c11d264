"""The limits of the providers, and what each step kind uses of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

CAUTION = 0.99
"""The share of the published quota that is used. Network delays vary, so calls may arrive up to 1 % of the window
closer together than their slots. A refusal costs more than this margin."""


class Counts(StrEnum):
    """What a policy counts."""

    CALLS = "calls"
    TOKENS = "tokens"
    AT_ONCE = "at_once"


@dataclass(frozen=True)
class Policy:
    """`amount` calls or tokens in `seconds`. A policy that counts what runs at once allows `amount` at any moment."""

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
        """Two limits of the gate, each as calls and microseconds: for a whole window, and for about a second.

        The second limit is for providers with a small token bucket. Calls are whole numbers: 2.5 a minute are 2 in 48
        s, and 1 in 24 s.
        """
        interval = self.seconds / self.amount * 1_000_000
        whole, second = max(1, math.floor(self.amount)), max(1, math.floor(self.amount / self.seconds))
        return whole, math.ceil(whole * interval / CAUTION), second, math.ceil(second * interval)

    @property
    def at_once(self) -> bool:
        return self.counts == Counts.AT_ONCE


def limits() -> dict[str, Policy]:
    """The policies in force, by name. A quota that settings leave empty has no policy."""
    return {each["name"]: Policy(**each) for each in settings.QUOTAS}


def needs(kind: str) -> Mapping[str, float]:
    """What one call of this step kind takes: units by policy name, as `STEP_QUOTAS` says."""
    units: Mapping[str, float] = settings.STEP_QUOTAS.get(kind, {})
    return units
