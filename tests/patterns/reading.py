"""Reads hostile text with patterns, in a process that can be killed.

Per pattern one line of JSON in, one out when its texts are made, and one when they are read.
"""

from __future__ import annotations

import json
import re
import selectors
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.patterns.ambiguity import hostile

LENGTH = 8000
"""Characters: the longest text that anything of the project reads at once."""
SECONDS = 2.0
"""What a pattern gets for all its hostile texts. Linear work takes milliseconds."""
ANSWER = b"done\n"
ROOT = Path(__file__).resolve().parents[2]


def too_slow(patterns: Iterable[tuple[str, int]], seconds: float = SECONDS) -> Iterator[tuple[str, int]]:
    """Those patterns that do not read their hostile texts in time."""
    reader = _started()
    try:
        for pattern, flags in patterns:
            assert reader.stdin
            reader.stdin.write(json.dumps([pattern, flags]).encode() + b"\n")
            # Its texts are made; now it reads them.
            assert _answers(reader, 60)
            if not _answers(reader, seconds):
                yield pattern, flags
                _ended(reader)
                reader = _started()
    finally:
        _ended(reader)


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.patterns.reading"]
    reader = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert _answers(reader, 60)
    return reader


def _ended(reader: subprocess.Popen[bytes]) -> None:
    reader.kill()
    reader.communicate()


def _answers(reader: subprocess.Popen[bytes], seconds: float) -> bool:
    assert reader.stdout
    with selectors.DefaultSelector() as waiting:
        waiting.register(reader.stdout, selectors.EVENT_READ)
        if not waiting.select(seconds):
            return False
    # Read without a buffer: `select` does not see what one would hold.
    assert reader.stdout.read(len(ANSWER)) == ANSWER, "the reader ended by itself"
    return True


def _read(pattern: str, flags: int) -> None:
    compiled = re.compile(pattern, flags)
    texts = set(hostile(pattern, flags, LENGTH))
    _answer()
    for text in texts:
        for _ in compiled.finditer(text):
            pass
        compiled.fullmatch(text)


def _answer() -> None:
    sys.stdout.buffer.write(ANSWER)
    sys.stdout.flush()


if __name__ == "__main__":
    _answer()
    for line in sys.stdin:
        _read(*json.loads(line))
        _answer()
