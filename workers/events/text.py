"""How far a client has come in each item's text, and which entry is the next piece of it.

An entry about text carries the fence of the writer's claim and the offset of its piece. With both, an entry
that was sent before, one of a writer that lost its lease, and a gap are told from the next piece.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workers.events.wire import Entry, TextKind


class Gap(Exception):
    """Text is missing between what the client has and this entry: a snapshot must fill it."""


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
    """A reset that the log no longer has, or never had: a later writer began the text anew."""
    version, section = entry.section
    name = f"{entry.name.rpartition('.')[0]}.{TextKind.RESET}"
    return name, {"version": version, "section": section, "reason": "written_again"}


def after(entries: list[Entry]) -> Progress:
    """Where a client stands that was sent all of these entries from the beginning of the log. Raises Gap."""
    progress = Progress()
    for entry in entries:
        progress.take(entry)
    return progress
