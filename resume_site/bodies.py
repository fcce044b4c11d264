"""Reads request bodies before the application is called, with limits of bytes, time and number, into memory only.

Django's handler writes a whole body to disk before it calls any middleware, however long and slow the body is.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.authentication import require_user
from api import asgi
from api.asgi import Receive, Scope, Send
from api.problems import FieldError, Problem
from resumes import presentation

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

UPLOADS = {"POST": re.compile(r"/api/v1/resumes/"), "PUT": re.compile(r"/api/v1/resumes/[^/]+/photo/")}
"""The requests that upload a photo."""
LONGEST_ADDRESS = 8 * 1024
"""Bytes of path and query."""
HANDED_ON_AT_ONCE = 1024 * 1024
RETRY_SECONDS = "5"


class _ClientLeft(Exception):
    """The connection was closed in the middle of the body."""


async def serve(application: Application, scope: Scope, receive: Receive, send: Send, *, bodiless: bool) -> None:
    """Read the body, then call the application, or refuse the request with a problem document.

    A `bodiless` request may have no body at all.
    """
    body = _Body(scope, receive, 0 if bodiless else _largest(scope))
    try:
        await body.read()
    except Problem as problem:
        await _turn_away(scope, receive, send, problem)
    except _ClientLeft:
        return
    else:
        await application(body.scope, body.replay, send)
    finally:
        body.release()


class _Room:
    """The memory for bodies in this process. Only one event loop uses it, so it needs no lock."""

    def __init__(self) -> None:
        self.coming = 0
        """Number of bodies that are not complete yet."""
        self._reserved = 0
        self._freed = asyncio.Event()

    async def reserve(self, size: int) -> None:
        """Wait until `size` more bytes are free, and reserve them. Raises Problem `unavailable` after a timeout."""
        try:
            async with asyncio.timeout(settings.BODY_ROOM_SECONDS):
                while self._reserved + size > settings.BODIES_RESERVED_BYTES:
                    self._freed.clear()
                    await self._freed.wait()
        except TimeoutError as error:
            raise _busy() from error
        self._reserved += size

    def give_back(self, size: int) -> None:
        self._reserved -= size
        self._freed.set()


_room = _Room()


class _Body:
    """The body of one request, until the request is answered."""

    def __init__(self, scope: Scope, receive: Receive, largest: int) -> None:
        self.scope = scope
        self._receive = receive
        self._largest = largest
        self._most = 0
        """The most bytes that this body may have: its announced length, else the limit."""
        self._data = bytearray()
        self._handed_on: int | None = None
        """How many bytes the application has received; None when it receives directly, before and after the body."""
        self._reserved = 0
        self._room_waited = 0.0
        """Seconds spent waiting for memory. They do not count against the client."""

    async def read(self) -> None:
        """Read the whole body. Raises Problem for a request that is refused, and _ClientLeft."""
        _check_head(self.scope)
        announced = _announced(self.scope)
        if announced == 0:
            return
        if announced is not None and announced > self._largest:
            raise self._too_large()
        if self._largest > settings.BODY_BYTES and (announced is None or announced > settings.BODY_BYTES):
            # Do not read a photo of somebody who is not signed in.
            await asgi.ask_database(require_user, self.scope["headers"])
        if _room.coming >= settings.BODIES_AT_ONCE:
            raise _busy()
        self._most = self._largest if announced is None else announced
        _room.coming += 1
        try:
            await self._read_pieces()
        finally:
            _room.coming -= 1
        self._handed_on = 0
        self.scope = _with_length(self.scope, len(self._data))

    async def replay(self) -> dict[str, Any]:
        """ASGI's `receive` for the application: first the body, then the events of the connection."""
        if self._handed_on is None:
            return await self._receive()
        piece = bytes(memoryview(self._data)[self._handed_on : self._handed_on + HANDED_ON_AT_ONCE])
        self._handed_on += len(piece)
        more = self._handed_on < len(self._data)
        if not more:
            self._data = bytearray()
            self._handed_on = None
        return {"type": "http.request", "body": piece, "more_body": more}

    def release(self) -> None:
        """The request is answered: free its reserved memory."""
        _room.give_back(self._reserved)
        self._reserved = 0

    async def _read_pieces(self) -> None:
        end = self._clock() + settings.BODY_SECONDS
        more = True
        while more:
            piece_end = min(end, self._clock() + settings.BODY_PIECE_SECONDS)
            piece_full = len(self._data) + settings.BODY_PIECE_BYTES
            while more and len(self._data) < piece_full:
                more = await self._read_once(piece_end)

    def _clock(self) -> float:
        """The event loop's time, without the time that this body waited for memory."""
        return asyncio.get_running_loop().time() - self._room_waited

    async def _read_once(self, until: float) -> bool:
        """Read one message. Returns whether more of the body follows."""
        try:
            async with asyncio.timeout(until - self._clock()):
                message = await self._receive()
        except TimeoutError as error:
            raise Problem(408, "request_timeout") from error
        if message["type"] == "http.disconnect":
            raise _ClientLeft
        await self._take(message.get("body", b""))
        return bool(message.get("more_body", False))

    async def _take(self, data: bytes) -> None:
        size = len(self._data) + len(data)
        if size > self._largest:
            raise self._too_large()
        if size > settings.BODY_UNRESERVED_BYTES and not self._reserved:
            # Reserve the most that may come in one step: bodies that reserve piece by piece could deadlock. Do so only
            # after the first bytes: a request that announces much and sends nothing reserves nothing.
            begun = self._clock()
            await _room.reserve(self._most)
            self._reserved = self._most
            self._room_waited = self._clock() - begun
        self._data += data

    def _too_large(self) -> Problem:
        if self._largest < settings.UPLOAD_BODY_BYTES:
            return Problem(413, "too_large")
        # The other fields of the form have much lower limits, so the photo is too large.
        detail = presentation.sentence("too_large", asgi.language(self.scope))
        return Problem(413, "too_large", detail, errors=[FieldError("photo", "too_large", detail)])


