"""`./run`: set up, start, supervise until told to stop."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable

from launcher.checkout import Checkout, State, Taken
from launcher.services import World, embedded
from launcher.setup import WeightsImpossible, set_up
from launcher.supervisor import Supervisor
from launcher.terminal import progress, result

LOOK_SECONDS = 0.1


def serve(checkout: Checkout, *, double: bool = False) -> None:
    """Until Ctrl-C or SIGTERM; returns at once, with its addresses, when one runs already.

    With `double` it is the AWS world, against a double of AWS that is started beside it.

    Raises SetUpImpossible, StartFailed.
    """
    photos = True
    try:
        set_up(checkout, for_aws=double)
    except WeightsImpossible as error:
        progress(str(error))
        photos = False
    told = False
    while True:
        try:
            with checkout.supervising(wait=False):
                world = embedded(checkout, flower=True, photos=photos, double=double)
                supervise(checkout, world, lambda state: _tell(state))
                return
        except Taken:
            state = checkout.read_state()
        if state and state["flower"]:
            result("AI Resume runs already:")
            _tell(state)
            return
        if not told:
            progress("waiting for another ./run of this checkout")
            told = True
        time.sleep(LOOK_SECONDS)


def serve_while_used(checkout: Checkout) -> None:
    """Without Flower and without a word, as long as a `./run resume` holds the lock of users.

    Returns at once when another supervisor runs. Raises StartFailed.
    """
    try:
        with checkout.supervising(wait=False):
            supervise(checkout, embedded(checkout, flower=False, photos=True), lambda state: None, while_used=True)
    except Taken:
        return


def supervise(checkout: Checkout, world: World, on_ready: Callable[[State], None], *, while_used: bool = False) -> None:
    async def until_stopped() -> None:
        def write(pids: dict[str, int]) -> None:
            world.state["pids"] = pids
            checkout.write_state(world.state)

        supervisor = Supervisor(world.services, checkout.root, checkout.logs, write)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, supervisor.stop)
        if while_used:
            _when_unused(checkout, lambda: loop.call_soon_threadsafe(supervisor.stop))
        await supervisor.run(lambda: on_ready(world.state))

    try:
        asyncio.run(until_stopped())
    finally:
        checkout.remove_state()


def _when_unused(checkout: Checkout, stop: Callable[[], object]) -> None:
    """Call `stop` when the last user has gone; no new one comes in until this process has ended."""

    def wait() -> None:
        with checkout.unused(wait=True):
            stop()
            threading.Event().wait()

    # The kernel wakes a thread that waits for a lock; nothing polls.
    threading.Thread(target=wait, name="users", daemon=True).start()


def _tell(state: State) -> None:
    secrets = ".run/state.json"
    result(f"  web     {state['web']}/")
    result(f"  API     {state['web']}/api/v1/  (schema: {state['web']}/api/schema/)")
    result(f"  admin   {state['web']}/admin/  ({state['admin_user']}, password in {secrets})")
    result(f"  Flower  {state['flower']}/  ({state['flower_user']}, password in {secrets})")
