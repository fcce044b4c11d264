"""The wire format of the event log: what a writer puts into Redis, and what a reader takes out of it.

Events about a text are of three kinds, told by the last part of their name. They carry the version and the section that
the text belongs to, the fence of the writer's claim, and, for a piece of text, its offset: so a reader can tell a
repeated, a missing or an outdated piece from the next one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

FEED = "events:feed"
EPOCH = "events:epoch"
WATCHED = "events:watched"
"""Topics, by the time when a reader last said that somebody watches them."""


class TextKind(StrEnum):
    """The last part of the name of an event about a text."""

    SECTION = "section"
    """A section begins."""
    DELTA = "delta"
    """A piece of text, `text`, that begins at `offset`."""
    RESET = "reset"
    """The section's text is empty again, for `reason`."""


@dataclass(frozen=True)
class Event:
    """What a writer tells."""

    topic: str
    name: str
    data: dict[str, Any]

    def arguments(self) -> tuple[str, str, str]:
        """Topic, name and data as the publishing script takes them."""
        return self.topic, self.name, json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Entry:
    """An event in a topic's log, as a reader takes it out."""

    id: str
    name: str
    data: dict[str, Any]

    @classmethod
    def of(cls, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Entry:
        return cls(id=entry_id.decode(), name=fields[b"e"].decode(), data=json.loads(fields[b"d"]))

    @classmethod
    def of_feed(cls, fields: Mapping[bytes, bytes]) -> Entry:
        """The entry as its topic's log has it."""
        return cls.of(fields[b"i"], fields)

    @property
    def position(self) -> tuple[int, int]:
        """In the log; later entries compare greater."""
        milliseconds, _, sequence = self.id.partition("-")
        return int(milliseconds), int(sequence)

    @property
    def text_kind(self) -> TextKind | None:
        """None for an event that is not about a text."""
        return _TEXT_KINDS.get(self.name.rpartition(".")[2])

    @property
    def section(self) -> tuple[int, int]:
        """Version and section of the text that the event is about."""
        return self.data["version"], self.data["section"]


_TEXT_KINDS: Mapping[str, TextKind] = {kind.value: kind for kind in TextKind}


def topic_of(fields: Mapping[bytes, bytes]) -> str:
    """The topic of an entry of the feed. Most entries interest nobody here, and need no more reading."""
    return fields[b"t"].decode()


def log_key(topic: str) -> str:
    return f"events:log:{topic}"
