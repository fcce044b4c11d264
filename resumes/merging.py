"""A letter's texts for a snapshot: the row's, brought up to the event log, which runs up to a second ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from letters.types import StoredSection
from resumes.types import LetterJson
from workers.events.text import Gap, Progress
from workers.events.wire import Entry, TextKind


@dataclass
class Merged:
    """A letter's texts brought up to the log."""

    progress: Progress
    same_as_log: bool
    """Whether a client with these texts stands exactly where the log's last entry stands."""
    behind: bool = False
    """Whether the log holds pieces that do not connect to the row's text: show again when the row has caught up."""


def merge(letter: LetterJson | None, rows: Sequence[StoredSection], entries: list[Entry]) -> Merged:
    """Bring a letter's JSON from the row up to the log, which runs up to a second ahead. Changes `letter`.

    `rows` are the row's sections with fence and completeness. The log's text is taken where the log has it from
    its first piece and the row does not know better; else the row's, with what the log adds to it.
    """
    if letter is None:
        return Merged(Progress(), same_as_log=True)
    version, progress, same, behind = letter["version"], Progress(), True, False
    for section, row in zip(letter["sections"], rows, strict=True):
        number = section["number"]
        own = [entry for entry in entries if entry.text_kind and entry.section == (version, number)]
        logged = _text(own)
        row_is_final = row["complete"] or letter["state"] in ("done", "failed", "cancelled")
        if logged and logged[0] >= row["fence"] and not (row_is_final and logged[0] == row["fence"]):
            fence, text = logged
        else:
            fence, text = row["fence"], _extended(row["fence"], row["text"], own)
            # The row of a letter that has ended says no more than it says now.
            behind = behind or (letter["state"] in ("queued", "writing") and _ends_beyond(fence, len(text), own))
        same = same and (not own or logged == (fence, text))
        section.update({"text": text, "characters": len(text)})
        progress.reached[(version, number)] = (fence, len(text))
    return Merged(progress, same, behind)


def _text(entries: list[Entry]) -> tuple[int, str] | None:
    """The fence and text of one item by its entries alone; None when its beginning is not among them."""
    progress, text = Progress(), ""
    try:
        for entry in entries:
            for name, data in progress.take(entry):
                text = "" if name.endswith(TextKind.RESET) else text + data.get("text", "")
    except Gap:
        return None
    return (progress.reached[entries[0].section][0], text) if entries else None


def _extended(fence: int, text: str, entries: list[Entry]) -> str:
    """The row's text and the pieces in the log that follow on it."""
    for entry in entries:
        data = entry.data
        if entry.text_kind is TextKind.DELTA and data["fence"] == fence and data["offset"] <= len(text):
            text += data["text"][len(text) - data["offset"] :]
    return text


def _ends_beyond(fence: int, length: int, entries: list[Entry]) -> bool:
    """Whether an entry adds to the text after this length, or comes from a later writer."""
    return any(
        entry.data["fence"] > fence
        or (entry.data["fence"] == fence and entry.data.get("offset", 0) + len(entry.data.get("text", "")) > length)
        for entry in entries
    )
