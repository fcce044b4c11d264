"""The embedded world as real processes, supervised as `./run` does it, in a folder of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

from launcher.checkout import Checkout
from launcher.services import World, embedded
from launcher.setup import environment
from launcher.supervisor import Supervisor
from tests.database import Database, own_database

ROOT = Path(__file__).resolve().parent.parent
PREPARE = """
import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)
call_command("seed_companies")
call_command("collectstatic", interactive=False, verbosity=0)
"""
"""In one process: Django takes longer to start than to do this."""


@dataclass(frozen=True)
class OwnFolder(Checkout):
    """This checkout's code with another place for what is written."""

    folder: Path = Path()

    @property
    def run_dir(self) -> Path:
        return self.folder


@dataclass
class Stack:
    web: str
    redis_url: str
    folder: Path
    database: Database
    double_url: str = ""
    """Where the double of AWS answers, if one runs."""
    pids: dict[str, int] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def kill(self, name: str) -> int:
        """kill -9. Returns the pid that was."""
        pid = self.pids[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self, name: str) -> int:
        """SIGTERM, as a rolling deploy sends it. Returns the pid that was."""
        pid = self.pids[name]
        os.kill(pid, signal.SIGTERM)
        return pid

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """SIGSTOP for as long as the block lasts: the process neither dies nor does anything."""
        pid = self.pids[name]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What the query (with `?` for parameters) finds in the stack's database."""
        return self.database.rows(query, *parameters)

    def wait_for_restart(self, name: str, old: int, seconds: float = 30) -> None:
        """Until the supervisor has started another process in its place."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.pids.get(name, old) != old, seconds), f"{name} did not come back"

    def take_pids(self, pids: dict[str, int]) -> None:
        with self.changed:
            self.pids = dict(pids)
            self.changed.notify_all()


@contextmanager
def running(folder: Path, double: bool = False, workers: bool = True, /, **settings: str) -> Iterator[Stack]:
    """Start everything but Flower, wait until it is ready, stop it all. With `double`, it is the AWS world's."""
    without = {"REDIS_URL", "RUN_DIR", "DATABASE_URL"}
    own = {name: value for name, value in os.environ.items() if name not in without}
    with own_database(folder) as database:
        settings = {"RUN_DIR": str(folder), "DATABASE_URL": database.url, "WEB_PORT": _first_port(), **settings}
        with mock.patch.dict(os.environ, {**own, **settings}, clear=True):
            world = _prepared(checkout := OwnFolder(root=ROOT, folder=folder), double)
        if not workers:
            world = replace(world, services=[each for each in world.services if each.name in {"redis", "web"}])
        yield from supervised(world, checkout, database)


@contextmanager
def unlimited(folder: Path, double: bool = False, workers: bool = True, /, **settings: str) -> Iterator[Stack]:
    """`running`, for one person who asks more than any."""
    limits = {"API_THROTTLE_ANON": "none", "API_THROTTLE_USER": "none", "DAILY_RESUMES_PER_PERSON": "none"}
    with running(folder, double, workers, **{**limits, **settings}) as stack:
        yield stack


def _first_port() -> str:
    """Where this process looks for a free port, so that two that start stacks at once do not find the same one.

    Below 32768, so that nobody is given the port by chance while a web process that was killed is away.
    """
    return str(31_000 + os.getpid() % 150 * 10)


def _prepared(checkout: Checkout, double: bool) -> World:
    command = [str(checkout.python), "-c", PREPARE]
    subprocess.run(command, cwd=ROOT, env=environment(checkout), check=True, stdout=subprocess.DEVNULL)
    return embedded(checkout, flower=False, photos=True, double=double)


def supervised(world: World, checkout: Checkout, database: Database) -> Iterator[Stack]:
    """Start the services, wait until they are ready, stop them all."""
    shared = world.services[-1].environment
    double_url = shared.get("AWS_ENDPOINT_URL", "")
    stack = Stack(world.state["web"], shared["REDIS_URL"], checkout.run_dir, database, double_url)
    ready = threading.Event()
    failed: list[BaseException] = []
    supervisor = Supervisor(world.services, checkout.root, checkout.logs, stack.take_pids)
    loop = asyncio.new_event_loop()

    def supervise() -> None:
        try:
            loop.run_until_complete(supervisor.run(ready.set))
        except BaseException as error:
            failed.append(error)
            raise
        finally:
            ready.set()

    thread = threading.Thread(target=supervise, name="supervisor")
    thread.start()
    ready.wait(120)
    try:
        if failed:
            raise failed[0]
        yield stack
    finally:
        loop.call_soon_threadsafe(supervisor.stop)
        thread.join(30)
