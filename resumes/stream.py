"""The event stream. It is a raw ASGI route, because Django's handler would keep a thread for each open stream.

On connecting, a client gets the entries after its `Last-Event-ID` if the log still has that id, else a snapshot. Then
it gets every entry as it comes. The text is exact whatever is lost in between: see `workers.events.text`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, cast

from django.utils import translation

from accounts.authentication import require_user
from api import asgi
from api.asgi import Receive, Scope, Send
from api.events import EventName
from api.problems import Problem
from letters.types import StoredSection
from resumes import presentation, selectors, stand_in
from resumes.merging import merge
from resumes.models import Resume
from resumes.types import (
    AdviceEvent,
    CandidateJson,
    DoneEvent,
    LetterJson,
    PhotoStateJson,
    ResumeJson,
    StoredAdviceEvent,
)
from workers.errors import location_of
from workers.events.feed import Subscription, feed
from workers.events.text import Gap, Progress, after
from workers.events.wire import Entry

logger = logging.getLogger(__name__)

COMMENT_EVERY = 15
"""Seconds of silence after which a comment is sent, so that proxies and phones keep the connection."""
ROWS_CATCH_UP = 1.0
"""Seconds between snapshots while the row lags behind the log. The row is written every second."""
UNKNOWN_ID = "0-0"
"""An id that no log has. A client that resumes from it gets a snapshot."""


async def serve(scope: Scope, receive: Receive, send: Send, resume_id: str) -> None:
    """Answer one GET (or HEAD) of the event stream until the client leaves or the résumé is deleted."""
    try:
        await asgi.ask_database(_require_owner, scope, resume_id)
    except Problem as problem:
        await asgi.begin_refusal(scope, send, problem)
        await asgi.end(send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": _headers()})
    if scope["method"] == "HEAD":
        await asgi.end(send)
        return
    await _write(send, "retry: 2000\n\n")
    language = asgi.language(scope)
    stand_in.begin()
    subscription = feed.subscribe(resume_id)
    client = asyncio.ensure_future(_Client(resume_id, language, subscription, send).run(_last_event_id(scope)))
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        await asyncio.wait((client, gone), return_when=asyncio.FIRST_COMPLETED)
    finally:
        feed.unsubscribe(resume_id, subscription)
        gone.cancel()
        client.cancel()
        await asyncio.gather(client, gone, return_exceptions=True)
    if client.done() and not client.cancelled() and (error := client.exception()):
        logger.error("event stream ended by %s", location_of(error))
    if not gone.done() or gone.cancelled():
        await asgi.end(send)


@dataclass
class _Snapshot:
    data: ResumeJson
    sections: list[StoredSection]
    """The letter's, as its row holds them."""


class _SnapshotResult(Enum):
    CURRENT = auto()
    BEHIND = auto()
    DELETED = auto()