def _largest(scope: Scope) -> int:
    """The most bytes that the body of this request may have."""
    upload = UPLOADS.get(scope["method"])
    return settings.UPLOAD_BODY_BYTES if upload and upload.fullmatch(scope["path"]) else settings.BODY_BYTES


def _check_head(scope: Scope) -> None:
    """Raises Problem for a head that is too long. uvicorn refuses one only when it arrives in several pieces."""
    address = len(scope["raw_path"]) + len(scope["query_string"])
    if address > LONGEST_ADDRESS:
        raise Problem(414, "too_large")
    # 32 bytes for each header on top, as HTTP/2 counts them (RFC 9113, section 10.5.1).
    if sum(len(name) + len(value) + 32 for name, value in scope["headers"]) > settings.REQUEST_HEAD_BYTES:
        raise Problem(431, "too_large")


def _announced(scope: Scope) -> int | None:
    """The announced length of the body in bytes; 0 without a body, None for chunks, whose length is not announced.

    Raises Problem for a request with both headers, because a proxy in front may read another body than this server
    (RFC 9112, section 6.1).
    """
    headers = dict(scope["headers"])
    chunked = b"transfer-encoding" in headers
    if chunked and b"content-length" in headers:
        raise Problem(400, "invalid", _("요청 본문의 길이가 두 가지로 적혀 있습니다."))
    return None if chunked else int(headers.get(b"content-length", 0))


def _with_length(scope: Scope, length: int) -> Scope:
    """The scope with a Content-Length header. Without it Django treats a chunked body as empty."""
    replaced = (b"transfer-encoding", b"content-length")
    headers = [(name, value) for name, value in scope["headers"] if name not in replaced]
    return {**scope, "headers": [*headers, (b"content-length", str(length).encode())]}


def _busy() -> Problem:
    return Problem(503, "unavailable", headers={"Retry-After": RETRY_SECONDS})


async def _turn_away(scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
    """Answer at once, discard what the client still sends for a moment, and close the connection."""
    problem.headers["Connection"] = "close"
    await asgi.begin_refusal(scope, send, problem)
    with suppress(TimeoutError):
        async with asyncio.timeout(settings.REFUSED_BODY_SECONDS):
            while (await receive()).get("more_body", False):
                pass
    await asgi.end(send)
