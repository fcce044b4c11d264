"""Many streams: one worker process that writes letters, one web process that shows them.

    .venv/bin/python -m bench.streams [writers|readers|both] [--streams 25 50 100 …] [--clients 1000]

Each table comes from one run on SQLite with a Redis of its own; provider, planner, follower, clients and publisher are
processes of their own and share the machine's processors with what is measured.
"""

from __future__ import annotations

import argparse
import os
import sys

from bench import report
from bench.engine_world import engine
from bench.processes import ROOT
from bench.streaming import readers, writers


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.streams", description=__doc__)
    parser.add_argument("part", nargs="?", choices=("writers", "readers", "both"), default="both")
    parser.add_argument("--streams", type=int, nargs="+", default=[25, 50, 100, 150, 200, 300])
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=200, help="events a second in the log")
    parser.add_argument("--seconds", type=float, default=40, help="of text, of each stream")
    parser.add_argument("--dry", action="store_true", help="leave bench/README.md as it is")
    given = parser.parse_args()
    with engine("resume_site.settings") as folder:
        tables = {}
        load = f"Load of the machine before (1 minute): {os.getloadavg()[0]:.1f}."
        if given.part != "readers":
            tables["writers"] = writers.measure(given.streams, given.seconds, folder)
        if given.part != "writers":
            tables["readers"] = readers.measure(given.clients, given.rate, given.seconds, folder)
    for name, lines in tables.items():
        lines += ["", load]
        sys.stdout.write("\n".join([*lines, ""]) + "\n")
        if not given.dry:
            report.write_section(f"streams {name}", lines)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
