"""The ASGI application: the event stream is a raw ASGI route, everything else is Django."""

import os
import re
from functools import partial
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resume_site.settings")
# Any: Django's stubs use other types for the same ASGI messages.
django_application: Any = get_asgi_application()

# Models can be imported only after Django's set-up.
from resume_site import bodies  # noqa: E402
from resume_site.celery import app as celery_app  # noqa: E402
from resumes import stream  # noqa: E402

# This process sends messages while a person waits, so its timeout for Redis is short.
celery_app.conf.broker_transport_options = {**celery_app.conf.broker_transport_options, "socket_timeout": 1}

EVENTS_PATH = re.compile(r"/api/v1/resumes/([0-9a-zA-Z-]+)/events/")


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Route by path. Django has a route of the stream's path too, which refuses methods other than GET and HEAD."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    match = EVENTS_PATH.fullmatch(scope["path"])
    if match and scope["method"] in ("GET", "HEAD"):
        events = partial(stream.serve, resume_id=match[1])
        await bodies.serve(events, scope, receive, send, bodiless=True)
    else:
        await bodies.serve(django_application, scope, receive, send, bodiless=False)


async def _lifespan(receive: Any, send: Any) -> None:
    """Confirm start and shutdown: Django has nothing to do for either."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
