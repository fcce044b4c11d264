"""A worker lives while it takes messages and runs them. A process that merely runs does not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from celery import current_app
from django.db import connection

from launcher.tether import tether
from tests.polling import wait_until
from workers import connections
from workers.clock import database_now
from workers.engine import liveness
from workers.engine.claims import Claim
from workers.engine.configuration import DEFAULT_QUEUE
from workers.engine.heartbeat import heartbeat
from workers.models import Liveness, Step

pytestmark = pytest.mark.django_db(transaction=True)

SILENCE = timedelta(seconds=2)
WITHIN = 15
WORKER = """
import sys
from pathlib import Path

from celery import shared_task

from resume_site.celery import app


@shared_task(name="test.hang")
def hang(fifo):
    Path(fifo).read_bytes()


app.worker_main(sys.argv[1:])
"""
"""One more task: it hangs in the system's `open` until somebody opens the other end."""


@pytest.fixture(autouse=True)
def _short_silence(settings):
    settings.WORKERS = {**settings.WORKERS, "worker_silence": SILENCE}
    connections.broker().flushdb()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[None]:
    """A real one of the queue `default`, with one thread."""
    name, server = connection.settings_dict["NAME"], os.environ.get("DATABASE_URL", "")
    own = urlsplit(server)._replace(path=f"/{name}").geturl() if server.startswith("mysql:") else f"sqlite:///{name}"
    environment = {**os.environ, "DATABASE_URL": own, "WORKER_SILENCE_SECONDS": str(SILENCE.seconds)}
    options = ["worker", "-P", "threads", "-c", "1", "-Q", "default", "-l", "INFO", "--without-mingle"]
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, *options], env=environment, stdout=log, stderr=log, preexec_fn=tether()
        )
        try:
            yield
        finally:
            process.kill()
            process.wait()


def lives() -> bool:
    return "default" not in liveness.silent_queues()


@pytest.mark.processes
def test_a_worker_that_hangs_or_takes_nothing_is_silent_though_its_process_runs(worker: None, tmp_path: Path):
    # Given a worker
    wait_until(lives, WITHIN)
    # When Redis is emptied
    emptied_at = database_now()
    connections.broker().flushall()
    # Then nobody takes it for dead: its next report comes before its silence would be told
    wait_until(lambda: Liveness.objects.get(queue="default").reported_at > emptied_at, SILENCE.seconds)
    # When its only thread hangs
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    current_app.send_task("test.hang", (str(fifo),), queue="default")
    # Then it is silent, and lives again when the thread is free
    wait_until(lambda: not lives(), WITHIN)
    fifo.write_bytes(b"")
    wait_until(lives, WITHIN)
    # When its consumer takes nothing from the queue any more, Then it is silent too, until the consumer is back
    current_app.control.cancel_consumer("default")
    wait_until(lambda: not lives(), WITHIN)
    current_app.control.add_consumer("default")
    wait_until(lives, WITHIN)
    # And its log tells of tasks, but not of these reports
    said = (tmp_path / "worker.log").read_text()
    assert "test.hang[" in said
    assert "report_liveness[" not in said


def test_messages_that_nobody_takes_do_not_heap_up():
    # Given a queue that nobody consumes
    # When a worker asks again and again whether it can be reached through it
    for _ in range(5):
        liveness.prove(["default"])
    # Then one message waits
    assert connections.broker().llen("default") == 1
    assert not lives()


@pytest.mark.parametrize(("deadline", "alive"), [(timedelta(minutes=1), True), (timedelta(seconds=-1), False)])
def test_a_busy_worker_lives_until_what_it_does_is_overdue(deadline: timedelta, alive: bool):
    # Given a worker whose threads are all busy, so that no message gets through
    now = database_now()
    step = Step.objects.create(
        **dict.fromkeys(("chain", "subject", "topic", "owner"), "s"), link=0, kind="test.work", queue=DEFAULT_QUEUE,
        priority=1, state=Step.State.RUNNING, due_at=now, virtual_time=now, created_at=now,
    )  # fmt: skip
    with heartbeat.keeping(Claim(step, timedelta(0)), deadline):
        # When it reports, Then work within its deadline proves life, and work beyond it does not
        liveness.prove(["default"])
    assert lives() is alive
