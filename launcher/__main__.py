"""`python -m launcher run …` and `python -m launcher test …`: what stands behind `./run` and `./test`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from launcher import resume
from launcher.checkout import Checkout
from launcher.serve import serve, serve_while_used
from launcher.setup import SetUpImpossible, WeightsImpossible, set_up
from launcher.supervisor import StartFailed
from launcher.terminal import progress

USAGE = """usage: ./run                     set up, start and supervise everything
       ./run resume PHOTO …      make one résumé (./run resume --help)
       ./run --double            the AWS world against the project's double"""

WRONG_ARGUMENTS = 2
IMPOSSIBLE = 5


def main(arguments: list[str]) -> int:
    # Set by launcher/python.sh for this process alone.
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
        case ["--while-used"]:  # Started by `./run resume`, for itself and its like.
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
    if "--mysql" in arguments:
        progress("--mysql: not built yet")
        return IMPOSSIBLE
    try:
        set_up(checkout, for_tests=True)
    except WeightsImpossible as error:
        progress(f"{error}\nTests that need them are skipped by name.")
    os.chdir(checkout.root)
    sys.stderr.flush()
    os.execv(checkout.python, [str(checkout.python), "-m", "pytest", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
