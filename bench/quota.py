"""The quota limiter against a provider that counts: drain, refusals, waiting, tokens; beside what others would do.

    .venv/bin/python -m bench.quota [backlog halved poisson tokens] [--quick] [--seed 1]
        [--only ours,adaptive] [--counted bucket,fixed,sliding] [--processes 2,4,8] [--write]

Without names all four are run, one after another: about 50 minutes; `--quick` takes a third of the jobs. Prints a
Markdown table for each; `--write` puts them into bench/README.md. `DATABASE_URL=mysql://…` runs the engine on MariaDB.
"""

from __future__ import annotations

import argparse
import math
import random
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from bench.contenders import Contender, Outcome, boto, celery, oracle, ours
from bench.percentiles import percentile
from bench.provider.accounting import Charge
from bench.provider.server import Setup
from bench.report import write_section

AMOUNT, WINDOW = 50, 10.0
"""The backlog's quota: 50 calls in 10 s."""
HALVED = ((0.0, 1.0), (20.0, 0.5), (40.0, 1.0))
COUNTINGS = ("bucket", "fixed", "sliding")

BASELINES: dict[str, Contender] = {
    "oracle": oracle,
    "legacy": boto("legacy"),
    "standard": boto("standard"),
    "adaptive": boto("adaptive"),
    "rate_limit each": celery("limited", BENCH_RATE=f"{AMOUNT * 60 / WINDOW:.0f}/m"),
    "rate_limit shared": celery("limited", BENCH_RATE=f"{AMOUNT * 30 / WINDOW:.0f}/m"),
    "autoretry 8": celery("retried", BENCH_RETRIES="8"),
    "autoretry 3": celery("retried", BENCH_RETRIES="3"),
}
NAMES = {
    "ours": "**this engine**",
    "oracle": "an oracle that calls exactly at the quota",
    "legacy": "boto3 legacy, 8 attempts",
    "standard": "boto3 standard, 8 attempts",
    "adaptive": "boto3 adaptive, 8 attempts",
    "rate_limit each": "Celery `rate_limit` = quota on each of two nodes",
    "rate_limit shared": "Celery `rate_limit` = quota shared out",
    "autoretry 8": "Celery `autoretry_for`, backoff and jitter, 8 retries",
    "autoretry 3": "the same, 3 retries",
}


def shown(lines: Iterable[str]) -> list[str]:
    """Each line as soon as it is measured."""
    kept = []
    for line in lines:
        print(line, flush=True)
        kept.append(line)
    return kept


def row(name: str, counting: str, outcome: Outcome, ideal: float) -> str:
    return (
        f"| {name} | {counting} | {outcome.drain:.1f} | {outcome.drain / ideal:.3f} | {outcome.refused} "
        f"| {outcome.refused_share:.1%} | {outcome.lost} | {outcome.repeated} | {outcome.pressure:.0%} |"
    )


HEAD = "drain s | ÷ ideal | refused | of all calls | lost | paid twice | CPU pressure |\n" + "|---" * 9 + "|"


