"""Plans jobs when their time comes: `python -m bench.engine.planner KIND`.

Prints `ready`; then reads lines of JSON from standard input, each a list of seconds from that line on, one for each job
(`[0, 0, 0]` is a backlog of three), or `{"warm": n}` for uncounted ones, and prints `planned` when all are planned.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import groupby

import django

PEOPLE = 30


def main() -> None:
    django.setup()
    from django.db import transaction

    import resume_site.celery  # noqa: F401
    from workers.engine import chains
    from workers.models import Step

    def plan(jobs: list[int]) -> None:
        with transaction.atomic():
            for job in jobs:
                chains.plan(
                    [sys.argv[1]],
                    queue="letters",
                    subject=str(job),
                    topic=f"bench-{job}",
                    owner=f"person-{job % PEOPLE}",
                    priority=Step.Priority.FIRST,
                )

    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if isinstance(order, dict):
            plan([-1 - number for number in range(order["warm"])])
        else:
            begun = time.monotonic()
            for at, jobs in groupby(range(len(order)), key=order.__getitem__):
                time.sleep(max(0.0, begun + at - time.monotonic()))
                plan(list(jobs))
        print("planned", flush=True)


if __name__ == "__main__":
    main()
