"""The content security policy of the pages that people see."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.http import HttpResponseBase

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # The chosen photo is shown from the browser's own memory before it is sent.
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline, nothing from elsewhere. A storage that answers media with a redirect to its own origin must be added
to `img-src`."""


Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer", bound=HttpResponseBase)


def own_resources_only(view: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """A view whose page may load nothing but what this server gives."""

    @wraps(view)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        answer = view(*args, **kwargs)
        answer["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return answer

    return guarded
