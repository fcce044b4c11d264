"""What is done to the processes: kills, a flushed Redis, a database that is away."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import redis

from tests.stack import Stack

WORKERS = ("photos-1", "photos-2", "letters-1", "letters-2")
RESTART_SECONDS = 10.0


@dataclass(frozen=True)
class Trouble:
    at: float
    """Seconds after the first."""
    kind: str
    """`kill`, `flush`, `database_away` or `faults`."""
    target: str = ""
    seconds: float = 0.0
    faults: tuple[dict[str, object], ...] = ()


@dataclass(frozen=True)
class Done:
    """A trouble that was made, from when to when."""

    trouble: Trouble
    began: float
    ended: float


def kills(chance: random.Random, targets: Sequence[str], first: float, every: float, number: int) -> list[Trouble]:
    """Each target once in every round, in another order each round."""
    order: list[str] = []
    while len(order) < number:
        order += chance.sample(targets, len(targets))
    return [Trouble(first + every * place, "kill", name) for place, name in enumerate(order[:number])]


def drip(faults: Sequence[dict[str, object]], first: float, last: float) -> list[Trouble]:
    """The faults one by one, evenly, so that they meet different people."""
    step = (last - first) / max(1, len(faults) - 1)
    return [Trouble(first + step * place, "faults", faults=(fault,)) for place, fault in enumerate(faults)]


def make(stack: Stack, plan: Sequence[Trouble], given_up: threading.Event) -> list[Done]:
    """All of the plan, in time; a database is away beside what comes meanwhile."""
    begin = time.time()
    done: list[Done] = []
    beside: list[threading.Thread] = []
    for trouble in sorted(plan, key=lambda trouble: trouble.at):
        if given_up.wait(max(0.0, begin + trouble.at - time.time())):
            break
        if trouble.kind == "database_away":
            thread = threading.Thread(target=lambda each=trouble: done.append(_make(stack, each, given_up)))
            thread.start()
            beside.append(thread)
        else:
            done.append(_make(stack, trouble, given_up))
    for thread in beside:
        thread.join()
    return sorted(done, key=lambda each: each.began)


def _make(stack: Stack, trouble: Trouble, given_up: threading.Event) -> Done:
    began = time.time()
    match trouble.kind:
        case "kill":
            _kill(stack, trouble.target)
        case "flush":
            redis.Redis.from_url(stack.redis_url).flushall()
        case "database_away":
            _take_the_database_away(stack, trouble.seconds, given_up)
        case "faults":
            httpx.post(f"{stack.double_url}/_double/faults", json=list(trouble.faults), timeout=30).raise_for_status()
    return Done(trouble, began, time.time())


def _kill(stack: Stack, name: str) -> None:
    with stack.changed:
        # It may be about to be started again.
        assert stack.changed.wait_for(lambda: name in stack.pids, RESTART_SECONDS), f"{name} is away"
    stack.kill(name)


def _take_the_database_away(stack: Stack, seconds: float, given_up: threading.Event) -> None:
    """SQLite: nobody else can write, and who waits longer than the settings' 10 s is refused; MariaDB: it is stopped.

    Weakness: SQLite's readers go on, as its log of writes lets them.
    """
    address = urlsplit(stack.database.url)
    if address.scheme == "sqlite":
        with closing(sqlite3.connect(address.path, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            given_up.wait(seconds)
            connection.execute("ROLLBACK")
        return
    ((pid_file,),) = stack.rows("select @@pid_file")
    server = int(Path(pid_file).read_text())
    os.kill(server, signal.SIGSTOP)
    try:
        given_up.wait(seconds)
    finally:
        os.kill(server, signal.SIGCONT)
