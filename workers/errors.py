"""The error classes of the engine. A provider module turns every failure into one of them.

The class carries the verdict (is it the job's fault, how soon to try again); `workers.engine.retries` is the
one place that acts on it. Source of the classes: the table of provider errors in docs/aws.md.
"""

from __future__ import annotations

from datetime import timedelta
from traceback import format_tb

from django.db import InterfaceError, OperationalError

DATABASE_AWAY = (OperationalError, InterfaceError)
"""What Django raises when the database cannot be had. Its other errors are bugs and must be seen as such."""


def place_of(error: BaseException) -> str:
    """Class and place of an error, for logs: its message may repeat what a person gave."""
    return f"{type(error).__name__}\n{''.join(format_tb(error.__traceback__))}"


class StepError(Exception):
    """A step did not end well.

    `code` is stable and goes into the row; the message is for operators and holds no personal data.
    """

    permanent = False
    code = "failed"

    def __init__(self, message: str = "", *, code: str | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(message or self.__class__.__name__)
        self.retry_after = retry_after
        """How long the provider asked to be left alone, where it said so."""
        if code is not None:
            self.code = code


class Throttled(StepError):
    """The provider refused for quota's sake. Never counts against the job."""

    code = "throttled"


class NotReady(StepError):
    """The provider is starting (cold endpoint, model loading): again in 5–30 s. Never counts against the job."""

    code = "not_ready"


class HandedBack(StepError):
    """This worker is being stopped: the step goes back at once and another takes it. Never counts against the job."""

    code = "handed_back"


class Transient(StepError):
    """A passing fault of provider or network: backoff with full jitter."""

    code = "transient"


class DatabaseAway(Transient):
    """Our own database cannot be had for a moment: no fault of the provider."""

    code = "database_away"


class BadAnswer(StepError):
    """The provider answered nonsense or ran out of time: one more try, then a clear failure."""

    code = "bad_answer"


class Misconfigured(StepError):
    """Credentials, permissions or a model id are wrong: the operator's fault, the job stays queued."""

    code = "misconfigured"


class Rejected(StepError):
    """The person's input cannot be used; `code` tells the person what to do. Permanent."""

    permanent = True
    code = "rejected"


class Filtered(Rejected):
    """A provider's content filter refused the picture or the text. Permanent."""

    code = "filtered"


class LeaseLost(StepError):
    """Another worker holds the step now: this one stops at once and writes nothing."""

    code = "lease_lost"


class Cancelled(StepError):
    """The person cancelled or deleted what the step works on."""

    permanent = True
    code = "cancelled"
