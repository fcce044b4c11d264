"""The function that each step kind's app has registered for failures."""

from __future__ import annotations

from collections.abc import Callable

_failed: dict[str, Callable[[str, str], None]] = {}


def register(kind: str, failed: Callable[[str, str], None]) -> None:
    """`failed` is called with (subject, code) in the transaction that fails a step of this kind."""
    _failed[kind] = failed


def failed(kind: str, subject: str, code: str) -> None:
    """Call the registered function. A step kind that this version does not know is ignored."""
    if kind in _failed:
        _failed[kind](subject, code)
