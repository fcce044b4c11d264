"""How much of each section's text a client has received, and whether an entry is the next piece.

An entry about text carries the fence of the writer's claim and the offset of its piece. These two distinguish the next
piece from a repeated entry, from an entry of a writer that lost its lease, and from an entry after a gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workers.events.wire import Entry, TextKind


class Gap(Exception):
    """Text is missing between what the client has and this entry. A snapshot must replace it."""


@dataclass
class Progress:
    """How much of each text the client has."""

    reached: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    """Fence and length, by version and section."""

    def take(self, entry: Entry) -> list[tuple[str, dict[str, Any]]]:
        """The API's events that bring the client past this entry. Raises Gap."""
        kind = entry.text_kind
        if kind is None:
            return [(entry.name, entry.data)]
        data = dict(entry.data)
        fence, offset = data.pop("fence"), data.pop("offset", 0)
        present, length = self.reached.get(entry.section, (0, 0))
        if fence < present:
            return []
        events: list[tuple[str, dict[str, Any]]] = []
        if fence > present:
            if length and kind is not TextKind.RESET:
                events.append(_written_again(entry))
            length = 0
        if kind is TextKind.RESET:
            length = 0
        elif kind is TextKind.DELTA:
            if offset > length:
                raise Gap
            data["text"] = data["text"][length - offset :]
            length += len(data["text"])
        self.reached[entry.section] = (fence, length)
        if kind is not TextKind.DELTA or data["text"]:
            events.append((entry.name, data))
        return events


def _written_again(entry: Entry) -> tuple[str, dict[str, Any]]:
    """The reset event for a text that a later writer began again, when the log does not have that event."""
    version, section = entry.section
    name = f"{entry.name.rpartition('.')[0]}.{TextKind.RESET}"
    return name, {"version": version, "section": section, "reason": "written_again"}


def after(entries: list[Entry]) -> Progress:
    """The progress of a client that has received all these entries, from the beginning of the log. Raises Gap."""
    progress = Progress()
    for entry in entries:
        progress.take(entry)
    return progress
