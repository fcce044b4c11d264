"""Telling what happened, whatever Redis does."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from workers import connections
from workers.events import log


@pytest.fixture
def silent_redis(settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        settings.REDIS_URL = f"redis://127.0.0.1:{server.getsockname()[1]}/0?socket_timeout=0.2"
        connections.events.cache_clear()
        log._silent.is_back()
        yield server
    connections.events.cache_clear()
    log._missed.clear()


def test_a_redis_that_is_silent_is_waited_for_once(silent_redis: socket.socket):
    # When a request has three events to tell
    for _ in range(3):
        log.tell("topic", "photo.state", {})
    # Then it waited for the first alone
    callers = 0
    while True:
        try:
            silent_redis.accept()[0].close()
        except BlockingIOError:
            break
        callers += 1
    assert callers == 1
    # And readers will be shown the rows
    assert log._missed.is_set()
