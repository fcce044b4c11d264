"""Named changes of a row's state. Each lists the states that it expects and refuses all others (compare-and-set)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from workers.errors import LeaseLost


@dataclass(frozen=True)
class Transition:
    """A change from any of the expected states to one new state."""

    name: str
    expected: Collection[str]
    to: str

    def apply(self, rows: QuerySet[Any], **changes: Any) -> bool:
        """Change the rows that are in an expected state, other fields included. False when there was no such row."""
        return bool(rows.filter(state__in=self.expected).update(state=self.to, **changes))

    def require(self, rows: QuerySet[Any], **changes: Any) -> None:
        """As `apply`, for a worker's step. Raises LeaseLost when the row was cancelled, deleted, or already changed."""
        if not self.apply(rows, **changes):
            raise LeaseLost(f"{_label(rows)}: {self.name} is not possible any more")


def _label(rows: QuerySet[Any]) -> str:
    model: type[Model] = rows.model
    return model._meta.label