class _Client:
    """One open stream. It knows what was sent, and so what comes next."""

    def __init__(self, resume_id: str, language: str, subscription: Subscription, send: Send) -> None:
        self.resume_id = resume_id
        self.language = language
        self.subscription = subscription
        self.send = send
        self.progress = Progress()
        self.position = (0, 0)
        self.finished: bool | None = None
        """Whether the last state that the client got was the end; None before its first snapshot."""

    async def run(self, last_event_id: str | None) -> None:
        alive = await self._resume(last_event_id)
        while alive:
            try:
                # Not `wait_for`, which would make a task for each entry of each client.
                async with asyncio.timeout(COMMENT_EVERY):
                    entry = await self.subscription.queue.get()
            except TimeoutError:
                await _write(self.send, ": \n\n")
                continue
            alive = await self._send_snapshot() if entry is None else await self._send_entry(entry)

    async def _resume(self, last_event_id: str | None) -> bool:
        """Send the entries that the client missed, or a snapshot. False when the résumé is deleted."""
        if not last_event_id:
            return await self._send_snapshot()
        entries = await feed.log(self.resume_id)
        known = next((index for index, entry in enumerate(entries) if entry.id == last_event_id), None)
        if known is None:
            return await self._send_snapshot()
        try:
            self.progress = after(entries[: known + 1])
        except Gap:
            return await self._send_snapshot()
        self.position = entries[known].position
        for entry in entries[known + 1 :]:
            if not await self._send_entry(entry):
                return False
        return True

    async def _send_entry(self, entry: Entry) -> bool:
        """Send one entry. False when the résumé is deleted: no entry follows."""
        if entry.position <= self.position:
            return True
        if entry.name == EventName.REFRESH:
            return await self._send_snapshot()
        try:
            events = self.progress.take(entry)
        except Gap:
            await asyncio.sleep(ROWS_CATCH_UP)
            return await self._send_snapshot()
        self.position = entry.position
        for name, data in events:
            await self._send_event(entry.id, name, data)
        if entry.name in (EventName.DONE, EventName.PHOTO_STATE, EventName.LETTER_STATE):
            self.finished = entry.name == EventName.DONE
        return entry.name != EventName.DELETED

    async def _send_snapshot(self) -> bool:
        """Send a snapshot, and another each second while the log has text that does not continue the row's."""
        while (result := await self._send_one_snapshot()) is _SnapshotResult.BEHIND:
            await asyncio.sleep(ROWS_CATCH_UP)
        return result is not _SnapshotResult.DELETED

    async def _send_one_snapshot(self) -> _SnapshotResult:
        """Send a snapshot: the rows, completed from the log."""
        entries = await feed.log(self.resume_id)
        if any(entry.name == EventName.DELETED for entry in entries):
            await self._send_event(entries[-1].id, EventName.DELETED, {})
            return _SnapshotResult.DELETED
        snapshot = await asgi.in_thread(_snapshot, self.resume_id, self.language)
        if snapshot is None:
            await self._send_event(UNKNOWN_ID, EventName.DELETED, {})
            return _SnapshotResult.DELETED
        merged = merge(snapshot.data["letter"], snapshot.sections, entries)
        await self._send_texts_of_earlier_versions(entries, snapshot.data["letter"])
        self.progress = Progress({**self.progress.reached, **merged.progress.reached})
        if entries:
            self.position = entries[-1].position
        entry_id = entries[-1].id if entries and merged.same_as_log else UNKNOWN_ID
        await self._send_event(entry_id, EventName.SNAPSHOT, snapshot.data)
        await self._send_done_if_missed(entry_id, snapshot.data)
        return _SnapshotResult.BEHIND if merged.behind else _SnapshotResult.CURRENT

    async def _send_texts_of_earlier_versions(self, entries: list[Entry], letter: LetterJson | None) -> None:
        """Send the last texts of earlier versions, which a cancelled writer still published. No snapshot has them."""
        version = letter["version"] if letter else None
        for entry in entries:
            if entry.position > self.position and entry.text_kind and entry.data["version"] != version:
                try:
                    events = self.progress.take(entry)
                except Gap:
                    continue
                for name, data in events:
                    await self._send_event(entry.id, name, data)

    async def _send_done_if_missed(self, entry_id: str, resume: ResumeJson) -> None:
        """Send `done` after a snapshot that shows the end, if the client's state before it was another."""
        finished, self.finished = self.finished, resume["state"] == "done"
        letter = resume["letter"]
        if self.finished and finished is False and letter is not None:
            data: DoneEvent = {"photo": True, "letter_version": letter["version"]}
            await self._send_event(entry_id, EventName.DONE, data)

    async def _send_event(self, entry_id: str, name: str, data: Mapping[str, Any]) -> None:
        text = json.dumps(_translated(name, data, self.language), ensure_ascii=False, separators=(",", ":"))
        await _write(self.send, f"id: {entry_id}\nevent: {name}\ndata: {text}\n\n")


def _translated(name: str, data: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """An event's data in the reader's language. The log has it as stored, or in the résumé's language."""
    match name:
        case EventName.PHOTO_STATE:
            state = cast(PhotoStateJson, data)
            return {**state, "detail": presentation.photo_detail(state, language)} if state.get("detail") else state
        case EventName.PHOTO_ADVICE:
            stored = cast(StoredAdviceEvent, data)
            advice: AdviceEvent = {"advice": presentation.translated_advice(stored["advice"], language)}
            return advice
        case EventName.PHOTO_CANDIDATE:
            candidate = cast(CandidateJson, data)
            codes = [reason["code"] for reason in candidate["reasons"]]
            return {**candidate, "reasons": presentation.reasons_json(codes, language)}
    return data


def _require_owner(scope: Scope, resume_id: str) -> None:
    if not Resume.objects.filter(pk=resume_id, user=require_user(scope["headers"])).exists():
        raise Problem(404, "not_found")


def _snapshot(resume_id: str, language: str) -> _Snapshot | None:
    resume = Resume.objects.select_related("photo").filter(pk=resume_id).first()
    if resume is None:
        return None
    letter = selectors.letter(resume)
    with translation.override(language):
        data = presentation.resume_json(resume, letter, language)
    return _Snapshot(data, letter.sections if letter else [])


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


def _headers() -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        # Otherwise nginx would buffer the stream.
        (b"x-accel-buffering", b"no"),
    ]


def _last_event_id(scope: Scope) -> str | None:
    values: list[bytes] = [value for name, value in scope["headers"] if name == b"last-event-id"]
    return values[0].decode("latin-1").strip() if values else None
