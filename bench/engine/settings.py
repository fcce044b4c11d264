"""The project's settings with the bench's step kinds and quotas. BENCH_QUOTA = "units/seconds", BENCH_AT_ONCE."""

from __future__ import annotations

import os

from resume_site.settings import *  # noqa: F403
from resume_site.settings import INSTALLED_APPS as _APPS
from resume_site.settings import WORKERS as _WORKERS
from workers.quota.policy import Counts

_amount, _, _seconds = os.environ.get("BENCH_QUOTA", "50/10").partition("/")
_tokens = float(os.environ.get("BENCH_RESERVED", "0"))

INSTALLED_APPS = [*_APPS, "bench.engine"]
_counts = Counts.TOKENS if _tokens else Counts.CALLS
QUOTAS = ({"name": "bench", "amount": float(_amount), "seconds": float(_seconds), "counts": _counts},)
STEP_QUOTAS = {"bench.call": {"bench": 1}, "bench.tokens": {"bench": _tokens}}
WORKERS = {**_WORKERS, "at_once": {**_WORKERS["at_once"], "letters": int(os.environ.get("BENCH_AT_ONCE", "32"))}}
