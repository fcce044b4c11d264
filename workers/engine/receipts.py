"""Receipts: id, tokens and price of each provider call of a step, collected apart from the answers.

Provider modules call `note` and `charge`, the step's task calls `collected`. Neither depends on the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Receipt:
    """One call to a provider, answered or refused."""

    request_id: str = ""
    """The provider's id of the call. Its support asks for it."""
    input_tokens: int = 0
    output_tokens: int = 0
    quota_tokens: float = 0.0
    """Tokens that the provider's quota counts for this call at last; 0 when it counts no tokens."""
    price_usd: float = 0.0
    """By the price list of the provider's module. A refused call costs nothing."""


_collected: ContextVar[list[Receipt] | None] = ContextVar("receipts", default=None)
_latest: ContextVar[Receipt | None] = ContextVar("latest_receipt", default=None)
"""The latest receipt of this thread. Several threads may share one list."""


@contextmanager
def collected() -> Iterator[list[Receipt]]:
    """The receipts of every call that this thread makes inside the block, in order."""
    receipts: list[Receipt] = []
    token, latest = _collected.set(receipts), _latest.set(None)
    try:
        yield receipts
    finally:
        _collected.reset(token)
        _latest.reset(latest)


def note(receipt: Receipt) -> None:
    """Add a receipt. Does nothing outside of a `collected` block."""
    receipts = _collected.get()
    if receipts is not None:
        receipts.append(receipt)
        _latest.set(receipt)


def charge(price_usd: float, *, input_tokens: int = 0, output_tokens: int = 0, quota_tokens: float = 0.0) -> None:
    """Write price and tokens to the receipt of this thread's latest call, after its answer has come."""
    receipts, latest = _collected.get(), _latest.get()
    if receipts is None:
        return
    if latest is None:
        note(latest := Receipt())
    charged = replace(
        latest,
        price_usd=price_usd,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        quota_tokens=quota_tokens,
    )
    index = next(index for index, receipt in enumerate(receipts) if receipt is latest)
    receipts[index] = charged
    _latest.set(charged)
