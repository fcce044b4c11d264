"""Functions for ASGI code that runs before Django's views: language, database work, and refusals."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections, connections
from django.utils import translation

from api.problems import MEDIA_TYPE, Problem
from workers.errors import DATABASE_AWAY

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def language(scope: Scope) -> str:
    """The language of the answer, by the rules of Django's LocaleMiddleware."""
    return translation.get_language_from_request(ASGIRequest({**scope, "path": scope["path"]}, body_file=None))  # type: ignore[arg-type]


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run database work in a thread and close its connection, so that an open stream keeps none."""

    def work() -> Any:
        close_old_connections()
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return await sync_to_async(work, thread_sensitive=False)()


async def ask_database(function: Callable[..., Any], *arguments: Any) -> Any:
    """`in_thread`, for use before the answer has begun. Raises Problem `unavailable` while the database is away."""
    try:
        return await in_thread(function, *arguments)
    except DATABASE_AWAY as error:
        logger.error("unavailable: %s", type(error).__name__)
        raise Problem(503, "unavailable", headers={"Retry-After": "5"}) from error


async def begin_refusal(scope: Scope, send: Send, problem: Problem) -> None:
    """Send the whole problem document in the requested language, but leave the response open: see `end`."""
    with translation.override(language(scope)):
        body = json.dumps(problem.document(), ensure_ascii=False).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await send({"type": "http.response.start", "status": problem.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def end(send: Send) -> None:
    """End the response that `begin_refusal` left open."""
    await send({"type": "http.response.body", "body": b"", "more_body": False})
