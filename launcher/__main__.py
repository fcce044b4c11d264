"""`python -m launcher run …` and `python -m launcher test …`: the commands behind `./run` and `./test`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from launcher import mariadb, resume
from launcher.checkout import Checkout
from launcher.serve import serve, serve_while_used
from launcher.setup import SetUpImpossible, WeightsImpossible, set_up
from launcher.supervisor import StartFailed
from launcher.terminal import progress
from launcher.tether import tether

USAGE = """usage: ./run                     set up, start and supervise everything
       ./run resume PHOTO …      make one résumé (./run resume --help)
       ./run --double            the AWS world against the project's double"""

TOGETHER = ["-n", "3", "--no-loadscope-reorder"]
"""Three test processes on two cores, because many tests wait. A later `-n 0` overrides it: one process."""

WRONG_ARGUMENTS = 2
IMPOSSIBLE = 5


def main(arguments: list[str]) -> int:
    # launcher/python.sh sets it for this process only.
    os.environ.pop("PYTHONPATH", None)
    checkout = Checkout(Path(__file__).resolve().parent.parent)
    command, *rest = arguments
    try:
        return _test(checkout, rest) if command == "test" else _run(checkout, rest)
    except SetUpImpossible as error:
        progress(str(error))
        return IMPOSSIBLE
    except StartFailed as error:
        progress(f"It does not start: {error}\nAll that it said is in .run/logs/.")
        return IMPOSSIBLE
    except KeyboardInterrupt:
        return 130


def _run(checkout: Checkout, arguments: list[str]) -> int:
    match arguments:
        case []:
            serve(checkout)
            return 0
        case ["--while-used"]:  # `./run resume` starts it when no service runs.
            serve_while_used(checkout)
            return 0
        case ["resume", *rest]:
            return resume.main(checkout, rest)
        case ["--double"]:
            serve(checkout, double=True)
            return 0
        case ["--help" | "-h"]:
            sys.stdout.write(f"{USAGE}\n")
            return 0
    progress(f"unknown: {' '.join(arguments)}\n{USAGE}")
    return WRONG_ARGUMENTS


def _test(checkout: Checkout, arguments: list[str]) -> int:
    on_mariadb = "--mysql" in arguments
    if on_mariadb:
        mariadb.ensure_installed()
    try:
        set_up(checkout, for_tests=True, full_stack=on_mariadb)
    except WeightsImpossible as error:
        progress(f"{error}\nTests that need them are skipped by name.")
    os.chdir(checkout.root)
    sys.stderr.flush()
    command = [str(checkout.python), "-m", "pytest", *TOGETHER, *(each for each in arguments if each != "--mysql")]
    if on_mariadb:
        return _test_on_mariadb(command)
    os.execv(checkout.python, command)


def _test_on_mariadb(command: list[str]) -> int:
    # Raise an exception on SIGTERM, so that the server is stopped and its folder deleted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with mariadb.running() as url:
        tests = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url}, preexec_fn=tether())
        try:
            return tests.wait()
        except KeyboardInterrupt:
            # The terminal sends Ctrl-C to the tests too. Wait until they have ended.
            return tests.wait()
        finally:
            tests.terminate()
            tests.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
