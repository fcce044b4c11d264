"""Who drains a backlog: our engine, and what others would do. Each runs against a provider of its own, alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import redis

from aws_double.signing import environment as keys
from bench.processes import ROOT, Provider, Talking, logged, provider, redis_server, talking
from bench.provider.server import Setup
from tests.database import Database, own_database

CALLERS = 30
ENGINE_THREADS = 32


@dataclass(frozen=True)
class Outcome:
    """What the provider's record says of one run."""

    jobs: int
    calls: list[dict[str, Any]]
    lost: int
    """Jobs given up, or not ended when the run's time was over."""
    pressure: float = float("nan")
    """Share of the run's time in which some process of the machine waited for a processor."""

    @property
    def accepted(self) -> list[dict[str, Any]]:
        return [call for call in self.calls if call["accepted"]]

    @property
    def drain(self) -> float:
        """Seconds from the start to the arrival of the last accepted call."""
        return max((call["arrived"] for call in self.accepted), default=float("nan"))

    @property
    def refused(self) -> int:
        return len(self.calls) - len(self.accepted)

    @property
    def refused_share(self) -> float:
        return self.refused / max(1, len(self.calls))

    @property
    def repeated(self) -> int:
        """Accepted calls for jobs that had one already."""
        return len(self.accepted) - len({call["job"] for call in self.accepted})


Contender = Callable[[Setup, int], Outcome]
PRESSURE = Path("/proc/pressure/cpu")


class Pressure:
    """How busy the whole machine is from now on: a figure taken among neighbours must say so."""

    def __init__(self) -> None:
        self._begun, self._stalled = time.monotonic(), self._microseconds()

    @staticmethod
    def _microseconds() -> float:
        return float(PRESSURE.read_text().split("total=")[1].split()[0]) if PRESSURE.exists() else float("nan")

    def share(self) -> float:
        return (self._microseconds() - self._stalled) / 1_000_000 / (time.monotonic() - self._begun)


def _environment(server: Provider, **more: str) -> dict[str, str]:
    without = {"REDIS_URL", "RUN_DIR", "DATABASE_URL", "AI_BACKEND"}
    own = {name: value for name, value in os.environ.items() if name not in without}
    return {**own, **keys(server.url), **more}


