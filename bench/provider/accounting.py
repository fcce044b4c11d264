"""Three ways to count a quota, weighted and settled, under a quota that may change. Seconds since the run's start.

They differ from those of `aws_double.quotas` by what a bench needs: amounts instead of calls, a reservation that
is settled when the call ends, and a quota that follows a trace.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol


@dataclass
class Charge:
    at: float
    amount: float


@dataclass(frozen=True)
class Quota:
    """`amount` in `window` seconds, times the share that the trace gives: pairs of (from second, share)."""

    amount: float
    window: float
    trace: tuple[tuple[float, float], ...] = ((0.0, 1.0),)

    def share(self, at: float) -> float:
        present = self.trace[0][1]
        for since, share in self.trace:
            if at >= since:
                present = share
        return present

    def allowed(self, begin: float, end: float) -> float:
        """Units that the rate gives between two moments."""
        moments = [begin, *(since for since, _ in self.trace if begin < since < end), end]
        shares = sum((later - earlier) * self.share(earlier) for earlier, later in pairwise(moments))
        return shares * self.amount / self.window

    def moment(self, units: float) -> float:
        """When the rate has given so many units since second 0."""
        at = 0.0
        for begin, end in pairwise([*(since for since, _ in self.trace), float("inf")]):
            rate = self.share(begin) * self.amount / self.window
            if at + rate * (end - begin) >= units:
                return begin + (units - at) / rate
            at += rate * (end - begin)
        raise AssertionError("the last share is 0")


class Accounting(Protocol):
    def admit(self, now: float, amount: float) -> Charge | None:
        """The charge of a call that arrives now; None = refused."""
        ...

    def settle(self, charge: Charge, amount: float, now: float) -> None:
        """The call ended and cost `amount` in truth."""
        ...


class Bucket:
    """Fills evenly, holds what `capacity` seconds bring."""

    def __init__(self, quota: Quota, capacity: float, *, spent: bool) -> None:
        self._quota, self._capacity = quota, capacity
        self._level = 0.0 if spent else self._most(0.0)
        self._at = 0.0

    def _most(self, now: float) -> float:
        return self._quota.amount / self._quota.window * self._quota.share(now) * self._capacity

    def _fill(self, now: float) -> None:
        self._level = min(self._most(now), self._level + self._quota.allowed(self._at, now))
        self._at = now

    def admit(self, now: float, amount: float) -> Charge | None:
        self._fill(now)
        if self._level < amount:
            return None
        self._level -= amount
        return Charge(now, amount)

    def settle(self, charge: Charge, amount: float, now: float) -> None:
        self._fill(now)
        self._level = min(self._most(now), self._level + charge.amount - amount)


class FixedWindows:
    """Counts from zero when a new window begins. The first begins `phase` seconds before the run."""

    def __init__(self, quota: Quota, phase: float) -> None:
        self._quota, self._phase = quota, phase
        self._window, self._sum = -1, 0.0

    def _of(self, at: float) -> int:
        return int((at + self._phase) // self._quota.window)

    def admit(self, now: float, amount: float) -> Charge | None:
        if self._of(now) != self._window:
            self._window, self._sum = self._of(now), 0.0
        if self._sum + amount > self._quota.amount * self._quota.share(now):
            return None
        self._sum += amount
        return Charge(now, amount)

    def settle(self, charge: Charge, amount: float, now: float) -> None:
        if self._of(charge.at) == self._window:
            self._sum += amount - charge.amount
        charge.amount = amount


class SlidingWindow:
    """Counts what arrived within the last window, whenever that began."""

    def __init__(self, quota: Quota, *, spent: bool) -> None:
        self._quota = quota
        pieces = 240
        self._charges = deque(
            Charge(-quota.window * (pieces - piece) / pieces, quota.amount / pieces)
            for piece in range(pieces if spent else 0)
        )

    def admit(self, now: float, amount: float) -> Charge | None:
        while self._charges and self._charges[0].at <= now - self._quota.window:
            self._charges.popleft()
        if sum(each.amount for each in self._charges) + amount > self._quota.amount * self._quota.share(now) + 1e-6:
            return None
        self._charges.append(Charge(now, amount))
        return self._charges[-1]

    def settle(self, charge: Charge, amount: float, now: float) -> None:
        charge.amount = amount


def accounting(
    kind: str, quota: Quota, *, capacity: float = 1.0, phase: float = 0.0, spent: bool = False
) -> Accounting:
    """`bucket` (of `capacity` seconds), `fixed` or `sliding`; `spent`: as if the window before had used all of it."""
    match kind:
        case "bucket":
            return Bucket(quota, capacity, spent=spent)
        case "fixed":
            return FixedWindows(quota, phase)
        case "sliding":
            return SlidingWindow(quota, spent=spent)
    raise ValueError(kind)
