"""uvicorn's HTTP connections with deadlines and a limit of their number.

uvicorn waits without limit for the rest of a request and for a client that does not read. `resume_site.bodies` sets the
deadlines of bodies. This module sets those of request heads and of answers.
"""

from __future__ import annotations

import asyncio
import resource
import socket
import struct
from collections.abc import Iterable
from typing import Any

import h11
import uvicorn
from django.conf import settings
from uvicorn.protocols.http.h11_impl import H11Protocol

OTHER_FILES = 256
"""Open files of a web process other than clients' connections: database, Redis, pictures."""


class Connection(H11Protocol):
    """The connection of one client. The server calls `end_if_overdue` regularly."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.waiting_since = self.loop.time()
        """When the connection became ready for a request: when it opened, or when the last answer ended."""
        self._read_last = self.waiting_since
        """When the client was last seen to read from its answer, or had read all of it."""
        self._refused_at: float | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the connection waits for a request: no complete head has come, and no answer is in progress."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > most_at_once():
            # Close the connection that has waited longest without a request.
            _longest_waiting(self.connections).make_room()

    def on_response_complete(self) -> None:
        self.waiting_since = self.loop.time()
        super().on_response_complete()

    def resume_writing(self) -> None:
        self._read_last = self.loop.time()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._refused_at is None:
            super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Replaces uvicorn's method, which may lose the answer by closing at once, and fails during an answer."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.refuse(b"400 Bad Request")
        else:
            self._reset()

    def refuse(self, status: bytes) -> None:
        """Answer with the status only, and discard what the client still sends until the connection is closed."""
        self.transport.write(_bare(status))
        self._refused_at = self.loop.time()
        try:
            self.transport.write_eof()
        except OSError:
            # The client has gone, but the event loop has not reported it yet.
            self.transport.abort()

    def make_room(self) -> None:
        """Answer 503 and close at once, because there are too many connections."""
        self.transport.write(_bare(b"503 Service Unavailable"))
        self.transport.close()

    def end_if_overdue(self) -> None:
        """Close the connection if its client has passed a deadline."""
        now = self.loop.time()
        if self.transport.get_write_buffer_size() == 0:
            self._read_last = now
        if now - self._read_last > settings.RESPONSE_STALL_SECONDS:
            self._reset()
        elif self.transport.is_closing():
            return
        elif self._refused_at is not None:
            if now - self._refused_at > settings.REFUSED_BODY_SECONDS:
                self.transport.close()
        elif self.is_waiting and now - self.waiting_since > settings.REQUEST_HEAD_SECONDS:
            self.refuse(b"408 Request Timeout")

    def _reset(self) -> None:
        # Without this option the kernel would keep the unread data and go on sending it.
        no_linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        self.transport.abort()


def _bare(status: bytes) -> bytes:
    return b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def most_at_once() -> int:
    """The most connections of one process."""
    return min(settings.CONNECTIONS_AT_ONCE, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - OTHER_FILES)


def _longest_waiting(connections: Iterable[Any]) -> Connection:
    """The connection that has waited longest. There always is one, because the newest connection waits."""
    waiting = [each for each in connections if each.is_waiting and not each.transport.is_closing()]
    longest: Connection = min(waiting, key=lambda each: each.waiting_since)
    return longest


class Server(uvicorn.Server):
    """uvicorn's server, which also checks the deadlines of its connections."""

    async def on_tick(self, counter: int) -> bool:
        """Called by uvicorn every 0.1 s."""
        if counter % 5 == 0:
            for connection in list(self.server_state.connections):
                assert isinstance(connection, Connection)
                connection.end_if_overdue()
        return await super().on_tick(counter)
