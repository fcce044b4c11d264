"""The project's settings, with short leases: the test waits for several to run out."""

from datetime import timedelta

from resume_site.settings import *  # noqa: F403
from resume_site.settings import WORKERS as USUAL

WORKERS = {  # type: ignore[assignment]
    **USUAL,
    "lease": timedelta(seconds=3),
    "heartbeat": timedelta(seconds=1),
    "sent_lease": timedelta(seconds=2),
    "most_crashes": 2,
}
