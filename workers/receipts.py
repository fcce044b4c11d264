"""What the calls of one step told about themselves, collected beside their answers.

A provider module notes, the step's task collects; neither knows the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


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


_collected: ContextVar[list[Receipt] | None] = ContextVar("receipts", default=None)


@contextmanager
def collected() -> Iterator[list[Receipt]]:
    """The receipts of every call that this thread makes inside the block, in order."""
    receipts: list[Receipt] = []
    token = _collected.set(receipts)
    try:
        yield receipts
    finally:
        _collected.reset(token)


def note(receipt: Receipt) -> None:
    """Hand in a receipt; nobody collecting is no fault."""
    receipts = _collected.get()
    if receipts is not None:
        receipts.append(receipt)
