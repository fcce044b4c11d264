"""The limits on what costs money, per person. A guest can be made anew; the address's own limit slows that down."""

from __future__ import annotations

from typing import cast

from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from api.throttles import UserThrottle

LETTERS_PER_RESUME = 20
"""Letters and items written anew that one résumé of the daily number stands for: enough to try every company once."""


class DailyPhotos(UserThrottle):
    """Photos taken into work: résumés, and other photos for them."""

    scope = "daily-photos"
    setting = "DAILY_RESUMES_PER_PERSON"


class DailyLetters(UserThrottle):
    """Letters and single items asked for."""

    scope = "daily-letters"
    setting = "DAILY_RESUMES_PER_PERSON"

    def get_rate(self) -> str | None:
        rate = super().get_rate()
        if rate is None:
            return None
        number, _, period = rate.partition("/")
        return f"{int(number) * LETTERS_PER_RESUME}/{period}"


def count(throttle: UserThrottle, request: Request, view: APIView) -> None:
    """Count one; called where work really begins, so that refused requests cost nothing. Raises Throttled."""
    if not throttle.allow_request(request, view):
        raise exceptions.Throttled(cast(int, throttle.wait()))
