"""Chaos in the AWS world, in figures: what is lost, what it costs, how long it takes, beside a calm run of the same.

    .venv/bin/python -m bench.chaos [--people 200] [--seed 1] [--lead 60] [--without-calm] [--mysql] [--write]

Four worker processes and a double of AWS that keeps the quota. Every ten seconds a process is killed, and every fault
that the double knows meets a call; the audit is tests/chaos/audit.py. Ends with status 1 when it finds anything.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from unittest import mock

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resume_site.settings")

from bench.report import write_section
from launcher import mariadb
from tests.chaos import faults, run, trouble
from tests.chaos.audit import Audit, judge
from tests.chaos.run import Outcome, Scene
from tests.chaos.trouble import Trouble
from tests.stack import ROOT, Stack, unlimited

QUOTA = 600
"""Image calls a minute."""
LATENCY = {"DetectFaces": 0.3, "InvokeEndpoint": 0.5, "InvokeModel": 2.0, "ConverseStream": 0.5}
"""Seconds: shorter than the real services', so that what 200 people want fits into the two minutes."""
PACE = {"characters": 12, "per_second": 500.0}
AT_ONCE = {"PHOTO_WORKERS_AT_ONCE": "32", "LETTER_WORKERS_AT_ONCE": "32"}
KILL_EVERY, KILLS = 10.0, 12


def plan(seed: int, lead: float) -> list[Trouble]:
    """Two minutes of it, `lead` seconds after the first came. What is waited for longest comes first."""
    chance = random.Random(seed)
    lasting = faults.every(chance, faults.LONG, everywhere=True)
    held = faults.every(chance, faults.MISCONFIGURED, everywhere=True)
    passing = faults.every(chance, faults.WHERE.keys() - faults.LONG - faults.MISCONFIGURED, everywhere=True)
    end = lead + KILL_EVERY * KILLS
    return [
        *trouble.drip(lasting, lead, lead + 20),
        *trouble.drip(held, lead + 2, lead + 60),
        *trouble.drip(passing, lead + 2, end - 2),
        *trouble.kills(chance, [*trouble.WORKERS, "web"], first=lead + KILL_EVERY, every=KILL_EVERY, number=KILLS),
        Trouble(lead + 25, "flush"),
        Trouble(lead + 45, "database_away", seconds=12.0),
        Trouble(lead + 75, "kill", "redis"),
        Trouble(lead + 95, "flush"),
    ]


@contextmanager
def world(on_mariadb: bool) -> Iterator[tuple[Stack, Path]]:
    with mariadb.running() if on_mariadb else nullcontext("") as url, tempfile.TemporaryDirectory() as name:
        database = {"DATABASE_URL": url} if url else {}
        quota = {"QUOTA_BEDROCK_IMAGE_RPM": str(QUOTA)}
        with (
            mock.patch.dict(os.environ, database),
            unlimited(Path(name), True, **run.SETTINGS, **AT_ONCE, **quota) as stack,
        ):
            quotas = {"InvokeModel": {"kind": "sliding", "limit": QUOTA}}
            run.set_double(stack, latency=LATENCY, pace=PACE, quotas=quotas)
            yield stack, Path(name)


def played(scene: Scene, on_mariadb: bool) -> tuple[Outcome, Audit]:
    with world(on_mariadb) as (stack, folder):
        outcome = run.play(stack, scene, folder)
        return outcome, judge(stack, outcome, QUOTA)


def table(named: dict[str, tuple[Outcome, Audit]]) -> Iterator[str]:
    yield f"| | {' | '.join(named)} |"
    yield f"|---|{'---|' * len(named)}"
    figures = {name: dict(_figures(*each)) for name, each in named.items()}
    for row in dict.fromkeys(row for each in figures.values() for row in each):
        yield f"| {row} | {' | '.join(str(each.get(row, '')) for each in figures.values())} |"


def _figures(outcome: Outcome, audit: Audit) -> Iterator[tuple[str, object]]:
    yield "people", len(outcome.people)
    made = [each.trouble for each in outcome.troubles if each.trouble.kind != "faults"]
    done = Counter(trouble.target or trouble.kind for trouble in made)
    for name, number in sorted(done.items()):
        yield {"flush": "Redis emptied", "database_away": "database away"}.get(name, f"{name} killed"), number
    yield "seconds from the first request to the last end", round(outcome.ended - outcome.began)
    for name, figure in audit.figures.items():
        if isinstance(figure, dict):
            for part, number in figure.items():
                yield f"{name}: {part}", number
        else:
            yield name, figure
    yield "promises broken", len(audit.findings)


def cost(calm: Outcome, chaos: Outcome) -> Iterator[str]:
    """Calls that were answered 200, which is what is paid for."""
    yield "\n| accepted calls | calm | chaos | more | of these with a fault in the answer |\n|---|---|---|---|---|"
    for operation in faults.OPERATIONS:
        paid = [[c for c in each.calls if c.operation == operation and c.status == 200] for each in (calm, chaos)]
        before, after = map(len, paid)
        faulty = sum(bool(call.fault) for call in paid[1])
        yield f"| {operation} | {before} | {after} | {after - before} ({(after - before) / before:.0%}) | {faulty} |"


def processor(outcome: Outcome) -> Iterator[str]:
    yield "\n| process (calm) | processor seconds for each résumé |\n|---|---|"
    for name, seconds in sorted(outcome.cpu.items()):
        yield f"| {name} | {seconds / len(outcome.people):.2f} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lead", type=float, default=60.0, help="seconds of calm before the chaos")
    parser.add_argument("--without-calm", action="store_true", help="leave the calm run out")
    parser.add_argument("--mysql", action="store_true", help="on MariaDB")
    parser.add_argument("--write", action="store_true", help="put the tables into bench/README.md")
    given = parser.parse_args()
    os.environ.setdefault("WEIGHTS_DIR", str(ROOT / ".run" / "weights"))
    if given.mysql:
        mariadb.ensure_installed()
    named: dict[str, tuple[Outcome, Audit]] = {}
    if not given.without_calm:
        named["calm"] = played(Scene(given.people, within=900.0), given.mysql)
    named["chaos"] = played(Scene(given.people, plan(given.seed, given.lead)), given.mysql)
    lines = list(told(named, given.seed))
    print("\n".join(lines))
    if given.write:
        write_section("chaos MariaDB" if given.mysql else "chaos", lines)
    return 1 if any(audit.findings for _, audit in named.values()) else 0


def told(named: dict[str, tuple[Outcome, Audit]], seed: int) -> Iterator[str]:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, seed {seed}"
    yield f"{machine}; load of the machine afterwards (5 minutes): {os.getloadavg()[1]:.1f}.\n"
    yield from table(named)
    if "calm" in named:
        yield from cost(named["calm"][0], named["chaos"][0])
        yield from processor(named["calm"][0])
    for name, (_, audit) in named.items():
        yield from (f"- {name}: {finding}" for finding in audit.findings)


if __name__ == "__main__":
    sys.exit(main())
