"""What the calls of one step told about themselves, collected beside their answers.

A provider module notes, the step's task collects; neither knows the other.
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
    """The provider's own id of the call: what its support asks for."""
    input_tokens: int = 0
    output_tokens: int = 0
    quota_tokens: float = 0.0
    """What the provider's token quota counts for this call in the end; 0 where it does not count tokens."""
    price_usd: float = 0.0
    """By the list in aws.prices; a call that was refused costs nothing."""


_collected: ContextVar[list[Receipt] | None] = ContextVar("receipts", default=None)
_latest: ContextVar[Receipt | None] = ContextVar("latest_receipt", default=None)
"""Of this thread, where several share a list."""


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
    """Hand in a receipt; nobody collecting is no fault."""
    receipts = _collected.get()
    if receipts is not None:
        receipts.append(receipt)
        _latest.set(receipt)


def charge(price_usd: float, *, input_tokens: int = 0, output_tokens: int = 0, quota_tokens: float = 0.0) -> None:
    """Write onto the receipt of this thread's latest call what it came to, once its answer is in."""
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
