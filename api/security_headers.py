"""The content security policy of the pages that people see."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec, TypeVar

from django.core.files.storage import default_storage
from django.http import HttpResponseBase


@cache
def content_security_policy() -> str:
    """Nothing inline, and nothing from elsewhere but pictures from the file store that media redirect to."""
    origin = getattr(default_storage, "origin", None)
    # The chosen photo is shown from the browser's own memory before it is sent.
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
    """A view whose page may load nothing but what this server gives."""

    @wraps(view)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        answer = view(*args, **kwargs)
        answer["Content-Security-Policy"] = content_security_policy()
        return answer

    return guarded
