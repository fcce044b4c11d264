"""What each kind of step brings with it: its deadline, and what its failure means to its craft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Kind:
    name: str
    deadline: timedelta
    failed: Callable[[str, str], None]
    """Called with (subject, code) in the transaction that fails the step."""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


def failed(name: str, subject: str, code: str) -> None:
    """Tell the craft. A kind that this version no longer has means nothing to anybody."""
    if name in _kinds:
        _kinds[name].failed(subject, code)
