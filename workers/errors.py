"""The engine's error classes, each with its verdict. A provider module turns every failure into one of them.

What an error means stands here and nowhere else: whether it uses up tries, what it says to the circuit breaker, how
long to wait, when to give up, whether the quota slows down, and what operators read. `workers.engine.retries` acts on
these values and knows no class by name. Which failure of a provider is which class: the table in docs/aws.md.
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
"""What Django raises when the database cannot be had. Its other errors are bugs and must be seen as such."""

BACKOFF_FIRST = timedelta(seconds=1)
BACKOFF_LONGEST = timedelta(seconds=30)
"""So that a minute after a provider is well again all its work has been tried."""
NO_PAUSE = timedelta(0)


class OnBreaker(Enum):
    """What an error says to the circuit breaker of its step kind."""

    OPENS = "the provider lets nobody in: hold the work at once"
    COUNTS = "one unlucky call, or the provider is down: hold the work after several in a row"
    CLOSES = "no good answer, but an answer: the provider is there"
    IGNORED = "says nothing of the provider"


def location_of(error: BaseException) -> str:
    """Class and stack of an error, for logs. The message is left out: it may repeat what a person gave."""
    return f"{type(error).__name__}\n{''.join(format_tb(error.__traceback__))}"


def jitter(longest: timedelta) -> timedelta:
    """A random pause up to `longest`: full jitter (Brooker, AWS Architecture Blog)."""
    return timedelta(seconds=random.uniform(0, longest.total_seconds()))


def backoff(tries: int) -> timedelta:
    """Exponential backoff with full jitter before the try that follows on `tries` counted ones."""
    return jitter(min(BACKOFF_LONGEST, BACKOFF_FIRST * 2.0 ** min(tries, 30)))


class StepError(Exception):
    """A step did not end well.

    The class attributes are the verdict. The message is for operators and holds no personal data.
    """

    code: str = "failed"
    """Stable. It goes into the rows, and for permanent errors the person's sentence is found by it."""
    permanent: ClassVar[bool] = False
    """Whether the step ends at once."""
    counts: ClassVar[bool] = False
    """Whether it uses up a try of the step: pauses grow with the tries that count."""
    most_tries: ClassVar[int | None] = None
    """How many tries may end so before the step is given up. None: any number, until it is too old."""
    ages: ClassVar[bool] = True
    """Whether the step is given up when it has failed for `give_up_after`. False: the time is nobody's fault."""
    on_breaker: ClassVar[OnBreaker] = OnBreaker.IGNORED
    slows_quota: ClassVar[bool] = False
    """Whether everybody calls this provider more rarely from now on."""
    reaches_provider: ClassVar[bool] = True
    """Whether a try that ended so has called the provider."""
    unavailable: ClassVar[bool] = False
    """Whether a web request that meets it answers `unavailable`: the fault is not the request's, and passes."""
    provider: ClassVar[str] = ""
    """Who failed, where it was not the step's own provider."""
    label: ClassVar[str | Promise] = ""
    """What operators read."""

    def __init__(self, message: str = "", *, code: str | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(message or self.__class__.__name__)
        self.retry_after = retry_after
        """How long the provider asked to be left alone, where it said so."""
        if code is not None:
            self.code = code

    def pause(self, tries: int) -> timedelta:
        """How long to wait before the next try, when `tries` of the step's tries have counted, this one included."""
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
    """The limiter has no slot soon. The step goes back into the queue; a backlog is no reason to give up."""

    code = "waiting_for_quota"
    ages = False
    reaches_provider = False
    label = _("한도 차례 없음")

    AHEAD = timedelta(seconds=1)
    """The step is due this long before its slot, so that admission finds the slot within its reach."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"next slot in {wait.total_seconds():.1f} s")
        self.wait = wait

    def pause(self, tries: int) -> timedelta:
        return max(NO_PAUSE, self.wait - self.AHEAD)


class QuotaAway(NotReady):
    """The limiter's Redis cannot be asked. Paid calls stop until it is back: better late than paid beyond the quota."""

    code = "quota_away"
    ages = False
    reaches_provider = False
    label = _("한도 장부(Redis) 없음")


class HandedBack(StepError):
    """This worker is being stopped. The step goes back at once and another worker takes it."""

    code = "handed_back"
    ages = False
    reaches_provider = False
    label = _("작업자 멈춤")

    def pause(self, tries: int) -> timedelta:
        return NO_PAUSE


class Transient(StepError):
    """A passing fault of the provider or the network."""

    code = "transient"
    counts = True
    on_breaker = OnBreaker.COUNTS
    unavailable = True
    label = _("일시 오류")


class DatabaseAway(Transient):
    """Our own database cannot be reached for a moment: no fault of the provider."""

    code = "database_away"
    on_breaker = OnBreaker.IGNORED
    label = _("데이터베이스 없음")


class StoreAway(StepError):
    """Our own file store takes or gives nothing: no fault of the provider.

    The work of the step's kind is held until the store answers: what would be paid meanwhile could not be stored.
    """

    code = "store_away"
    ages = False
    on_breaker = OnBreaker.OPENS
    reaches_provider = False
    unavailable = True
    provider = "store"
    label = _("파일 저장소 없음")


class BadAnswer(StepError):
    """The provider answered nonsense or ran out of time: one more try, then a clear failure."""

    code = "bad_answer"
    counts = True
    most_tries = 2
    on_breaker = OnBreaker.CLOSES
    label = _("잘못된 답")


class Misconfigured(StepError):
    """Credentials, permissions or a model id are wrong. The operator mends it; the work stays queued."""

    code = "misconfigured"
    ages = False
    on_breaker = OnBreaker.OPENS
    unavailable = True
    label = _("설정 오류")

    def pause(self, tries: int) -> timedelta:
        return jitter(timedelta(minutes=1))


class Surprise(StepError):
    """An error that nobody foresaw: a bug or a broken machine. A few tries, then a clear failure."""

    counts = True
    most_tries = 3
    label = _("예상 밖 오류")


class Rejected(StepError):
    """The person's input cannot be used; `code` says why, and what the person is told is found by it."""

    code = "rejected"
    permanent = True
    on_breaker = OnBreaker.CLOSES


class Filtered(Rejected):
    """A provider's content filter refused the picture or the text."""

    code = "filtered"


class LeaseLost(StepError):
    """Another worker holds the step now. This one stops at once and writes nothing."""

    code = "lease_lost"


class Cancelled(StepError):
    """The person cancelled or deleted what the step works on."""

    code = "cancelled"
    permanent = True


def every_class(of: type[StepError] = StepError) -> Iterator[type[StepError]]:
    """All error classes, for whoever sorts rows by code or writes labels."""
    yield of
    for each in of.__subclasses__():
        yield from every_class(each)
