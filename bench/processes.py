"""Processes that a bench starts and ends: a line in, a line out, a log, a Redis of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.provider.server import Setup
from launcher.services import free_port

ROOT = Path(__file__).resolve().parent.parent


class Talking:
    """A child that answers by lines."""

    def __init__(self, module: str, *arguments: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """The next line; waits for it."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} ended without a word")
        return line.strip()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def talking(module: str, *arguments: str, environment: Mapping[str, str]) -> Iterator[Talking]:
    child = Talking(module, *arguments, environment=environment)
    try:
        yield child
    finally:
        child.end()


class Provider:
    """The provider's process, seen from here."""

    def __init__(self, url: str, setup: Setup) -> None:
        self.url, self.setup = url, setup

    def start(self) -> None:
        """Second 0 of the record."""
        self._ask("/start")

    def accepted(self) -> int:
        """How many jobs have their answer."""
        return int(self._ask("/progress")["accepted"])

    def record(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self._ask("/record")
        return calls

    def _ask(self, path: str) -> Any:
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, method="PUT", data=b""), timeout=10
        ) as answer:
            return json.load(answer)


@contextmanager
def provider(setup: Setup) -> Iterator[Provider]:
    with talking("bench.provider.server", json.dumps(asdict(setup)), environment=os.environ) as child:
        yield Provider(child.hear(), setup)


@contextmanager
def logged(
    commands: Mapping[str, Sequence[str]], environment: Mapping[str, str], folder: Path, ready: str
) -> Iterator[None]:
    """Run commands, each with a log of its name; begins when `ready` stands in each. Ends them by SIGTERM."""
    children = {}
    for name, command in commands.items():
        with (folder / f"{name}.log").open("wb") as log:
            children[name] = subprocess.Popen(
                command, cwd=ROOT, env=dict(environment), stdout=log, stderr=subprocess.STDOUT
            )
    try:
        for name, child in children.items():
            _wait_for(ready, child, folder / f"{name}.log")
        yield
    finally:
        for child in children.values():
            child.terminate()
        for child in children.values():
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _wait_for(ready: str, child: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 240
    while ready not in log.read_text(errors="replace"):
        if child.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{log.name} does not say {ready!r}: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The system's, or the one among the packages. Yields its URL."""
    server = shutil.which("redis-server") or str(Path(sys.executable).with_name("redis-server"))
    port = free_port(0)
    command = [
        server,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]
    with logged({"redis": command}, os.environ, folder, "Ready to accept connections"):
        yield f"redis://127.0.0.1:{port}/0"
