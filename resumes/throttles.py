"""Each person's limits on what costs money. A new guest has new limits; the limit of the address slows that down."""

from __future__ import annotations

from typing import cast

from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from api.throttles import UserThrottle

LETTERS_PER_RESUME = 20
"""Letters and rewritten sections per résumé of the daily limit. Enough to try every company once."""


class DailyPhotos(UserThrottle):
    """Photos a day: those of new résumés, and replacements."""

    scope = "daily-photos"
    setting = "DAILY_RESUMES_PER_PERSON"


class DailyLetters(UserThrottle):
    """Letters and rewritten sections a day."""

    scope = "daily-letters"
    setting = "DAILY_RESUMES_PER_PERSON"

    def get_rate(self) -> str | None:
        rate = super().get_rate()
        if rate is None:
            return None
        number, _, period = rate.partition("/")
        return f"{int(number) * LETTERS_PER_RESUME}/{period}"


def count(throttle: UserThrottle, request: Request, view: APIView) -> None:
    """Count one. Called where work begins, so that refused requests do not count. Raises Throttled."""
    if not throttle.allow_request(request, view):
        raise exceptions.Throttled(cast(int, throttle.wait()))
