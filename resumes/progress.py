"""How far a client has come in each item's text, and which entry is the next piece of it.

An entry about text carries the fence of the writer's claim and the offset of its piece. With both, an entry
that was sent before, one of a writer that lost its lease, and a gap are told from the next piece.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from resumes.feed import Entry

TEXT_EVENTS = ("letter.section", "letter.delta", "letter.reset")


class Gap(Exception):
    """Text is missing between what the client has and this entry: a snapshot must fill it."""


@dataclass
class Progress:
    """Per (version, item): the fence and the length of the text that the client has."""

    places: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def take(self, entry: Entry) -> list[tuple[str, dict[str, Any]]]:
        """The API's events that bring the client past this entry. Raises Gap."""
        if entry.name not in TEXT_EVENTS:
            return [(entry.name, entry.data)]
        data = dict(entry.data)
        fence, offset = data.pop("fence"), data.pop("offset", 0)
        key = (data["version"], data["section"])
        present, length = self.places.get(key, (0, 0))
        if fence < present:
            return []
        events: list[tuple[str, dict[str, Any]]] = []
        if fence > present:
            if length and entry.name != "letter.reset":
                events.append(("letter.reset", {"version": key[0], "section": key[1], "reason": "written_again"}))
            length = 0
        if entry.name == "letter.reset":
            length = 0
        elif entry.name == "letter.delta":
            if offset > length:
                raise Gap
            data["text"] = data["text"][length - offset :]
            length += len(data["text"])
        self.places[key] = (fence, length)
        if entry.name != "letter.delta" or data["text"]:
            events.append((entry.name, data))
        return events


def after(entries: list[Entry]) -> Progress:
    """Where a client stands that was sent all of these entries from the beginning of the log. Raises Gap."""
    progress = Progress()
    for entry in entries:
        progress.take(entry)
    return progress


@dataclass
class Merged:
    """A letter's texts brought up to the log."""

    progress: Progress
    same_as_log: bool
    """Whether a client with these texts stands exactly where the log's last entry stands."""
    behind: bool = False
    """Whether the log holds pieces that do not connect to the row's text: show again when the row has caught up."""


def merge(letter: dict[str, Any] | None, rows: list[dict[str, Any]], entries: list[Entry]) -> Merged:
    """Bring a letter's JSON from the row up to the log, which runs up to a second ahead. Changes `letter`.

    `rows` are the row's sections with fence and completeness. The log's text is taken where the log has it from
    its first piece and the row does not know better; else the row's, with what the log adds to it.
    """
    if letter is None:
        return Merged(Progress(), same_as_log=True)
    version, progress, same, behind = letter["version"], Progress(), True, False
    for section, row in zip(letter["sections"], rows, strict=True):
        number = section["number"]
        own = [entry for entry in entries if entry.name in TEXT_EVENTS and _key(entry) == (version, number)]
        logged = _text(own)
        row_is_final = row["complete"] or letter["state"] in ("done", "failed", "cancelled")
        if logged and logged[0] >= row["fence"] and not (row_is_final and logged[0] == row["fence"]):
            fence, text = logged
        else:
            fence, text = row["fence"], _extended(row["fence"], row["text"], own)
            # The row of a letter that has ended says no more than it says now.
            behind = behind or (letter["state"] in ("queued", "writing") and _ends_beyond(fence, len(text), own))
        same = same and (not own or logged == (fence, text))
        section.update(text=text, characters=len(text))
        progress.places[(version, number)] = (fence, len(text))
    return Merged(progress, same, behind)


def _key(entry: Entry) -> tuple[int, int]:
    return entry.data["version"], entry.data["section"]


def _text(entries: list[Entry]) -> tuple[int, str] | None:
    """The fence and text of one item by its entries alone; None when its beginning is not among them."""
    progress, text = Progress(), ""
    try:
        for entry in entries:
            for name, data in progress.take(entry):
                text = "" if name == "letter.reset" else text + data.get("text", "")
    except Gap:
        return None
    return (progress.places[_key(entries[0])][0], text) if entries else None


def _extended(fence: int, text: str, entries: list[Entry]) -> str:
    """The row's text and the pieces in the log that follow on it."""
    for entry in entries:
        data = entry.data
        if entry.name == "letter.delta" and data["fence"] == fence and data["offset"] <= len(text):
            text += data["text"][len(text) - data["offset"] :]
    return text


def _ends_beyond(fence: int, length: int, entries: list[Entry]) -> bool:
    """Whether an entry adds to the text after this length, or comes from a later writer."""
    return any(
        entry.data["fence"] > fence
        or (entry.data["fence"] == fence and entry.data.get("offset", 0) + len(entry.data.get("text", "")) > length)
        for entry in entries
    )
