"""Settings from environment variables, one module per concern. The defaults are the embedded world.

The README lists every variable.
"""

from pathlib import Path

from resume_site.settings import environment
from resume_site.settings.api import *  # noqa: F403
from resume_site.settings.aws import *  # noqa: F403
from resume_site.settings.celery import *  # noqa: F403
from resume_site.settings.database import *  # noqa: F403
from resume_site.settings.django import *  # noqa: F403
from resume_site.settings.files import *  # noqa: F403
from resume_site.settings.limits import *  # noqa: F403
from resume_site.settings.operations import *  # noqa: F403
from resume_site.settings.quotas import *  # noqa: F403
from resume_site.settings.search import *  # noqa: F403
from resume_site.settings.worlds import *  # noqa: F403

BASE_DIR: Path = environment.BASE_DIR
RUN_DIR: Path = environment.RUN_DIR
