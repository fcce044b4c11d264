"""The content security policy of the pages that people see."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from django.core.files.storage import default_storage
from django.http import HttpResponseBase


@cache
def content_security_policy() -> str:
    """Allows nothing inline and nothing from other origins, except pictures from the file store."""
    origin = getattr(default_storage, "origin", None)
    # `blob:` and `data:`: the page shows the chosen photo from memory before it is sent.
    pictures = " ".join(filter(None, ("img-src 'self' blob: data:", origin() if origin else "")))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            pictures,
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer", bound=HttpResponseBase)


def own_resources_only(view: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Decorates a view: its page may load resources from this server only, and pictures from the file store."""

    @wraps(view)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        answer = view(*args, **kwargs)
        answer["Content-Security-Policy"] = content_security_policy()
        return answer

    return guarded
