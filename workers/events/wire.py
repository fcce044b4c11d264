"""The wire format of the event log: what writers put into Redis and readers take out.

There are three kinds of events about a text. The last part of their name says which. Each carries the version and the
section of the text, and the fence of the writer's claim. A piece of text also carries its offset. With these a reader
recognises a repeated, a missing and an outdated piece.
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
"""Sorted set of topics, by the time when a web process last reported a reader."""


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
    """An event as a writer publishes it."""

    topic: str
    name: str
    data: Mapping[str, Any]

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
        """Position in the log; later entries compare greater."""
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
    """The topic of an entry of the feed. Entries without readers in this process are not decoded further."""
    return fields[b"t"].decode()


def log_key(topic: str) -> str:
    return f"events:log:{topic}"
