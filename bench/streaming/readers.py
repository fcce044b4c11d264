"""One web process with many open event streams: how late the log's entries are at the clients."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import logged, talking
from bench.streaming import observed
from launcher.services import free_port

WARM_SECONDS = 2.0


@dataclass(frozen=True)
class Case:
    """How events spread over clients."""

    clients_of_one: int
    """Clients that look at the same résumé; each event goes to all of them."""
    together: int
    """Events that are published in one round trip."""


CASES = (Case(1, 1), Case(2, 10), Case(5, 1), Case(20, 1))
"""Everybody with a page of their own; a page and a phone, with events in batches as a worker's 50 ms make them; and
résumés that a crowd watches, as nobody's does."""


def measure(clients: int, rate: int, seconds: float, folder: Path) -> list[str]:
    """Django is set up, and Redis runs, at the address that the environment names."""
    rows = []
    for case in CASES:
        rows.append(_measured(case, clients, rate, seconds, folder))
        sys.stderr.write(rows[-1] + "\n")
    return [
        f"{clients:,} clients of one web process, {rate} events a second in the log:",
        "",
        "| résumés × clients of each | events in a round trip | socket writes a second | p50 ms | p99 ms (aim ≤ 50) "
        "| worst ms | cores used | peak MB (aim ≤ 120) | MB without clients | threads | clients whose events are exact "
        "| s to open all |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
        *rows,
    ]


def _measured(case: Case, clients: int, rate: int, seconds: float, folder: Path) -> str:
    token, resumes = _rows(clients // case.clients_of_one)
    port = free_port(0)
    with ExitStack() as stack:
        web = {f"web-{case.clients_of_one}-{case.together}": _web(port)}
        stack.enter_context(logged(web, os.environ, folder, "Uvicorn running on"))
        process = observed.child("resume_site.serve")
        alone = process.peak_megabytes()
        everyone = stack.enter_context(talking("bench.streaming.clients", str(port), token, environment=os.environ))
        publisher = stack.enter_context(talking("bench.streaming.publisher", environment=os.environ))
        publisher.hear()
        everyone.say(json.dumps(resumes * case.clients_of_one))
        everyone.hear()
        time.sleep(WARM_SECONDS)
        begun, cpu = time.monotonic(), process.cpu_seconds()
        publisher.say(json.dumps({"resumes": resumes, "rate": rate, "seconds": seconds, "together": case.together}))
        told = json.loads(publisher.hear())["told"]
        cores = (process.cpu_seconds() - cpu) / (time.monotonic() - begun)
        everyone.say(json.dumps(told))
        seen = json.loads(everyone.hear())
        return _row(case, resumes, seconds, seen, cores, alone, process)


def _row(
    case: Case, resumes: Sequence[str], seconds: float, seen: dict[str, Any], cores: float, alone: float,
    process: observed.Process,
) -> str:  # fmt: skip
    clients = len(resumes) * case.clients_of_one
    return (
        f"| {len(resumes)} × {case.clients_of_one} | {case.together} | {seen['arrived'] / seconds:,.0f} "
        f"| {seen['p50']:.1f} | {seen['p99']:.1f} | {seen['worst']:.0f} | {cores:.2f} | {process.peak_megabytes():.0f} "
        f"| {alone:.0f} | {process.threads()} | {seen['exact']:,} of {clients:,} | {seen['opening']:.1f} |"
    )


def _web(port: int) -> list[str]:
    """As `./run` starts it."""
    return [sys.executable, "-m", "resume_site.serve", "--host", "127.0.0.1", "--port", str(port)]


def _rows(number: int) -> tuple[str, list[str]]:
    """A person with a token and so many résumés. Their photos are being looked at: nothing changes by itself."""
    from rest_framework.authtoken.models import Token

    from accounts.models import User
    from photos.models import Photo
    from resumes.models import Resume

    user = User.objects.create_guest()
    photos = Photo.objects.bulk_create(
        [Photo(digest="0" * 64, width=1200, height=1600, state=Photo.State.DETECTING) for _ in range(number)]
    )
    resumes = Resume.objects.bulk_create(
        [Resume(user=user, name="김하늘", mbti="ENFP", photo=photo) for photo in photos]
    )
    return Token.objects.create(user=user).key, [resume.pk for resume in resumes]
