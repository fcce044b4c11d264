"""`./run`: sets up, starts, and supervises until it is stopped."""

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
    """Run the service until Ctrl-C or SIGTERM. When it runs already, print its addresses and return.

    With `double`, run the AWS world with a double of AWS that is started too.

    Raises SetUpImpossible, StartFailed.
    """
    photos = True
    try:
        set_up(checkout, for_aws=double)
    except WeightsImpossible as error:
        progress(str(error))
        photos = False
    announced = False
    while True:
        try:
            with checkout.supervising(wait=False):
                world = embedded(checkout, flower=True, photos=photos, double=double)
                supervise(checkout, world, lambda state: _print_addresses(state))
                return
        except Taken:
            state = checkout.read_state()
        if state and state["flower"]:
            result("AI Resume runs already:")
            _print_addresses(state)
            return
        if not announced:
            progress("waiting for another ./run of this checkout")
            announced = True
        time.sleep(LOOK_SECONDS)


def serve_while_used(checkout: Checkout) -> None:
    """Run the service without Flower and without output while any `./run resume` uses it.

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
    """Call `stop` when the last user has ended. The lock keeps new users out until this process has ended."""

    def wait() -> None:
        with checkout.unused(wait=True):
            stop()
            threading.Event().wait()

    # A thread can block on the lock, so no polling is needed.
    threading.Thread(target=wait, name="users", daemon=True).start()


def _print_addresses(state: State) -> None:
    secrets = ".run/state.json"
    result(f"  web     {state['web']}/")
    result(f"  API     {state['web']}/api/v1/  (schema: {state['web']}/api/schema/)")
    result(f"  admin   {state['web']}/admin/  ({state['admin_user']}, password in {secrets})")
    result(f"  Flower  {state['flower']}/  ({state['flower_user']}, password in {secrets})")
