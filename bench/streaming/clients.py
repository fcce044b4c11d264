"""Event-stream clients: `python -m bench.streaming.clients PORT TOKEN`.

Reads a line of JSON from standard input, the résumé of each client; prints `ready` when each was shown its snapshot.
The next line holds how many events each résumé had; prints what arrived, as JSON. Nothing is parsed but the stamps.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

from bench.percentiles import percentile

TEXT = re.compile(rb'"text":"(\d{16})"')
AT_ONCE = 50
"""Connections being opened."""
LATEST = 10.0
"""Seconds after which what has not arrived is missing."""


class Client(asyncio.Protocol):
    """One open stream; reads bytes and looks for stamps, which are microseconds since 1970."""

    def __init__(self, request: bytes, latencies: list[float]) -> None:
        self._request, self._latencies = request, latencies
        self._rest = b""
        self.shown: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.stamps: list[int] = []
        self.resets = 0
        """Events that say that text was not whole: a reset, or a snapshot in mid-text."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        whole, _, self._rest = (self._rest + data).rpartition(b"\n")
        if not self.shown.done() and b"event: snapshot" in whole:
            self.shown.set_result(None)
        if self.stamps:
            self.resets += whole.count(b"event: letter.reset") + whole.count(b"event: snapshot")
        for found in TEXT.findall(whole):
            sent = int(found)
            self.stamps.append(sent)
            self._latencies.append(now * 1000 - sent / 1000)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.shown.done():
            self.shown.set_exception(error or ConnectionError("closed"))

    def exact(self, number: int) -> bool:
        """Whether every event came, once and in order."""
        return len(self.stamps) == number and not self.resets and all(map(int.__lt__, self.stamps, self.stamps[1:]))


async def main() -> None:
    port, token = int(sys.argv[1]), sys.argv[2]
    resumes: list[str] = json.loads(await asyncio.to_thread(sys.stdin.readline))
    latencies: list[float] = []
    places, loop, clients = asyncio.Semaphore(AT_ONCE), asyncio.get_running_loop(), []

    async def connect(resume: str) -> None:
        request = (
            f"GET /api/v1/resumes/{resume}/events/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {token}\r\n\r\n"
        ).encode()
        async with places:
            _, client = await loop.create_connection(lambda: Client(request, latencies), "127.0.0.1", port)
            clients.append((resume, client))
            await client.shown

    begun = time.monotonic()
    await asyncio.gather(*map(connect, resumes))
    opening = time.monotonic() - begun
    print("ready", flush=True)
    published: dict[str, int] = json.loads(await asyncio.to_thread(sys.stdin.readline))
    deadline = time.monotonic() + LATEST
    while time.monotonic() < deadline and any(len(each.stamps) < published[resume] for resume, each in clients):
        await asyncio.sleep(0.1)
    shares = {name: percentile(latencies, share) for name, share in (("p50", 0.5), ("p99", 0.99), ("worst", 1.0))}
    exact = sum(client.exact(published[resume]) for resume, client in clients)
    print(json.dumps({"arrived": len(latencies), "exact": exact, "opening": opening, **shares}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
