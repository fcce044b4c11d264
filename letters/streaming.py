"""From a writer to the event log and the row: two threads per process for all the letters being written in it.

Every 50 ms one tells the event log in one round trip what is new, every second the other writes the rows in one
transaction: a hundred rows take longer than a frame of text may wait.
An event carries the fence and the offset of its text, so that a reader can tell a repeated, a missing or an
outdated piece from the next one: the reader's text is exact whatever is lost in between.
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
"""Seconds: twenty frames a second read as flowing text."""
ROWS_EVERY = 1.0
"""Seconds: what a killed process may lose of the text, and then writes again."""


class LetterStream:
    """The text of one letter while it is being written under one claim."""

    def __init__(self, letter: Letter, claim: Claim) -> None:
        self.letter = letter
        self.claim = claim
        self._sections: dict[int, StoredSection] = {section["number"]: section for section in letter.sections}
        self._events: list[Event] = []
        self._told: dict[int, int] = {}
        self._saved_length = self._length()
        self.item_ended = False
        """Whether an item ended since the last save: what is whole is not written again after a crash."""
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Empty the items that were not written to the end and say so to every reader."""
        with self._lock:
            for section in self._sections.values():
                if section["complete"]:
                    continue
                if section["text"] or section["fence"]:
                    reset: ResetEvent = {**self._about(section["number"]), "reason": "written_again"}
                    self._append(EventName.LETTER_RESET, reset)
                section.update({"text": "", "fence": self.claim.fence, "problems": []})

    def take(self, piece: SectionStarted | TextDelta | SectionEnded) -> None:
        """One piece from the marker parser."""
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

    def events(self) -> list[Event]:
        """What readers have not been told, in order; text pieces of an item are joined."""
        with self._lock:
            pending = list(self._events)
            for number, section in self._sections.items():
                told = self._told.get(number, 0) if section["fence"] == self.claim.fence else len(section["text"])
                if len(section["text"]) > told:
                    delta: DeltaEvent = {**self._about(number), "text": section["text"][told:], "offset": told}
                    pending.append(Event(self.claim.topic, EventName.LETTER_DELTA, delta))
            # Items come one after the other, so by number is by time.
            return sorted(pending, key=lambda event: event.data["section"])

    def told(self, events: list[Event]) -> None:
        """These events are in the log."""
        with self._lock:
            for event in events:
                if event.name == EventName.LETTER_DELTA:
                    number = event.data["section"]
                    self._told[number] = event.data["offset"] + len(event.data["text"])
                elif event in self._events:
                    self._events.remove(event)

    def save(self) -> None:
        """Write the row and note that it was written."""
        length = self.write_row()
        if length is not None:
            lose_what_is_not_written([self])
            self.written(length)

    def write_row(self) -> int | None:
        """Write the row if it is behind, also after a cancellation: it must hold what readers were told.

        Writes nothing when another holds the letter.
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
            # After the commit: the step is locked before the letter everywhere else.
            transaction.on_commit(self.claim.progressed)
        return length

    def written(self, length: int) -> None:
        """What `write_row` wrote is committed; only then does it count as saved."""
        self._saved_length = length

    def sections(self) -> list[StoredSection]:
        return [section.copy() for _, section in sorted(self._sections.items())]

    def _length(self) -> int:
        return sum(len(section["text"]) + section["complete"] for section in self._sections.values())

    def _append(self, name: EventName, data: TextEvent) -> None:
        self._events.append(Event(self.claim.topic, name, data))

    def _about(self, number: int) -> TextEvent:
        return {"version": self.letter.version, "section": number, "fence": self.claim.fence}


def lose_what_is_not_written(streams: list[LetterStream]) -> None:
    """Stop the writers of letters that are cancelled or gone."""
    wanted = Letter.objects.filter(pk__in=[stream.letter.pk for stream in streams], state=Letter.State.WRITING)
    writing = set(wanted.values_list("pk", flat=True))
    for stream in streams:
        if stream.letter.pk not in writing:
            stream.claim.lose()


class Publisher:
    """The threads that carry all streams of this process."""

    def __init__(self) -> None:
        self._streams: set[LetterStream] = set()
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._publishing = threading.Lock()
        self._saving = threading.Lock()

    def add(self, stream: LetterStream) -> None:
        with self._lock:
            self._streams.add(stream)
            for name, run in (("letter events", self._tell), ("letter rows", self._keep)):
                if name not in self._threads or not self._threads[name].is_alive():
                    self._threads[name] = threading.Thread(target=run, name=name, daemon=True)
                    self._threads[name].start()

    def remove(self, stream: LetterStream) -> None:
        """Take the stream away after a last try to tell what is untold; what fails now is told by the row.

        Afterwards nobody but the caller writes the row.
        """
        with self._lock:
            self._streams.discard(stream)
        self._publish([stream])
        # A round that began before may hold an older text, and must not write it after the caller's.
        with self._saving:
            pass

    def _tell(self) -> None:
        while True:
            time.sleep(EVENTS_EVERY)
            self._publish(self._present())

    def _keep(self) -> None:
        rows_due = time.monotonic() + ROWS_EVERY
        while True:
            time.sleep(EVENTS_EVERY)
            due = time.monotonic() >= rows_due
            with self._saving:
                self._save([stream for stream in self._present() if due or stream.item_ended])
            if due:
                rows_due = time.monotonic() + ROWS_EVERY

    def _present(self) -> list[LetterStream]:
        with self._lock:
            return list(self._streams)

    def _publish(self, streams: list[LetterStream]) -> None:
        # One at a time: two rounds at once could put a later piece of a text into the log before an earlier one.
        with self._publishing:
            batches = [(stream, stream.events()) for stream in streams]
            try:
                publish(event for _, events in batches for event in events)
            except redis.RedisError:
                note_missed()
                logger.warning("event log away: text waits in %s letters", len(streams))
                return
            except Exception as error:  # noqa: BLE001 - told without its message, which may repeat a letter
                # The one thread of all letters must outlive whatever a single round meets.
                note_missed()
                logger.error("text of %s letters could not be told: %s", len(streams), location_of(error))
                return
            for stream, events in batches:
                stream.told(events)

    def _save(self, streams: list[LetterStream]) -> None:
        if not streams:
            return
        close_old_connections()
        try:
            with transaction.atomic():
                rows = [(stream, stream.write_row()) for stream in streams]
            lengths = {stream: length for stream, length in rows if length is not None}
            lose_what_is_not_written(list(lengths))
            for stream, length in lengths.items():
                stream.written(length)
        except DATABASE_AWAY:
            logger.warning("database away: text waits in %s letters", len(streams))
        except Exception as error:  # noqa: BLE001 - told without its message, which may repeat a letter
            logger.error("text of %s letters could not be saved: %s", len(streams), location_of(error))


publisher = Publisher()
