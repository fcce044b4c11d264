"""The event stream as a raw ASGI route ahead of Django, whose handler would keep a thread per open stream.

What a client gets: on connect the entries after `Last-Event-ID` if the log still has that place, else a snapshot;
then every entry as it comes. Text is exact whatever is lost in between: see `workers.events.text`.
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
"""Seconds of silence after which proxies and phones want a sign of life."""
ROWS_CATCH_UP = 1.0
"""Seconds between snapshots while a gap waits for the row, which is written every second."""
NOWHERE = "0-0"
"""A place that no log has: a client that resumes from it is shown a snapshot."""


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


class _Shown(Enum):
    CURRENT = auto()
    BEHIND = auto()
    DELETED = auto()


class _Client:
    """One open stream: what it was sent, and so what comes next."""

    def __init__(self, resume_id: str, language: str, subscription: Subscription, send: Send) -> None:
        self.resume_id = resume_id
        self.language = language
        self.subscription = subscription
        self.send = send
        self.progress = Progress()
        self.position = (0, 0)
        self.finished: bool | None = None
        """Whether the client was last shown or told that all is finished; None before its first snapshot."""

    async def run(self, last_event_id: str | None) -> None:
        alive = await self._resume(last_event_id)
        while alive:
            try:
                # Not wait_for, which makes a task for each entry of each client.
                async with asyncio.timeout(COMMENT_EVERY):
                    entry = await self.subscription.queue.get()
            except TimeoutError:
                await _write(self.send, ": \n\n")
                continue
            alive = await self._show() if entry is None else await self._take(entry)

    async def _resume(self, last_event_id: str | None) -> bool:
        """Send what the client missed, or a snapshot."""
        if not last_event_id:
            return await self._show()
        entries = await feed.log(self.resume_id)
        known = next((index for index, entry in enumerate(entries) if entry.id == last_event_id), None)
        if known is None:
            return await self._show()
        try:
            self.progress = after(entries[: known + 1])
        except Gap:
            return await self._show()
        self.position = entries[known].position
        for entry in entries[known + 1 :]:
            if not await self._take(entry):
                return False
        return True

    async def _take(self, entry: Entry) -> bool:
        """Send one entry; False when it was the last of all."""
        if entry.position <= self.position:
            return True
        if entry.name == EventName.REFRESH:
            return await self._show()
        try:
            events = self.progress.take(entry)
        except Gap:
            await asyncio.sleep(ROWS_CATCH_UP)
            return await self._show()
        self.position = entry.position
        for name, data in events:
            await self._event(entry.id, name, data)
        if entry.name in (EventName.DONE, EventName.PHOTO_STATE, EventName.LETTER_STATE):
            self.finished = entry.name == EventName.DONE
        return entry.name != EventName.DELETED

    async def _show(self) -> bool:
        """Send a snapshot, and another while the log holds text that the rows do not connect to yet."""
        while (shown := await self._show_once()) is _Shown.BEHIND:
            await asyncio.sleep(ROWS_CATCH_UP)
        return shown is not _Shown.DELETED

    async def _show_once(self) -> _Shown:
        """Send a snapshot: the rows, brought up to the log."""
        entries = await feed.log(self.resume_id)
        if any(entry.name == EventName.DELETED for entry in entries):
            await self._event(entries[-1].id, EventName.DELETED, {})
            return _Shown.DELETED
        snapshot = await asgi.in_thread(_snapshot, self.resume_id, self.language)
        if snapshot is None:
            await self._event(NOWHERE, EventName.DELETED, {})
            return _Shown.DELETED
        merged = merge(snapshot.data["letter"], snapshot.sections, entries)
        await self._send_what_no_snapshot_shows(entries, snapshot.data["letter"])
        self.progress = Progress({**self.progress.reached, **merged.progress.reached})
        if entries:
            self.position = entries[-1].position
        place = entries[-1].id if entries and merged.same_as_log else NOWHERE
        await self._event(place, EventName.SNAPSHOT, snapshot.data)
        await self._say_done_if_missed(place, snapshot.data)
        return _Shown.BEHIND if merged.behind else _Shown.CURRENT

    async def _send_what_no_snapshot_shows(self, entries: list[Entry], letter: LetterJson | None) -> None:
        """The last texts of earlier versions, which a writer that was cancelled still told."""
        version = letter["version"] if letter else None
        for entry in entries:
            if entry.position > self.position and entry.text_kind and entry.data["version"] != version:
                try:
                    events = self.progress.take(entry)
                except Gap:
                    continue
                for name, data in events:
                    await self._event(entry.id, name, data)

    async def _say_done_if_missed(self, place: str, resume: ResumeJson) -> None:
        """A client that was there before, and is shown that all is finished, was not told so in between."""
        finished, self.finished = self.finished, resume["state"] == "done"
        letter = resume["letter"]
        if self.finished and finished is False and letter is not None:
            data: DoneEvent = {"photo": True, "letter_version": letter["version"]}
            await self._event(place, EventName.DONE, data)

    async def _event(self, place: str, name: str, data: Mapping[str, Any]) -> None:
        text = json.dumps(_translated(name, data, self.language), ensure_ascii=False, separators=(",", ":"))
        await _write(self.send, f"id: {place}\nevent: {name}\ndata: {text}\n\n")


def _translated(name: str, data: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """An event's data in the reader's language. In the log it has the language of the résumé, or is as stored."""
    match name:
        case EventName.PHOTO_STATE:
            state = cast(PhotoStateJson, data)
            return {**state, "detail": presentation.photo_detail(state, language)} if state.get("detail") else state
        case EventName.PHOTO_ADVICE:
            stored = cast(StoredAdviceEvent, data)
            advice: AdviceEvent = {"advice": presentation.advice_spoken(stored["advice"], language)}
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
        # nginx would collect the stream before passing it on.
        (b"x-accel-buffering", b"no"),
    ]


def _last_event_id(scope: Scope) -> str | None:
    values: list[bytes] = [value for name, value in scope["headers"] if name == b"last-event-id"]
    return values[0].decode("latin-1").strip() if values else None
