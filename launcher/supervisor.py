"""Starts processes, restarts those that die, and stops them all. It does not depend on what they do."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launcher.terminal import progress
from launcher.tether import tether

STEADY_SECONDS = 10.0
"""After running this long, a process that dies is restarted without delay."""
LONGEST_DELAY = 10.0
DEATHS_BEFORE_READY = 3
"""After so many deaths before it was ever ready, the start fails with the last output of the process."""
READY_SECONDS = 90.0
STOP_SECONDS = (6.0, 3.0, 1.0)
"""Seconds from SIGTERM to SIGKILL for each stop group; 10 s together, as the README promises."""
LOG_BYTES = 5_000_000
"""A log of this size is renamed to NAME.log.1 and replaces the previous one."""


class StartFailed(Exception):
    """A process did not become ready. The message holds the last lines of its output."""


@dataclass(frozen=True)
class Service:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready_output: bytes | None = None
    """The process is ready when its output contains these bytes …"""
    ready_url: str | None = None
    """… or when this http URL answers 200. With neither, it is ready as soon as it runs."""
    stop_group: int = 1
    """Group 0 is stopped first, group 2 last."""
    first: bool = False
    """Whether it must be ready before any other is started."""
    awaited: bool = True
    """Whether the whole service is ready only after it is ready."""


@dataclass
class _Running:
    service: Service
    process: Process | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    tail: bytes = b""

    @property
    def said_last(self) -> str:
        return f"It said last:\n{self.tail.decode(errors='replace').strip()}"


class Supervisor:
    """Supervises services. `on_pids` is called with {name: pid} when all are ready and after each change."""

    def __init__(
        self, services: Sequence[Service], folder: Path, logs: Path, on_pids: Callable[[dict[str, int]], None]
    ) -> None:
        self._running = [_Running(service) for service in services]
        self._folder = folder
        self._logs = logs
        self._on_pids = on_pids
        self._stopping = asyncio.Event()
        self._all_ready = False

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Run until `stop` is called and all processes have ended. Raises StartFailed after all have ended."""
        tasks: list[asyncio.Task[None]] = []
        stopped = asyncio.create_task(self._stopping.wait())
        try:
            for first in (True, False):
                group = [running for running in self._running if running.service.first is first]
                tasks += [asyncio.create_task(self._keep(running)) for running in group]
                await self._until(stopped, asyncio.gather(*(self._await_ready(running) for running in group)), tasks)
            if not self._stopping.is_set():
                self._all_ready = True
                self._on_pids(self._pids())
                on_ready()
                await self._until(stopped, None, tasks)
        finally:
            self._stopping.set()
            await self._stop_all()
            await asyncio.gather(*tasks, return_exceptions=True)
            stopped.cancel()

    def stop(self) -> None:
        self._stopping.set()

    async def _until(
        self, stopped: asyncio.Task[bool], event: Awaitable[object] | None, tasks: Sequence[asyncio.Task[None]]
    ) -> None:
        """Wait for the event or for `stop`. Raises the error of a task that fails meanwhile."""
        waiting = asyncio.ensure_future(event) if event else stopped
        pending: set[asyncio.Future[Any]] = {waiting, stopped, *tasks}
        try:
            while not waiting.done() and not stopped.done():
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for future in done:
                    future.result()
        finally:
            if waiting is not stopped:
                waiting.cancel()
                with suppress(asyncio.CancelledError):
                    await waiting

    async def _keep(self, running: _Running) -> None:
        """Run one process, and restart it until the supervisor stops."""
        name = running.service.name
        quick_deaths = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            died = await self._run_once(running, again=quick_deaths > 0 or self._all_ready)
            if self._stopping.is_set():
                return
            if not running.ready.is_set() and quick_deaths + 1 >= DEATHS_BEFORE_READY:
                raise StartFailed(f"{name} {died}, {quick_deaths + 1} times before it was ready. {running.said_last}")
            if time.monotonic() - started >= STEADY_SECONDS:
                quick_deaths = 0
            delay = min(LONGEST_DELAY, 0.5 * 2 ** (quick_deaths - 1)) if quick_deaths else 0.0
            quick_deaths += 1
            progress(f"{name} {died}; starting it again" + (f" in {delay:g} s" if delay else ""))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)

    async def _run_once(self, running: _Running, again: bool) -> str:
        """Run the process once. Returns a phrase about how it ended."""
        service = running.service
        process = await asyncio.create_subprocess_exec(
            *service.command,
            cwd=self._folder,
            env=dict(service.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # Its own session: Ctrl-C in the terminal reaches only the supervisor, which stops the groups in order.
            start_new_session=True,
            preexec_fn=tether(),
        )
        running.process = process
        if self._stopping.is_set():
            process.send_signal(signal.SIGKILL)
        self._publish()
        if again:
            progress(f"{service.name} runs again (pid {process.pid})")
        with _Log(self._logs / f"{service.name}.log") as log:
            assert process.stdout
            while output := await process.stdout.read(1 << 16):
                log.write(output)
                running.tail = (running.tail + output)[-4000:]
                if service.ready_output and service.ready_output in running.tail:
                    running.ready.set()
        status = await process.wait()
        running.process = None
        self._publish()
        ended = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        return f"(pid {process.pid}) {ended}"

    async def _await_ready(self, running: _Running) -> None:
        service = running.service
        if not service.awaited:
            running.ready.set()
            return
        if service.ready_url:
            waiting = self._await_answer(running, service.ready_url)
        elif service.ready_output:
            waiting = running.ready.wait()
        else:
            running.ready.set()
            return
        try:
            await asyncio.wait_for(waiting, READY_SECONDS)
        except TimeoutError as error:
            raise StartFailed(f"{service.name} is not ready after {READY_SECONDS:g} s. {running.said_last}") from error

    async def _await_answer(self, running: _Running, url: str) -> bool:
        while not await _answers(url):
            await asyncio.sleep(0.1)
        running.ready.set()
        return True

    def _publish(self) -> None:
        if self._all_ready and not self._stopping.is_set():
            self._on_pids(self._pids())

    def _pids(self) -> dict[str, int]:
        return {running.service.name: running.process.pid for running in self._running if running.process}

    async def _stop_all(self) -> None:
        for number, seconds in enumerate(STOP_SECONDS):
            group = [running for running in self._running if running.service.stop_group == number]
            await asyncio.gather(*(_stop(running, seconds) for running in group))


async def _stop(running: _Running, seconds: float) -> None:
    process = running.process
    if process is None or process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except TimeoutError:
        progress(f"{running.service.name} (pid {process.pid}) did not stop in {seconds:g} s and is killed")
    with suppress(ProcessLookupError):
        # Kill the whole session, with all processes that it started.
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _answers(url: str) -> bool:
    """Whether a GET of `http://host:port/path` is answered 200 within a second."""
    host, _, path = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    try:
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_connection(name, int(port))
            try:
                writer.write(f"GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
                status = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return status.split()[1:2] == [b"200"]


class _Log:
    """A log file with the last output of a process, between `LOG_BYTES` and twice that with its predecessor."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._path = file
        self._file = file.open("ab", buffering=0)

    def __enter__(self) -> _Log:
        return self

    def __exit__(self, *exception: object) -> None:
        self._file.close()

    def write(self, output: bytes) -> None:
        if self._file.tell() + len(output) > LOG_BYTES:
            self._file.close()
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
            self._file = self._path.open("ab", buffering=0)
        self._file.write(output)
