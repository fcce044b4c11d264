"""Celery's own means against a quota: `rate_limit` and `autoretry_for`, one task each, on Redis.

`celery -A bench.callers.nodes worker`; the environment holds BENCH_RATE and BENCH_RETRIES.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import redis
from botocore.exceptions import ClientError
from celery import Celery, Task

from bench.callers.boto import WARM_UP, bedrock, invoke

LOST = "bench:lost"
BROKER = os.environ["REDIS_URL"]

app = Celery("bench", broker=BROKER)
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True


@lru_cache(maxsize=1)
def client() -> Any:
    made = bedrock("standard", 1)
    invoke(made, WARM_UP)
    return made


class Counted(Task):  # type: ignore[misc]
    def on_failure(self, *_: Any) -> None:
        redis.Redis.from_url(BROKER).incr(LOST)


@app.task(base=Counted, rate_limit=os.environ.get("BENCH_RATE"))
def limited(job: int) -> None:
    invoke(client(), job)


@app.task(
    base=Counted,
    autoretry_for=(ClientError,),
    retry_backoff=True,
    retry_jitter=True,
    max_retries=int(os.environ.get("BENCH_RETRIES", "3")),
)
def retried(job: int) -> None:
    invoke(client(), job)


client()
