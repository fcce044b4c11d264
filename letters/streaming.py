"""Publishes and saves the text of letters that are being written. Two threads do it for all letters of a process.

One thread publishes new text to the event log every 50 ms, in one round trip. The other writes the rows every second,
in one transaction. They are two, because a hundred rows take longer than 50 ms.

An event has the fence and the offset of its text. By them a reader recognises repeated, missing and outdated pieces, so
that the reader's text is exact whatever is lost in between.
"""

from __future__ import annotations

import logging
import threading
import time

import redis
from django.db import close_old_connections, transaction

from api.events import EventName
from letters.markers import SectionEnded, SectionStarted, TextDelta
from letters.models import Letter, title
from letters.types import DeltaEvent, ResetEvent, SectionEvent, StoredSection, TextEvent
from workers.engine.claims import Claim
from workers.errors import DATABASE_AWAY, location_of
from workers.events.log import note_missed, publish
from workers.events.wire import Event

logger = logging.getLogger(__name__)

EVENTS_EVERY = 0.05
"""Seconds. Twenty updates a second look like flowing text."""
ROWS_EVERY = 1.0
"""Seconds. A killed process loses at most this much text, which is then written again."""


class LetterStream:
    """The text of one letter while it is being written under one claim."""

    def __init__(self, letter: Letter, claim: Claim) -> None:
        self.letter = letter
        self.claim = claim
        self._sections: dict[int, StoredSection] = {section["number"]: section for section in letter.sections}
        self._events: list[Event] = []
        self._published: dict[int, int] = {}
        self._saved_length = self._length()
        self.item_ended = False
        """Whether an item ended since the last save. If so it is saved at once, so that a crash does not repeat it."""
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Empty the incomplete sections, and tell the readers so."""
        with self._lock:
            for section in self._sections.values():
                if section["complete"]:
                    continue
                if section["text"] or section["fence"]:
                    reset: ResetEvent = {**self._about(section["number"]), "reason": "written_again"}
                    self._append(EventName.LETTER_RESET, reset)
                section.update({"text": "", "fence": self.claim.fence, "problems": []})

    def add(self, piece: SectionStarted | TextDelta | SectionEnded) -> None:
        """Add one piece from the marker parser."""
        with self._lock:
            section = self._sections[piece.number]
            match piece:
                case SectionStarted():
                    heading = title(self.letter.language, piece.number)
                    begun: SectionEvent = {**self._about(piece.number), "title": heading}
                    self._append(EventName.LETTER_SECTION, begun)
                case TextDelta():
                    section["text"] += piece.text
                case SectionEnded():
                    section["complete"] = bool(section["text"])
                    self.item_ended = True

    def unpublished(self) -> list[Event]:
        """The events that are not in the log yet, in order. The text pieces of an item are joined into one."""
        with self._lock:
            pending = list(self._events)
            for number, section in self._sections.items():
                text = section["text"]
                published = self._published.get(number, 0) if section["fence"] == self.claim.fence else len(text)
                if len(text) > published:
                    delta: DeltaEvent = {**self._about(number), "text": text[published:], "offset": published}
                    pending.append(Event(self.claim.topic, EventName.LETTER_DELTA, delta))
            # Items are written one after the other, so the order of their numbers is the order of time.
            return sorted(pending, key=lambda event: event.data["section"])

    def mark_published(self, events: list[Event]) -> None:
        """Record that these events are in the log."""
        with self._lock:
            for event in events:
                if event.name == EventName.LETTER_DELTA:
                    number = event.data["section"]
                    self._published[number] = event.data["offset"] + len(event.data["text"])
                elif event in self._events:
                    self._events.remove(event)

    def save(self) -> None:
        """Write the row, and record that it is written."""
        length = self.write_row()
        if length is not None:
            stop_unwanted_writers([self])
            self.written(length)

    def write_row(self) -> int | None:
        """Write the row if text is new, also after a cancellation: the row must hold all text that readers have seen.

        Returns the length to give to `written`; None when nothing is new. When another claim holds the letter, nothing
        is written and this claim is lost.
        """
        with self._lock:
            length = self._length()
            if length == self._saved_length:
                return None
            sections = self.sections()
            item_ended, self.item_ended = self.item_ended, False
        if not Letter.objects.filter(pk=self.letter.pk, fence=self.claim.fence).update(sections=sections):
            self.claim.lose()
        elif item_ended:
            # After the commit: everywhere else the step is locked before the letter, so this order avoids a deadlock.
            transaction.on_commit(self.claim.progressed)
        return length

    def written(self, length: int) -> None:
        """Record that what `write_row` wrote is committed."""
        self._saved_length = length

    def sections(self) -> list[StoredSection]:
        return [section.copy() for _, section in sorted(self._sections.items())]

    def _length(self) -> int:
        return sum(len(section["text"]) + section["complete"] for section in self._sections.values())

    def _append(self, name: EventName, data: TextEvent) -> None:
        self._events.append(Event(self.claim.topic, name, data))

    def _about(self, number: int) -> TextEvent:
        return {"version": self.letter.version, "section": number, "fence": self.claim.fence}


def stop_unwanted_writers(streams: list[LetterStream]) -> None:
    """Stop the writers of letters that were cancelled or deleted."""
    wanted = Letter.objects.filter(pk__in=[stream.letter.pk for stream in streams], state=Letter.State.WRITING)
    writing = set(wanted.values_list("pk", flat=True))
    for stream in streams:
        if stream.letter.pk not in writing:
            stream.claim.lose()


class Publisher:
    """The two threads that publish and save all streams of this process."""

    def __init__(self) -> None:
        self._streams: set[LetterStream] = set()
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._publishing = threading.Lock()
        self._saving = threading.Lock()

    def add(self, stream: LetterStream) -> None:
        with self._lock:
            self._streams.add(stream)
            for name, run in (("letter events", self._publish_loop), ("letter rows", self._save_loop)):
                if name not in self._threads or not self._threads[name].is_alive():
                    self._threads[name] = threading.Thread(target=run, name=name, daemon=True)
                    self._threads[name].start()

    def remove(self, stream: LetterStream) -> None:
        """Remove the stream after publishing its last text. If that fails, readers get the text from the row.

        Afterwards only the caller writes the row.
        """
        with self._lock:
            self._streams.discard(stream)
        self._publish([stream])
        # Wait for a save that began before: it has an older text, which must not be written after the caller's.
        with self._saving:
            pass

    def _publish_loop(self) -> None:
        while True:
            time.sleep(EVENTS_EVERY)
            self._publish(self._current())

    def _save_loop(self) -> None:
        rows_due = time.monotonic() + ROWS_EVERY
        while True:
            time.sleep(EVENTS_EVERY)
            due = time.monotonic() >= rows_due
            with self._saving:
                self._save([stream for stream in self._current() if due or stream.item_ended])
            if due:
                rows_due = time.monotonic() + ROWS_EVERY

    def _current(self) -> list[LetterStream]:
        with self._lock:
            return list(self._streams)

    def _publish(self, streams: list[LetterStream]) -> None:
        # One thread at a time: two could put a later piece of a text into the log before an earlier one.
        with self._publishing:
            batches = [(stream, stream.unpublished()) for stream in streams]
            try:
                publish(event for _, events in batches for event in events)
            except redis.RedisError:
                note_missed()
                logger.warning("event log away: text waits in %s letters", len(streams))
                return
            except Exception as error:  # noqa: BLE001 - logged without its message, which may repeat a letter
                # This thread serves all letters, so no error may end it.
                note_missed()
                logger.error("text of %s letters could not be published: %s", len(streams), location_of(error))
                return
            for stream, events in batches:
                stream.mark_published(events)

    def _save(self, streams: list[LetterStream]) -> None:
        if not streams:
            return
        close_old_connections()
        try:
            with transaction.atomic():
                rows = [(stream, stream.write_row()) for stream in streams]
            lengths = {stream: length for stream, length in rows if length is not None}
            stop_unwanted_writers(list(lengths))
            for stream, length in lengths.items():
                stream.written(length)
        except DATABASE_AWAY:
            logger.warning("database away: text waits in %s letters", len(streams))
        except Exception as error:  # noqa: BLE001 - logged without its message, which may repeat a letter
            logger.error("text of %s letters could not be saved: %s", len(streams), location_of(error))


publisher = Publisher()
