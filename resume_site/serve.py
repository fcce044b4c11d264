"""The web process: `python -m resume_site.serve`. Only this module configures uvicorn.

SIGTERM or SIGINT ends it as they end uvicorn. The exit status is 3 when the application cannot be loaded or the port is
in use.
"""

from __future__ import annotations

import argparse
import resource
import sys
from contextlib import suppress

import uvicorn
from django.conf import settings
from uvicorn.config import STARTUP_FAILURE

from resume_site.connections import Connection, Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m resume_site.serve", allow_abbrev=False)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=settings.WEB_PORT)
    parser.add_argument("--stop-seconds", type=int, default=3, help="what is under way may take so long to end")
    parser.add_argument(
        "--proxy-headers",
        action="store_true",
        help="believe X-Forwarded-For, of senders in FORWARDED_ALLOW_IPS (default: this machine)",
    )
    given = parser.parse_args()
    _allow_many_files()
    server = Server(
        uvicorn.Config(
            "resume_site.asgi:application",
            host=given.host,
            port=given.port,
            http=Connection,
            ws="none",
            access_log=False,
            proxy_headers=given.proxy_headers,
            timeout_graceful_shutdown=given.stop_seconds,
            h11_max_incomplete_event_size=settings.REQUEST_HEAD_BYTES,
        )
    )
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _allow_many_files() -> None:
    """Raise the limit of open files: each event stream is an open file, and many systems allow only 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.CONNECTIONS_AT_ONCE * 2
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


if __name__ == "__main__":
    main()
