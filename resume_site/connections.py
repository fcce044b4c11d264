"""uvicorn's HTTP connections with deadlines, and a limit to their number.

uvicorn waits for ever for a request that has begun and for a client that does not read. Bodies have their deadlines in
`resume_site.bodies`; here are those of what comes before a request and after an answer.
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
"""Files that a web process has open beside its clients' connections: database, Redis, pictures."""


class Connection(H11Protocol):
    """One client's connection. `end_if_overdue` is to be called every now and then."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.waiting_since = self.loop.time()
        """When the connection, or the answer before, made it ready for a request."""
        self._read_last = self.waiting_since
        """When the client was last seen to take some of what it was sent, or all of it."""
        self._refused_at: float | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether no request is complete up to its last header, and none is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > most_at_once():
            # Whoever has said nothing for longest is the least likely to be missed.
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
        """uvicorn's own closes at once, which loses the answer where more was sent, and fails in mid-answer."""
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.refuse(b"400 Bad Request")
        else:
            self._reset()

    def refuse(self, status: bytes) -> None:
        """Answer with the bare status and end; what still comes is thrown away for a moment."""
        self.transport.write(_bare(status))
        self._refused_at = self.loop.time()
        try:
            self.transport.write_eof()
        except OSError:
            # The client has gone, and the loop has not told us yet.
            self.transport.abort()

    def make_room(self) -> None:
        """Close at once: there are too many connections."""
        self.transport.write(_bare(b"503 Service Unavailable"))
        self.transport.close()

    def end_if_overdue(self) -> None:
        """Close the connection if its client has let a deadline pass."""
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
        # Without this the kernel would keep what the client does not take, and go on offering it.
        linger_not = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
        self.transport.abort()


def _bare(status: bytes) -> bytes:
    return b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def most_at_once() -> int:
    """Connections that one process may have."""
    return min(settings.CONNECTIONS_AT_ONCE, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - OTHER_FILES)


def _longest_waiting(connections: Iterable[Any]) -> Connection:
    """The newest itself waits, so there is always one."""
    waiting = [each for each in connections if each.is_waiting and not each.transport.is_closing()]
    longest: Connection = min(waiting, key=lambda each: each.waiting_since)
    return longest


class Server(uvicorn.Server):
    """uvicorn's server, which looks after its connections' deadlines."""

    async def on_tick(self, counter: int) -> bool:
        """uvicorn's own clock, every 0.1 s."""
        if counter % 5 == 0:
            for connection in list(self.server_state.connections):
                assert isinstance(connection, Connection)
                connection.end_if_overdue()
        return await super().on_tick(counter)
