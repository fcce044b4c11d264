"""Named changes of a row's state. Each names the states that it expects and refuses any other (compare-and-set)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from workers.errors import LeaseLost


@dataclass(frozen=True)
class Transition:
    """From one of the expected states to the next."""

    name: str
    expected: Collection[str]
    to: str

    def apply(self, rows: QuerySet[Any], **changes: Any) -> bool:
        """Change the rows that are in an expected state, with other fields beside it. False when none was."""
        return bool(rows.filter(state__in=self.expected).update(state=self.to, **changes))

    def require(self, rows: QuerySet[Any], **changes: Any) -> None:
        """As `apply`, for a worker's step. Raises LeaseLost: the row was cancelled, deleted, or went on without it."""
        if not self.apply(rows, **changes):
            raise LeaseLost(f"{_label(rows)}: {self.name} is not possible any more")


def _label(rows: QuerySet[Any]) -> str:
    model: type[Model] = rows.model
    return model._meta.label
