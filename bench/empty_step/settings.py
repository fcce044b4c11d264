"""The project's settings with the empty step."""

from __future__ import annotations

import os

from resume_site.settings import *  # noqa: F403
from resume_site.settings import INSTALLED_APPS as _APPS
from resume_site.settings import WORKERS as _WORKERS

INSTALLED_APPS = [*_APPS, "bench.empty_step"]
WORKERS = {**_WORKERS, "at_once": {**_WORKERS["at_once"], "letters": int(os.environ.get("BENCH_AT_ONCE", "64"))}}
