"""A step that holds its whole process is found out and given up, where no other worker lives to see it."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from launcher.services import World
from launcher.setup import environment
from launcher.supervisor import Service
from tests.database import own_database
from tests.redis_server import URL
from tests.stack import ROOT, OwnFolder, supervised

pytestmark = pytest.mark.processes

PLAN = """
from tests.holding import worker
from django.core.management import call_command
from django.db import transaction
from workers.engine import chains
from workers.models import Step
from workers.engine.configuration import DEFAULT_QUEUE

call_command("migrate", verbosity=0)
for subject in ("hostile", "harmless"):
    with transaction.atomic():
        chains.plan(
            ["tests.hold"], queue=DEFAULT_QUEUE, subject=subject, topic=subject, owner=subject,
            priority=Step.Priority.FIRST,
        )
"""
NEWS = "test:holding"
WITHIN = 90
"""Seconds for two leases of 3 s, and three starts of a worker on a busy machine."""


@contextmanager
def one_worker(folder: Path):
    """Alone, with two threads, and started again when it dies, as `./run` does it."""
    checkout = OwnFolder(root=ROOT, folder=folder)
    with own_database(folder) as database:
        shared = {**environment(checkout), "RUN_DIR": str(folder), "DATABASE_URL": database.url, "REDIS_URL": URL}
        subprocess.run([str(checkout.python), "-c", PLAN], cwd=ROOT, env=shared, check=True)
        command = [str(checkout.python), "-m", "celery", "-A", "tests.holding.worker", "worker", "-Q", "default"]
        command += ["-P", "threads", "-c", "2", "-l", "INFO", "--without-mingle", "--without-gossip"]
        worker = Service("worker", command, shared, ready_output=b" ready.", stop_group=0)
        yield from supervised(World([worker], {"web": ""}), checkout, database)


def news_of_steps() -> redis.Redis:
    return redis.Redis.from_url(URL, decode_responses=True, socket_timeout=WITHIN + 10)


def test_a_step_that_holds_its_process_is_given_up(tmp_path: Path):
    with news_of_steps() as news, one_worker(tmp_path) as stack:
        # Given one worker, a step whose pattern never ends, and another that waits beside it
        ended: dict[str, str] = {}
        while len(ended) < 2:
            # When both have ended
            said = news.blpop(NEWS, timeout=WITHIN)
            assert said, f"only {ended} within {WITHIN} s"
            subject, code = said[1].split()
            ended[subject] = code
        # Then the one was given up, and the other done
        assert ended == {"hostile": "failed", "harmless": "done"}
        rows = dict(stack.rows("select subject, state from workers_step"))
        assert rows == {"hostile": "failed", "harmless": "done"}
        # And the log says where the process was held, and nothing of the text
        log = (tmp_path / "logs" / "worker.log").read_text()
        assert "Timeout" in log
        assert "in hold" in log
        assert "aaaa" not in log