def boto(mode: str) -> Contender:
    """boto3's own retries, eight attempts, 30 threads in two processes."""

    def run(setup: Setup, jobs: int) -> Outcome:
        half = jobs // 2
        with provider(setup) as server, ExitStack() as stack:
            ranges = ((0, half), (half, jobs))
            callers = [
                stack.enter_context(
                    talking(
                        "bench.callers.boto",
                        *map(str, (mode, 8, first, last, CALLERS // 2)),
                        environment=_environment(server),
                    )
                )
                for first, last in ranges
            ]
            return _call(server, callers, jobs)

    return run


def oracle(setup: Setup, jobs: int) -> Outcome:
    """Calls exactly at the quota, which it knows."""
    with (
        provider(setup) as server,
        talking(
            "bench.callers.oracle", json.dumps(asdict(setup)), str(jobs), environment=_environment(server)
        ) as caller,
    ):
        return _call(server, [caller], jobs)


def _call(server: Provider, callers: Sequence[Any], jobs: int) -> Outcome:
    for caller in callers:
        caller.hear()
    server.start()
    pressure = Pressure()
    for caller in callers:
        caller.say("go")
    lost = sum(int(caller.hear()) for caller in callers)
    return Outcome(jobs, server.record(), lost, pressure.share())


def celery(task: str, **settings: str) -> Contender:
    """Two Celery nodes of 15 threads with Celery's own means."""

    def run(setup: Setup, jobs: int) -> Outcome:
        with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
            folder = Path(name)
            server = stack.enter_context(provider(setup))
            url = stack.enter_context(redis_server(folder))
            environment = _environment(server, REDIS_URL=url, **settings)
            commands = {}
            for node in ("one", "two"):
                command = [sys.executable, "-m", "celery", "-A", "bench.callers.nodes", "worker", "-n", f"{node}@%h"]
                command += [
                    "-P",
                    "threads",
                    "-c",
                    str(CALLERS // 2),
                    "--without-mingle",
                    "--without-gossip",
                    "-l",
                    "INFO",
                ]
                commands[node] = command
            stack.enter_context(logged(commands, environment, folder, " ready."))
            broker = redis.Redis.from_url(url)
            server.start()
            pressure = Pressure()
            _publish(task, jobs, environment)
            lost = _until(lambda: jobs - server.accepted() - int(broker.get("bench:lost") or 0), patience(setup, jobs))
            return Outcome(jobs, server.record(), lost + int(broker.get("bench:lost") or 0), pressure.share())

    return run


def _publish(task: str, jobs: int, environment: Mapping[str, str]) -> None:
    code = f"from bench.callers.nodes import {task}\nfor job in range({jobs}): {task}.delay(job)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=dict(environment), check=True)


def patience(setup: Setup, jobs: int) -> float:
    """Seconds after which a run is over, whatever is left: four times the ideal."""
    units = jobs * (setup.cost if setup.tokens else 1)
    return 4 * setup.quota().moment(units) + 30


def _until(left: Callable[[], int], seconds: float) -> int:
    """Wait until nothing is left, at most so long. Returns what is left."""
    deadline = time.monotonic() + seconds
    while (number := left()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return number


@dataclass(frozen=True)
class Engine:
    """The running engine, seen from its rows."""

    database: Database
    planner: Talking

    def plan(self, jobs: Any) -> None:
        """What `bench.engine.planner` understands; returns when all are planned."""
        self.planner.say(json.dumps(jobs))
        self.planner.hear()

    def unfinished(self) -> int:
        query = "select count(*) from workers_step where state not in ('done', 'failed', 'cancelled')"
        return int(self.database.rows(query)[0][0])

    def given_up(self) -> int:
        return int(self.database.rows("select count(*) from workers_step where state in ('failed', 'cancelled')")[0][0])


@contextmanager
def engine(server: Provider, processes: int, kind: str, **settings: str) -> Iterator[Engine]:
    """Our engine's own worker processes, warm: each has made a call before, uncounted."""
    setup = server.setup
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        stack.callback(_keep_logs, folder, f"{processes}-{setup.kind}")
        database = stack.enter_context(own_database(folder))
        environment = _environment(
            server,
            REDIS_URL=stack.enter_context(redis_server(folder)),
            DATABASE_URL=database.url,
            RUN_DIR=str(folder),
            DJANGO_SETTINGS_MODULE="bench.engine.settings",
            BENCH_QUOTA=f"{setup.amount}/{setup.window}",
            BENCH_AT_ONCE=str(ENGINE_THREADS),
            **settings,
        )
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v", "0"],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        commands = {}
        for number in range(processes):
            command = [sys.executable, "-m", "celery", "-A", "resume_site", "worker", "-n", f"{number}@%h"]
            command += ["-Q", "letters,default", "-P", "threads", "-c", str(ENGINE_THREADS // processes)]
            commands[str(number)] = [*command, "-l", "INFO", "-E", "--without-mingle", "--without-gossip"]
        stack.enter_context(logged(commands, environment, folder, "worker ready."))

        planner = stack.enter_context(talking("bench.engine.planner", kind, environment=environment))
        planner.hear()
        running = Engine(database, planner)
        running.plan({"warm": processes})
        _until(running.unfinished, 60)
        yield running


def _keep_logs(folder: Path, run: str) -> None:
    """For whoever looks for lost time: BENCH_LOGS names a folder."""
    if logs := os.environ.get("BENCH_LOGS"):
        for file in folder.glob("*.log"):
            (Path(logs) / f"{run}-{file.name}").write_bytes(file.read_bytes())


def ours(
    processes: int,
    kind: str = "bench.call",
    *,
    arrivals: Sequence[float] = (),
    stop_after: float | None = None,
    **settings: str,
) -> Contender:
    """Our engine with so many worker processes; jobs come at `arrivals`, or all at once.

    With `stop_after` the run ends after so many seconds, and only what was given up until then is lost.
    """

    def run(setup: Setup, jobs: int) -> Outcome:
        with provider(setup) as server, engine(server, processes, kind, **settings) as running:
            server.start()
            pressure = Pressure()
            running.plan(list(arrivals) or [0] * jobs)
            left = _until(running.unfinished, stop_after or patience(setup, jobs))
            lost = running.given_up() + (0 if stop_after else left)
            return Outcome(jobs, server.record(), lost, pressure.share())

    return run
