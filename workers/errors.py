"""The engine's error classes, each with its verdict. A provider module turns every failure into one of them.

Only this module says what an error means: whether the attempt counts, what the circuit breaker does, how long to wait,
when to give up, whether the quota slows down, and what operators read. `workers.engine.retries` decides by these
values, not by class. The table in docs/aws.md says which failure of a provider becomes which class.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from traceback import format_tb
from typing import ClassVar

from django.db import InterfaceError, OperationalError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DATABASE_AWAY = (OperationalError, InterfaceError)
"""What Django raises when the database cannot be reached. Its other database errors are bugs."""

BACKOFF_FIRST = timedelta(seconds=1)
BACKOFF_LONGEST = timedelta(seconds=30)
"""Short enough that all waiting work is tried within a minute after its provider recovers."""
NO_PAUSE = timedelta(0)


class OnBreaker(Enum):
    """What an error does to the circuit breaker of its step kind."""

    OPENS = "no call can succeed: hold the work at once"
    COUNTS = "one failed call, or the provider is down: hold the work after several in a row"
    CLOSES = "the provider answered, although not well: it is reachable"
    IGNORED = "tells nothing about the provider"


def location_of(error: BaseException) -> str:
    """Class and stack of an error, for logs. The message is left out, because it may hold personal data."""
    return f"{type(error).__name__}\n{''.join(format_tb(error.__traceback__))}"


def jitter(longest: timedelta) -> timedelta:
    """A random pause up to `longest`: full jitter (Brooker, AWS Architecture Blog)."""
    return timedelta(seconds=random.uniform(0, longest.total_seconds()))


def backoff(tries: int) -> timedelta:
    """Exponential backoff with full jitter, after `tries` tries that counted."""
    return jitter(min(BACKOFF_LONGEST, BACKOFF_FIRST * 2.0 ** min(tries, 30)))


class StepError(Exception):
    """A try of a step failed.

    The class attributes are the verdict. The message is for operators and holds no personal data.
    """

    code: str = "failed"
    """Stable. It is written to the rows. For a permanent error it also selects the sentence that the person reads."""
    permanent: ClassVar[bool] = False
    """Whether the step fails at once, without another try."""
    counts: ClassVar[bool] = False
    """Whether this try counts: the pauses of the backoff grow with the tries that count."""
    most_tries: ClassVar[int | None] = None
    """How many tries may end with this error before the step is given up. None: no limit, see `ages`."""
    ages: ClassVar[bool] = True
    """Whether the step is given up after failing for `give_up_after`. False: the time of such tries does not count."""
    on_breaker: ClassVar[OnBreaker] = OnBreaker.IGNORED
    slows_quota: ClassVar[bool] = False
    """Whether all processes call this provider at a lower rate from now on."""
    reaches_provider: ClassVar[bool] = True
    """Whether a try with this error has called the provider."""
    unavailable: ClassVar[bool] = False
    """Whether a web request with this error is answered `unavailable`: a fault of the service that will pass."""
    provider: ClassVar[str] = ""
    """Name of what failed, when that is not the step's own provider."""
    label: ClassVar[str | Promise] = ""
    """What operators read."""

    def __init__(self, message: str = "", *, code: str | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(message or self.__class__.__name__)
        self.retry_after = retry_after
        """How long the provider asked callers to wait; None when it did not say."""
        if code is not None:
            self.code = code

    def pause(self, tries: int) -> timedelta:
        """How long to wait before the next try. `tries`: the tries of the step that counted, this one included."""
        wait = backoff(tries)
        return max(wait, self.retry_after or wait)


class Throttled(StepError):
    """The provider refused because the quota is used up."""

    code = "throttled"
    on_breaker = OnBreaker.CLOSES
    slows_quota = True
    unavailable = True
    label = _("한도 거절")

    def pause(self, tries: int) -> timedelta:
        return self.retry_after or jitter(timedelta(seconds=5))


class NotReady(StepError):
    """The provider is starting: a cold endpoint, a model that loads."""

    code = "not_ready"
    unavailable = True
    label = _("제공자 준비 중")

    def pause(self, tries: int) -> timedelta:
        return self.retry_after or timedelta(seconds=random.uniform(5, 30))


class NoSlot(NotReady):
    """The limiter has no slot soon. The step goes back into its queue. Waiting for a slot never ends in giving up."""

    code = "waiting_for_quota"
    ages = False
    reaches_provider = False
    label = _("한도 차례 없음")

    AHEAD = timedelta(seconds=1)
    """The step is due this long before its slot, so that the slot is within the limiter's horizon then."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"next slot in {wait.total_seconds():.1f} s")
        self.wait = wait

    def pause(self, tries: int) -> timedelta:
        return max(NO_PAUSE, self.wait - self.AHEAD)


class QuotaAway(NotReady):
    """The limiter's Redis does not answer. No paid call is made until it does, so that no quota is exceeded."""

    code = "quota_away"
    ages = False
    reaches_provider = False
    label = _("한도 장부(Redis) 없음")


class HandedBack(StepError):
    """This worker is shutting down. The step is due again at once, for another worker."""

    code = "handed_back"
    ages = False
    reaches_provider = False
    label = _("작업자 멈춤")

    def pause(self, tries: int) -> timedelta:
        return NO_PAUSE


class Transient(StepError):
    """A temporary fault of the provider or the network."""

    code = "transient"
    counts = True
    on_breaker = OnBreaker.COUNTS
    unavailable = True
    label = _("일시 오류")


class DatabaseAway(Transient):
    """The service's own database cannot be reached. The provider is not at fault."""

    code = "database_away"
    on_breaker = OnBreaker.IGNORED
    label = _("데이터베이스 없음")


class StoreAway(StepError):
    """The service's own file store cannot be read or written. The provider is not at fault.

    The breaker holds the work of this step kind until the store answers, because paid results could not be stored.
    """

    code = "store_away"
    ages = False
    on_breaker = OnBreaker.OPENS
    reaches_provider = False
    unavailable = True
    provider = "store"
    label = _("파일 저장소 없음")


class BadAnswer(StepError):
    """The provider's answer cannot be used, or the model timed out. One more try, then the step fails."""

    code = "bad_answer"
    counts = True
    most_tries = 2
    on_breaker = OnBreaker.CLOSES
    label = _("잘못된 답")


class Misconfigured(StepError):
    """Credentials, permissions or a model id are wrong. The work stays queued until the operator corrects them."""

    code = "misconfigured"
    ages = False
    on_breaker = OnBreaker.OPENS
    unavailable = True
    label = _("설정 오류")

    def pause(self, tries: int) -> timedelta:
        return jitter(timedelta(minutes=1))


class Surprise(StepError):
    """An error that no code expects: a bug or a broken machine. Three tries, then the step fails."""

    counts = True
    most_tries = 3
    label = _("예상 밖 오류")


class Rejected(StepError):
    """The person's input cannot be used. `code` says why, and selects the sentence that the person reads."""

    code = "rejected"
    permanent = True
    on_breaker = OnBreaker.CLOSES


class Filtered(Rejected):
    """A provider's content filter refused the picture or the text."""

    code = "filtered"


class LeaseLost(StepError):
    """Another worker has claimed the step, or it was cancelled or deleted. This worker stops and writes nothing."""

    code = "lease_lost"


class Cancelled(StepError):
    """The person cancelled or deleted what the step works on."""

    code = "cancelled"
    permanent = True


def every_class(of: type[StepError] = StepError) -> Iterator[type[StepError]]:
    """`of` and all its subclasses, to group rows by code or to find labels."""
    yield of
    for each in of.__subclasses__():
        yield from every_class(each)
