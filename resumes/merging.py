"""The texts of a letter for a snapshot: those of the row, completed from the event log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from letters.types import StoredSection
from resumes.types import LetterJson
from workers.events.text import Gap, Progress
from workers.events.wire import Entry, TextKind


@dataclass
class Merged:
    """What `merge` found out beside the texts."""

    progress: Progress
    same_as_log: bool
    """Whether a client with these texts has exactly the text up to the log's last entry."""
    behind: bool = False
    """Whether the log has pieces that do not continue the row's text. If so, another snapshot must follow."""


def merge(letter: LetterJson | None, rows: Sequence[StoredSection], entries: list[Entry]) -> Merged:
    """Complete a letter's JSON from the event log, which is up to a second ahead of the row. Changes `letter`.

    `rows` are the sections as the letter's row holds them. A section gets the text of the log when the log has all of
    it, from an equal or later writer, and the row's text is not final. Otherwise it gets the text of the row, and what
    the log adds to it.
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
            # The row of a letter that has ended gets no more text, so there is nothing to wait for.
            behind = behind or (letter["state"] in ("queued", "writing") and _ends_beyond(fence, len(text), own))
        same = same and (not own or logged == (fence, text))
        section.update({"text": text, "characters": len(text)})
        progress.reached[(version, number)] = (fence, len(text))
    return Merged(progress, same, behind)


def _text(entries: list[Entry]) -> tuple[int, str] | None:
    """The fence and text of one section from its entries alone; None when the entries lack its beginning."""
    progress, text = Progress(), ""
    try:
        for entry in entries:
            for name, data in progress.take(entry):
                text = "" if name.endswith(TextKind.RESET) else text + data.get("text", "")
    except Gap:
        return None
    return (progress.reached[entries[0].section][0], text) if entries else None


def _extended(fence: int, text: str, entries: list[Entry]) -> str:
    """The row's text, continued by those pieces of the log that follow it directly."""
    for entry in entries:
        data = entry.data
        if entry.text_kind is TextKind.DELTA and data["fence"] == fence and data["offset"] <= len(text):
            text += data["text"][len(text) - data["offset"] :]
    return text


def _ends_beyond(fence: int, length: int, entries: list[Entry]) -> bool:
    """Whether an entry has text beyond this length, or comes from a later writer."""
    return any(
        entry.data["fence"] > fence
        or (entry.data["fence"] == fence and entry.data.get("offset", 0) + len(entry.data.get("text", "")) > length)
        for entry in entries
    )
