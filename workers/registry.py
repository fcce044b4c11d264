"""What each kind of step brings with it: its deadline, and what its failure means to its craft."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Kind:
    name: str
    deadline: timedelta
    failed: Callable[[str, str], None]
    """Called with (subject, code) in the transaction that fails the step."""
    needs: Callable[[], Mapping[str, float]] = dict
    """Units of quota, by policy, that the provider in force takes for one such step."""


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


def needs(name: str) -> Mapping[str, float]:
    """What a step of this kind takes of which quota; nothing for a kind that this process does not know."""
    kind = _kinds.get(name)
    return kind.needs() if kind else {}


def failed(name: str, subject: str, code: str) -> None:
    _kinds[name].failed(subject, code)
