"""What the engine costs: a step beside a bare Celery task, where its time goes, and a long line of people.

    .venv/bin/python -m bench.steps [--steps 1000] [--waiting 10000] [--url mysql://…]

Everything in one run on one worker process. The database is SQLite, or the MariaDB of `--url` (created and dropped).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench import report
from bench.engine_world import engine
from bench.processes import ROOT, logged

THREADS = 8
PEOPLE = 200
LONGEST_SECONDS = 300
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.steps", description=__doc__)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--waiting", type=int, default=10_000)
    parser.add_argument("--url", default="", help="a MariaDB server's DATABASE_URL; SQLite without")
    given = parser.parse_args()
    if given.url:
        os.environ["DATABASE_URL"] = given.url
    name = "MariaDB" if given.url else "SQLite"
    with engine("bench.empty_step.settings") as folder:
        lines = [*_cost(given.steps, folder), "", *_stages(given.steps // 4), "", *_line(given.waiting)]
    report.write_section(f"steps {name}", lines)
    sys.stdout.write("\n".join(lines) + "\n")


# --- a step beside a bare task -------------------------------------------------------------------


def _cost(steps: int, folder: Path) -> list[str]:
    """Milliseconds from the first order to the last end, per task; the median of the rounds."""
    command = [sys.executable, "-m", "celery", "-A", "resume_site", "worker", "-Q", "letters,default", "-P", "threads"]
    command += ["-c", str(THREADS), "-l", "WARNING", "-E", "--without-mingle", "--without-gossip"]
    times: dict[str, list[float]] = defaultdict(list)
    with logged({"worker": command}, os.environ, folder, "worker ready."):
        _round(_order_bare, "bare", steps // 10)
        _round(_order_steps, "empty", steps // 10)
        for _ in range(ROUNDS):
            times["bare"].append(_round(_order_bare, "bare", steps))
            times["empty"].append(_round(_order_steps, "empty", steps))
    bare, empty = median(times["bare"]), median(times["empty"])
    return [
        f"| {steps} at once, {THREADS} threads, ordering included | ms each, median of {ROUNDS} |",
        "|---|---|",
        f"| a bare Celery task | {bare:.2f} |",
        f"| a step | {empty:.2f} |",
        f"| ratio (aim ≤ 5) | {empty / bare:.1f} |",
    ]


def _round(order: Callable[[int], None], name: str, number: int) -> float:
    import redis
    from django.conf import settings

    counter = redis.Redis.from_url(settings.REDIS_URL)
    counter.delete(f"bench:{name}")
    begun = time.monotonic()
    order(number)
    while int(counter.get(f"bench:{name}") or 0) < number:
        if time.monotonic() - begun > LONGEST_SECONDS:
            raise RuntimeError(f"{name}: {counter.get(f'bench:{name}')!r} of {number} after {LONGEST_SECONDS} s")
        time.sleep(0.005)
    return (time.monotonic() - begun) / number * 1000


def _order_bare(number: int) -> None:
    from bench.empty_step.tasks import bare

    for each in range(number):
        bare.apply_async(args=(each,), queue="letters")


def _order_steps(number: int) -> None:
    for each in range(number):
        _plan(f"{time.monotonic_ns()}", each)


def _plan(subject: str, person: int) -> None:
    from django.db import transaction

    from workers.engine import chains
    from workers.models import Step

    with transaction.atomic():
        chains.plan(
            ["bench.empty"], queue="letters", subject=subject, topic=subject, owner=f"person-{person % PEOPLE}",
            priority=Step.Priority.FIRST,
        )  # fmt: skip


# --- where the time goes -------------------------------------------------------------------------


def _stages(steps: int) -> list[str]:
    """The same, stage by stage in one process, with the number of queries of each."""
    from unittest import mock

    from workers.engine import admission, chains, claims
    from workers.models import Step

    watch = _Watch()
    for each in range(steps):
        with mock.patch.object(chains.admission, "admit_soon"), watch.stage("plan"):
            _plan(f"stage-{each}", each)
        with watch.stage("admission, sending"):
            admission.admit()
        step = Step.objects.get(subject=f"stage-{each}")
        with watch.stage("claim"):
            held = claims.claim(step.pk)
        assert held is not None
        with watch.stage("commit, attempt"), held.commit():
            pass
        with watch.stage("announcement"):
            admission.announce(held.step)
    return watch.table()


class _Watch:
    def __init__(self) -> None:
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self._queries: dict[str, list[int]] = defaultdict(list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        from django.db import connection

        number = 0

        def count(execute: Any, *arguments: Any) -> Any:
            nonlocal number
            number += 1
            return execute(*arguments)

        begun = time.perf_counter()
        with connection.execute_wrapper(count):
            yield
        self._seconds[name].append(time.perf_counter() - begun)
        self._queries[name].append(number)

    def table(self) -> list[str]:
        rows = [
            f"| {name} | {median(seconds) * 1000:.2f} | {median(self._queries[name]):.0f} |"
            for name, seconds in self._seconds.items()
        ]
        return ["| stage of an empty step | ms, median | queries |", "|---|---|---|", *rows]


# --- a long line ---------------------------------------------------------------------------------


def _line(waiting: int) -> list[str]:
    """Admission and the position query, with a hundred and with many in line."""
    rows = [(number, _asked(number)) for number in (100, waiting)]
    names = list(rows[0][1])
    return [
        "| ms, median (worst) | " + " | ".join(f"{number:,} waiting" for number, _ in rows) + " |",
        "|---|" + "---|" * len(rows),
        *(f"| {name} | " + " | ".join(_median_and_worst(times[name]) for _, times in rows) + " |" for name in names),
    ]


def _median_and_worst(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1000:.1f} ({max(seconds) * 1000:.1f})"


def _asked(number: int) -> dict[str, list[float]]:
    from django.conf import settings

    from workers.engine import admission
    from workers.engine.configuration import queues
    from workers.engine.waiting import lines, waiting
    from workers.models import Step

    Step.objects.all().delete()
    settings.WORKERS = {"at_once": dict.fromkeys(queues(), 1), "sent_ahead": -1}
    _fill(number)
    subjects = [f"waiting-{place}" for place in range(0, number, number // 20)]
    times: dict[str, list[float]] = defaultdict(list)

    def timed(name: str, ask: Callable[[], object]) -> None:
        begun = time.perf_counter()
        ask()
        times[name].append(time.perf_counter() - begun)

    for subject in subjects:
        timed("one person's place and seconds", partial(waiting, subject))
        timed("the places of 20 who watch", partial(lines, subjects))
        timed("planning one more", partial(_plan, f"more-{subject}", 0))
        timed("an admission pass that sends one", _admit_one)
        timed("recovery and late news", lambda: (admission.recover(), admission.announce_late()))
    return times


def _fill(number: int) -> None:
    from datetime import timedelta

    from workers.clock import database_now
    from workers.models import Step

    now = database_now()
    Step.objects.bulk_create(
        [
            Step(
                chain=f"chain-{number}", link=0, kind="bench.empty", queue="letters", subject=f"waiting-{place}",
                topic=f"waiting-{place}", owner=f"person-{place % PEOPLE}", priority=1, state=Step.State.DUE,
                virtual_time=now + timedelta(milliseconds=place), due_at=now, created_at=now,
            )
            for place in range(number)
        ],
        batch_size=500,
    )  # fmt: skip


def _admit_one() -> None:
    """As at a full house where one place is free."""
    from django.conf import settings

    from workers.engine import admission
    from workers.engine.configuration import queues
    from workers.models import Step

    in_flight = Step.objects.filter(state__in=(Step.State.SENT, Step.State.RUNNING)).count()
    settings.WORKERS = {"at_once": dict.fromkeys(queues(), in_flight + 1), "sent_ahead": 0}
    admission.admit("letters")
    settings.WORKERS = {"at_once": dict.fromkeys(queues(), 1), "sent_ahead": -1}


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
