"""Run the double alone: `python -m aws_double --port N [--observed]`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "resume_site.settings")

from aws_double.server import OBSERVED_SECONDS, Double
from aws_double.signing import environment


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m aws_double", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--observed", action="store_true", help="take the time that the real services were seen to take"
    )
    given = parser.parse_args()
    with Double(given.port) as double:
        if given.observed:
            double.world.change({"latency": OBSERVED_SECONDS, "pace": {"per_second": 80.0}})
        for name, value in environment(double.url).items():
            sys.stdout.write(f"{name}={value}\n")
        sys.stdout.flush()
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        ended.wait()


if __name__ == "__main__":
    main()
