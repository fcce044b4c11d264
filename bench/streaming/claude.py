"""A provider that streams letters by ConverseStream: `python -m bench.streaming.claude JSON` (see `Setup`).

Prints its address, then answers each line on standard input with a line of JSON: `begun` with when text began to flow,
`late` with how well it kept its beat, `sent` with what was sent. Text flows when so many streams are open as were asked
for, so that all are open at once; streams that come later flow at once. Each stream keeps its own beat.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from dataclasses import dataclass, field

from aws_double.event_stream import event
from aws_double.writing import ASKED
from bench.percentiles import percentile
from bench.streaming.stamps import now, stamp
from letters.markers import MARKERS

JOB = re.compile(rb"stream-(\d+)")
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nTransfer-Encoding: chunked\r\n\r\n"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
START_SPREAD = 2.0
"""Seconds over which the streams that wait for each other begin: models do not begin in step."""
LENGTH_SPREAD = 0.15
"""Streams are so much shorter or longer than asked for, at most."""


@dataclass(frozen=True)
class Setup:
    streams: int
    seconds: float
    """Of text, on average."""
    rate: float
    """Frames a second of each stream."""
    origin: float


@dataclass
class State:
    setup: Setup
    open: int = 0
    begun_at: float | None = None
    """`time.time()` when all were open."""
    late: list[float] = field(default_factory=list)
    """Seconds by which each frame left after its beat."""
    sent: dict[str, list[dict[int, str]]] = field(default_factory=dict)
    """Text by item, of each try of a job."""
    all_open: asyncio.Event = field(default_factory=asyncio.Event)


class Stream:
    """One answer."""

    def __init__(self, state: State, job: str, items: list[int], writer: asyncio.StreamWriter) -> None:
        self._state, self._setup, self._writer = state, state.setup, writer
        self._items, self._texts = items, dict.fromkeys(items, "")
        tries = state.sent.setdefault(job, [])
        tries.append(self._texts)
        self._random = random.Random(f"{job} {len(tries)}")

    async def write(self) -> None:
        self._writer.write(HEAD)
        self._frame("messageStart", role="assistant")
        await self._wait_for_all()
        setup = self._setup
        frames = int(setup.seconds * setup.rate * self._random.uniform(1 - LENGTH_SPREAD, 1 + LENGTH_SPREAD))
        begun = time.monotonic()
        for number in range(frames):
            due = begun + number / setup.rate
            await asyncio.sleep(due - time.monotonic())
            self._state.late.append(time.monotonic() - due)
            item = self._items[number * len(self._items) // frames]
            if not self._texts[item]:
                self._text(f"\n\n{MARKERS[item - 1]}\n")
            said = stamp(now(setup.origin))
            self._texts[item] += said
            self._text(said)
            await self._writer.drain()
        self._frame("contentBlockStop", contentBlockIndex=0)
        self._frame("messageStop", stopReason="end_turn")
        usage = {"inputTokens": 2000, "outputTokens": frames * 3, "totalTokens": 2000 + frames * 3}
        self._frame("metadata", usage=usage, metrics={"latencyMs": 1})
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    async def _wait_for_all(self) -> None:
        state = self._state
        if not state.all_open.is_set() and state.open >= self._setup.streams:
            state.begun_at = time.time()
            state.all_open.set()
        if not state.all_open.is_set():
            await state.all_open.wait()
            await asyncio.sleep(self._random.uniform(0, START_SPREAD))

    def _text(self, text: str) -> None:
        self._frame("contentBlockDelta", delta={"text": text}, contentBlockIndex=0)

    def _frame(self, name: str, **members: object) -> None:
        data = event(name, **members)
        self._writer.write(b"%x\r\n%s\r\n" % (len(data), data))


async def _serve(state: State, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection: request after request."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            job = JOB.search(body)
            if job is None:
                # A worker also asks at its start how long the model will live.
                writer.write(NOT_FOUND)
                continue
            state.open += 1
            try:
                await Stream(state, job[0].decode(), _asked(body), writer).write()
            finally:
                state.open -= 1
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _asked(body: bytes) -> list[int]:
    """The items whose markers the request puts at the head of a line."""
    said = json.loads(body)["messages"][-1]["content"][0]["text"]
    return [MARKERS.index(marker) + 1 for marker in ASKED.findall(said)]


async def main() -> None:
    state = State(Setup(**json.loads(sys.argv[1])))
    server = await asyncio.start_server(lambda *ends: _serve(state, *ends), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        match line.strip():
            case "begun":
                answer: object = state.begun_at
            case "late":
                answer = {"p99": percentile(state.late, 0.99), "worst": percentile(state.late, 1.0)}
            case _:
                answer = state.sent
        print(json.dumps(answer, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
