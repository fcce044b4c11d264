"""Output for a person: progress on standard error, results on standard output."""

from __future__ import annotations

import sys


def progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def result(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
