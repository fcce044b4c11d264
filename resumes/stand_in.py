"""When no worker process lives, the web process tells its readers so, in place of the workers."""

from __future__ import annotations

import asyncio
import logging

from django.db import close_old_connections, connections
from redis.exceptions import RedisError

from workers.engine.stand_in import LOOK_SECONDS, StandIn
from workers.errors import DATABASE_AWAY, location_of

logger = logging.getLogger(__name__)

_task: asyncio.Task[None] | None = None


def begin() -> None:
    """To be called for every stream that is opened. The first call starts the task in the server's event loop."""
    global _task
    if _task is None or _task.done():
        _task = asyncio.get_running_loop().create_task(_look_for_ever(), name="stand-in")


async def _look_for_ever() -> None:
    stand_in = StandIn()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        await asyncio.to_thread(_look, stand_in)


def _look(stand_in: StandIn) -> None:
    close_old_connections()
    try:
        stand_in.look()
    except (RedisError, *DATABASE_AWAY) as error:
        logger.warning("no news of waiting work: %s", type(error).__name__)
    except Exception as error:  # noqa: BLE001 - logged without its message, which may repeat what a person gave
        logger.error("no news of waiting work: %s", location_of(error))
    finally:
        connections.close_all()
