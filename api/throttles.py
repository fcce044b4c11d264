"""Rate limits per address and per person, from `API_THROTTLE_ANON` and `API_THROTTLE_USER`.

A count is a list of times that is read from the cache and written back, so requests at the very same moment may be
counted once. These limits stop floods of requests. Paid calls have exact quotas, see `workers.quota`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from redis.exceptions import RedisError
from rest_framework.throttling import SimpleRateThrottle

# The framework imports this module from its settings while its own views are not loaded yet.
if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)


class SettingThrottle(SimpleRateThrottle):
    """A rate from a Django setting, read for every request; None switches the limit off.

    While the cache is away, requests pass and a warning is logged: an outage of Redis must not lock people out.
    """

    setting: ClassVar[str]

    def get_rate(self) -> str | None:
        rate: str | None = getattr(settings, self.setting)
        return rate

    def allow_request(self, request: Request, view: APIView) -> bool:
        try:
            return super().allow_request(request, view)
        except (RedisError, OSError) as error:
            logger.warning("rate limit %s not enforced: cache away (%s)", self.scope, type(error).__name__)
            return True


class AnonymousThrottle(SettingThrottle):
    """Per network address, for people who are not signed in."""

    scope = "anonymous"
    setting = "API_THROTTLE_ANON"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if request.user and request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class SignInThrottle(SettingThrottle):
    """Per network address, signed in or not. Anybody becomes a guest by one request, so guests are limited too."""

    scope = "sign-in"
    setting = "API_THROTTLE_ANON"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class UserThrottle(SettingThrottle):
    """Per person, guests included."""

    scope = "user"
    setting = "API_THROTTLE_USER"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        if not (request.user and request.user.is_authenticated):
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.user.pk}
