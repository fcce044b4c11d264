"""What a failure of each kind of step means to its craft."""

from __future__ import annotations

from collections.abc import Callable

_failed: dict[str, Callable[[str, str], None]] = {}


def register(kind: str, failed: Callable[[str, str], None]) -> None:
    """`failed` is called with (subject, code) in the transaction that fails a step of this kind."""
    _failed[kind] = failed


def failed(kind: str, subject: str, code: str) -> None:
    """Tell the craft. A kind that this version no longer has means nothing to anybody."""
    if kind in _failed:
        _failed[kind](subject, code)
