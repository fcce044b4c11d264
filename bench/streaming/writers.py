"""One worker process with many open streams: how late the provider's frames are in the event log."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aws_double import signing
from bench.processes import Talking, logged, talking
from bench.streaming import observed
from bench.streaming.claude import Setup
from bench.streaming.stamps import LENGTH

if TYPE_CHECKING:
    from letters.brief import Brief

RATE = 20.0
"""Frames a second of one stream."""
MORE = 0.25
"""Letters beyond those at once, so that some begin while others are being written."""
P99_MILLISECONDS, LATE_MILLISECONDS, MEGABYTES = 150, 1000, 400
LONGEST_SECONDS = 300
Sent = dict[str, list[dict[str, str]]]
"""Text by job, try and item's number."""


@dataclass(frozen=True)
class Outcome:
    streams: int
    letters: int
    seen: dict[str, float]
    sent: int
    """Frames."""
    exact: int
    """Letters whose every item's stored text is the text that was sent in one of its tries."""
    tries: int
    cores: float
    megabytes: float
    threads: int
    provider_late: dict[str, float]
    """Seconds by which frames left after their beat: no part of their latency, but a sign of how noisy the run was."""

    @property
    def holds(self) -> bool:
        on_time = self.seen["p99"] <= P99_MILLISECONDS and self.seen["worst"] <= LATE_MILLISECONDS
        return on_time and self.exact == self.letters == self.tries

    def row(self) -> str:
        seen, late = self.seen, self.provider_late
        return (
            f"| {self.streams} | {self.letters} | {seen['frames']:,} of {self.sent:,} | {seen['p50']:.0f} "
            f"| {seen['p99']:.0f} | {seen['worst']:.0f} | {self.cores:.2f} | {self.megabytes:.0f} | {self.threads} "
            f"| {self.tries} | {self.exact} of {self.letters} | {late['p99'] * 1000:.0f}, {late['worst'] * 1000:.0f} |"
        )


def measure(streams: Sequence[int], seconds: float, folder: Path) -> list[str]:
    """Django is set up, and Redis runs, at the address that the environment names."""
    outcomes = []
    for number in streams:
        outcomes.append(_measured(number, seconds, folder))
        sys.stderr.write(outcomes[-1].row() + "\n")
    most = max((outcome.streams for outcome in outcomes if outcome.holds), default=0)
    return [
        "| streams | letters | frames in the log | p50 ms | p99 ms (aim ≤ 150) | worst ms | cores used "
        "| peak MB (aim ≤ 400) | threads | calls | texts exact | provider behind its beat, p99 and worst ms |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
        *(outcome.row() for outcome in outcomes),
        "",
        f"Most streams with p99 ≤ {P99_MILLISECONDS} ms, no frame later than {LATE_MILLISECONDS} ms and every text "
        f"exact at the first try: **{most}** (of those measured).",
    ]


def _measured(streams: int, seconds: float, folder: Path) -> Outcome:
    setup = Setup(streams, seconds, RATE, origin=time.time())
    with ExitStack() as stack:
        provider = stack.enter_context(
            talking("bench.streaming.claude", json.dumps(asdict(setup)), environment=os.environ)
        )
        environment = {
            **os.environ, **signing.environment(provider.hear()), "LETTER_BACKEND": "aws",
            "LETTER_WORKERS_AT_ONCE": str(streams),
            # The provider is silent until all streams are open.
            "BEDROCK_TEXT_READ_SECONDS": "120",
        }  # fmt: skip
        stack.enter_context(logged({f"worker-{streams}": _worker(streams)}, environment, folder, "worker ready."))
        follower = stack.enter_context(
            talking("bench.streaming.follower", os.environ["REDIS_URL"], str(setup.origin), environment=os.environ)
        )
        follower.hear()
        worker = observed.child("celery")
        letters = _order(streams, round(streams * (1 + MORE)))
        cores = _cores(provider, worker, seconds)
        _wait_for(letters)
        follower.say("report")
        seen = json.loads(follower.hear())
        provider.say("late")
        late = json.loads(provider.hear())
        provider.say("sent")
        sent: Sent = json.loads(provider.hear())
        tries = sum(map(len, sent.values()))
        return Outcome(
            streams, len(letters), seen, _frames(sent), _exact(letters, sent), tries, cores, worker.peak_megabytes(),
            worker.threads(), late,
        )  # fmt: skip


def _worker(streams: int) -> list[str]:
    """As `./run` starts it."""
    command = [sys.executable, "-m", "celery", "-A", "resume_site", "worker", "-n", "letters@%h"]
    command += ["-Q", "letters,default", "-P", "threads", "-c", str(streams), "-l", "INFO", "-E"]
    return [*command, "--without-mingle", "--without-gossip"]


def _order(streams: int, number: int) -> dict[str, str]:
    """Ask for letters, a person each. Returns the job's name by the letter's id."""
    from django.conf import settings
    from django.db import transaction

    from letters import services

    # This process admits too, after each order; it must let as many run as the worker does.
    settings.WORKERS = {**settings.WORKERS, "at_once": {**settings.WORKERS["at_once"], "letters": streams}}
    letters = {}
    for each in range(number):
        job = f"stream-{each}"
        with transaction.atomic():
            letter = services.ask(f"{streams}-{each}", _brief(job), f"person-{each}")
        letters[letter.pk] = job
    return letters


def _brief(job: str) -> Brief:
    """The provider knows a letter by the person's wish."""
    from letters.brief import Brief, CompanyRecord, Facts

    company = CompanyRecord(
        slug="haneul", name="하늘전자", name_en="Haneul Electronics", industry="전자", industry_en="electronics",
        talent_values=("도전", "협력"), talent_values_en=("challenge", "cooperation"),
        talent_summary="스스로 일을 찾는 사람", talent_summary_en="people who find their own work",
        keywords=("도전",), keywords_en=("challenge",),
    )  # fmt: skip
    return Brief("ko", company, ("전략",), ("strategy",), Facts(job=job), other_companies=("카카오", "Kakao"))


def _cores(provider: Talking, worker: observed.Process, seconds: float) -> float:
    """The worker's share of the processors while all streams are open."""
    deadline = time.monotonic() + LONGEST_SECONDS
    provider.say("begun")
    while json.loads(provider.hear()) is None:
        if time.monotonic() > deadline:
            raise RuntimeError(f"not all streams are open after {LONGEST_SECONDS} s")
        time.sleep(0.2)
        provider.say("begun")
    begun, cpu = time.monotonic(), worker.cpu_seconds()
    time.sleep(seconds * 0.75)
    return (worker.cpu_seconds() - cpu) / (time.monotonic() - begun)


def _wait_for(letters: dict[str, str]) -> None:
    from letters.models import Letter

    deadline = time.monotonic() + LONGEST_SECONDS
    while Letter.objects.filter(pk__in=list(letters)).exclude(state__in=Letter.FINAL).exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"letters unfinished after {LONGEST_SECONDS} s")
        time.sleep(0.5)


def _exact(letters: dict[str, str], sent: Sent) -> int:
    from letters.models import Letter

    def is_exact(letter: Letter) -> bool:
        tries = sent[letters[letter.pk]]
        return all(
            section["text"] and any(section["text"] == texts.get(str(section["number"])) for texts in tries)
            for section in letter.sections
        )

    return sum(map(is_exact, Letter.objects.filter(pk__in=list(letters), state=Letter.State.DONE)))


def _frames(sent: Sent) -> int:
    return sum(len(text) // LENGTH for tries in sent.values() for texts in tries for text in texts.values())
