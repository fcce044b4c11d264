"""For what is served ahead of Django's views: the language, database work, and how a request is refused there."""

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
    """Run database work and give its connection back: an open stream must not hold one."""

    def work() -> Any:
        close_old_connections()
        try:
            return function(*arguments)
        finally:
            connections.close_all()

    return await sync_to_async(work, thread_sensitive=False)()


async def ask_database(function: Callable[..., Any], *arguments: Any) -> Any:
    """`in_thread`, before anything was answered. Raises Problem `unavailable` while the database is away."""
    try:
        return await in_thread(function, *arguments)
    except DATABASE_AWAY as error:
        logger.error("unavailable: %s", type(error).__name__)
        raise Problem(503, "unavailable", headers={"Retry-After": "5"}) from error


async def begin_refusal(scope: Scope, send: Send, problem: Problem) -> None:
    """Send the whole problem document in the language asked for, but leave the response open."""
    with translation.override(language(scope)):
        body = json.dumps(problem.document(), ensure_ascii=False).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    await send({"type": "http.response.start", "status": problem.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def end(send: Send) -> None:
    """End the response that was left open."""
    await send({"type": "http.response.body", "body": b"", "more_body": False})
