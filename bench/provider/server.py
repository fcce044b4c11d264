"""The provider as a process: `python -m bench.provider.server '{"kind": "bucket", …}'` prints its address.

It speaks InvokeModel of bedrock-runtime: a body `{"job": 7}` is answered after a while, or
refused at once as Bedrock refuses. Calls are timed when their head has arrived, and counted from `PUT /start` on;
before that everything is let through and nothing recorded, so that callers can warm up. Signatures are not looked at:
the double of AWS in tests/ does that.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from aws_double.faults import Fault, refusal
from bench.provider.accounting import Accounting, Quota, accounting


@dataclass
class Call:
    job: int
    arrived: float
    """Seconds since the start; so are all times here."""
    accepted: bool
    settled: float = 0.0
    """What it cost in units of the quota."""
    answered: float | None = None


@dataclass(frozen=True)
class Setup:
    """How this provider counts and how long it takes."""

    kind: str = "bucket"
    amount: float = 50.0
    window: float = 10.0
    trace: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    capacity: float = 1.0
    """Seconds of quota that a bucket holds."""
    spent: bool = False
    tokens: bool = False
    """Whether it counts tokens: input + max_tokens when the call arrives, input + output × burndown when it ends."""
    burndown: float = 1.0
    input_tokens: int = 0
    max_tokens: int = 0
    output_share: float = 0.2
    """Of max_tokens, what a call really writes."""
    latency: tuple[float, float] = (0.3, 1.0)
    seed: int = 1

    @property
    def reserved(self) -> float:
        """Units that a call takes when it arrives."""
        return float(self.input_tokens + self.max_tokens) if self.tokens else 1.0

    @property
    def output_tokens(self) -> int:
        return int(self.max_tokens * self.output_share)

    @property
    def cost(self) -> float:
        """Units that a call has used when it ends."""
        return self.input_tokens + self.output_tokens * self.burndown if self.tokens else 1.0

    def quota(self) -> Quota:
        return Quota(self.amount, self.window, tuple((since, share) for since, share in self.trace))

    def accounting(self) -> Accounting:
        phase = random.Random(self.seed).uniform(0, self.window)
        return accounting(self.kind, self.quota(), capacity=self.capacity, phase=phase, spent=self.spent)

    def seconds(self, job: int) -> float:
        """How long a job's call takes: the same in every run of a seed."""
        return random.Random(f"{self.seed}-{job}").uniform(*self.latency)


@dataclass
class Provider:
    setup: Setup
    started: float | None = None
    accounting: Accounting = field(init=False)
    calls: list[Call] = field(default_factory=list)

    def start(self) -> None:
        self.accounting = self.setup.accounting()
        self.calls.clear()
        self.started = time.monotonic()

    async def invoke(self, arrived: float, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        usage = {"input_tokens": self.setup.input_tokens, "output_tokens": self.setup.output_tokens}
        if self.started is None or body["job"] < 0:
            return 200, {"usage": usage}
        at = arrived - self.started
        charge = self.accounting.admit(at, self.setup.reserved)
        call = Call(body["job"], at, charge is not None, self.setup.cost if charge else 0.0)
        self.calls.append(call)
        if charge is None:
            return 429, {}
        await asyncio.sleep(self.setup.seconds(call.job))
        call.answered = time.monotonic() - self.started
        self.accounting.settle(charge, self.setup.cost, call.answered)
        return 200, {"usage": usage}

    def progress(self) -> dict[str, Any]:
        return {
            "accepted": len({call.job for call in self.calls if call.answered is not None}),
            "calls": len(self.calls),
        }


REFUSAL = refusal(Fault("throttle"), "InvokeModel").answer()


class Server:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=256)
        sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        async with server:
            await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                arrived = time.monotonic()
                length = next(
                    (line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), b":0"
                )
                body = await reader.readexactly(int(length.partition(b":")[2]))
                writer.write(await self._answer(head.split(b" ", 2)[1].decode(), body, arrived))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, path: str, body: bytes, arrived: float) -> bytes:
        match path:
            case "/start":
                self._provider.start()
                return _http(200, {})
            case "/progress":
                return _http(200, self._provider.progress())
            case "/record":
                return _http(200, [asdict(call) for call in self._provider.calls])
        status, answer = await self._provider.invoke(arrived, json.loads(body))
        if status != 200:
            return _head(status, len(REFUSAL.body), REFUSAL.headers) + REFUSAL.body
        return _http(status, answer)


def _http(status: int, answer: Any) -> bytes:
    body = json.dumps(answer).encode()
    return _head(status, len(body), {}) + body


def _head(status: int, length: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} -", "Content-Type: application/json", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


if __name__ == "__main__":
    asyncio.run(Server(Provider(Setup(**json.loads(sys.argv[1])))).serve())