class Quota:
    """The four scenarios, with what the command line says."""

    def __init__(
        self, seed: int, quick: bool, only: Sequence[str], counted: Sequence[str], processes: Sequence[int]
    ) -> None:
        self._seed, self._quick, self._only = seed, quick, only
        self._counted, self._processes = counted, processes

    def _wanted(self, name: str) -> bool:
        return not self._only or name in self._only

    def backlog(self) -> Iterator[str]:
        jobs = 100 if self._quick else 300
        setup = Setup(amount=AMOUNT, window=WINDOW, seed=self._seed)
        ideal = jobs * WINDOW / AMOUNT
        yield f"{jobs} jobs, {AMOUNT} calls per {WINDOW:.0f} s, calls of 0.3–1 s, ideal {ideal:.0f} s.\n"
        yield f"| who | counted by | {HEAD}"
        for counting in self._counted:
            for number in self._processes:
                if self._wanted("ours"):
                    outcome = ours(number)(replace(setup, kind=counting), jobs)
                    yield row(f"{NAMES['ours']}, {number} processes", counting, outcome, ideal)
        for name, contender in BASELINES.items():
            if self._wanted(name):
                yield row(NAMES[name], "bucket", contender(setup, jobs), ideal)

    def halved(self) -> Iterator[str]:
        jobs = 300
        setup = Setup(amount=AMOUNT, window=WINDOW, seed=self._seed, trace=HALVED)
        ideal = setup.quota().moment(jobs)
        yield f"{jobs} jobs, {AMOUNT} calls per {WINDOW:.0f} s, half of it from second 20 to 40. Ideal {ideal:.0f} s.\n"
        yield f"| who | counted by | {HEAD}"
        if self._wanted("oracle"):
            outcome = oracle(setup, jobs)
            ideal = outcome.drain
            yield row(f"{NAMES['oracle']} (it knows the trace)", "bucket", outcome, setup.quota().moment(jobs))
        for number in self._processes:
            if self._wanted("ours"):
                yield row(
                    f"{NAMES['ours']}, {number} processes; ideal = the oracle",
                    "bucket",
                    ours(number)(setup, jobs),
                    ideal,
                )
        if self._wanted("adaptive"):
            yield row(f"{NAMES['adaptive']}; ideal = the oracle", "bucket", boto("adaptive")(setup, jobs), ideal)

    def poisson(self) -> Iterator[str]:
        """Waiting: from a job's planning to the arrival of its accepted call."""
        seconds = 60.0 if self._quick else 180.0
        setup = Setup(amount=AMOUNT, window=WINDOW, seed=self._seed)
        arrivals = list(poisson_arrivals(0.9 * AMOUNT / WINDOW, seconds, self._seed))
        perfect = [start - at for start, at in zip(paced(arrivals, WINDOW / AMOUNT), arrivals, strict=True)]
        yield f"{len(arrivals)} seeded arrivals in {seconds:.0f} s at 90 % of {AMOUNT} calls per {WINDOW:.0f} s.\n"
        yield "| who | p50 s | p95 s | max s | p95 ÷ perfect | refused | lost | CPU pressure |\n" + "|---" * 8 + "|"
        yield f"| a perfect paced queue, computed | {spread(perfect)} | 1.00 | 0 | 0 | |"
        for number in self._processes:
            if not self._wanted("ours"):
                continue
            outcome = ours(number, arrivals=arrivals)(setup, len(arrivals))
            waits = [call["arrived"] - arrivals[call["job"]] for call in outcome.accepted]
            ratio = percentile(waits, 0.95) / percentile(perfect, 0.95)
            yield (
                f"| {NAMES['ours']}, {number} processes | {spread(waits)} | {ratio:.2f} "
                f"| {outcome.refused} | {outcome.lost} | {outcome.pressure:.0%} |"
            )

    def tokens(self) -> Iterator[str]:
        """Tokens a minute: what calls accepted in an interval cost, beside the best that the same accounting admits."""
        begin, end = (60.0, 120.0) if self._quick else (60.0, 180.0)
        common = Setup(
            amount=600_000,
            window=60.0,
            capacity=60.0,
            tokens=True,
            input_tokens=1_000,
            max_tokens=5_000,
            seed=self._seed,
        )
        yield (
            f"A backlog; {common.amount:,.0f} tokens a minute, {common.input_tokens:,} in, `max_tokens` "
            f"{common.max_tokens:,}, {common.output_tokens:,} written; calls of 0.3–1 s. The share: tokens of the "
            f"calls accepted from second {begin:.0f} to {end:.0f} ÷ those of a caller that knows the accounting and "
            f"calls in the millisecond in which there is room. A bucket holds a minute's quota.\n"
        )
        yield "| counted by | burndown | share | from second 0 on | refused | of all calls | given up | CPU pressure |"
        yield "|---|---|---|---|---|---|---|---|"
        for counting in self._counted:
            for burndown in (1.0, 5.0):
                if self._wanted("ours"):
                    setup = replace(common, kind=counting, burndown=burndown)
                    yield f"| {counting} | {burndown:.0f} | {self._tokens(setup, begin, end)} |"

    def _tokens(self, setup: Setup, begin: float, end: float) -> str:
        jobs = math.ceil((end + 90) / setup.window * setup.amount / setup.cost)
        contender = ours(
            self._processes[0],
            "bench.tokens",
            stop_after=end + 1,
            BENCH_RESERVED=str(setup.reserved),
            BENCH_BURNDOWN=str(setup.burndown),
        )
        outcome = contender(setup, jobs)
        arrivals = [call["arrived"] for call in outcome.accepted]
        best = list(greedy(setup, end))
        shares = [within(arrivals, since, end) / within(best, since, end) for since in (begin, 0.0)]
        counts = f"{outcome.refused} | {outcome.refused_share:.1%} | {outcome.lost} | {outcome.pressure:.0%}"
        return f"{shares[0]:.1%} | {shares[1]:.1%} | {counts}"


def within(moments: Iterable[float], begin: float, end: float) -> int:
    return sum(begin <= moment < end for moment in moments)


def poisson_arrivals(per_second: float, seconds: float, seed: int) -> Iterator[float]:
    chance = random.Random(seed)
    at = chance.expovariate(per_second)
    while at < seconds:
        yield at
        at += chance.expovariate(per_second)


def paced(arrivals: Sequence[float], interval: float) -> Iterator[float]:
    """When each begins in one queue that lets one go every interval."""
    free = 0.0
    for at in arrivals:
        start = max(at, free)
        free = start + interval
        yield start


def greedy(setup: Setup, end: float) -> Iterator[float]:
    """When calls would arrive if each came in the very millisecond in which the same accounting lets it in."""
    counted = setup.accounting()
    running: list[tuple[float, Charge]] = []
    at, job = 0.0, 0
    while at < end:
        for ended, charge in [each for each in running if each[0] <= at]:
            counted.settle(charge, setup.cost, ended)
            running.remove((ended, charge))
        admitted = counted.admit(at, setup.reserved)
        if admitted is None:
            at += 0.001
            continue
        yield at
        running.append((at + setup.seconds(job), admitted))
        job += 1


def spread(values: Sequence[float]) -> str:
    return " | ".join(f"{percentile(values, share):.2f}" for share in (0.5, 0.95, 1.0))


SCENARIOS = ("backlog", "halved", "poisson", "tokens")


def main() -> None:
    # Ended from outside, the processes it started end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, []], metavar="SCENARIO")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", type=partial(str.split, sep=","), default=[], help="contenders")
    parser.add_argument("--counted", type=partial(str.split, sep=","), default=COUNTINGS, help="bucket,fixed,sliding")
    parser.add_argument("--processes", default="", help="of workers, such as 2,4,8")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    for name in given.scenarios or SCENARIOS:
        default = "2,4,8" if name == "backlog" else "4"
        processes = [int(number) for number in (given.processes or default).split(",")]
        bench = Quota(given.seed, given.quick, given.only, given.counted, processes)
        print(f"\n### {name}\n")
        lines = shown(getattr(bench, name)())
        if given.write:
            write_section(f"quota {name}", lines)


if __name__ == "__main__":
    main()
