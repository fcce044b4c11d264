"""Decodes one picture: reads the upload from standard input, writes a line of JSON and then the photo.

It is a process of its own, so that a file that makes a decoder crash, hang or use up memory harms nothing else.
"""

from __future__ import annotations

import json
import resource
import sys
from traceback import extract_tb
from types import TracebackType

from photos.decoding import PhotoRefused
from photos.decoding.pixels import normalise

LARGEST_MEMORY = 512 * 1024 * 1024
"""Bytes of data: LARGEST_DECODING_BYTES, the file twice, and the interpreter with OpenCV.

It stops files whose pictures are larger than their headers say.
"""

LONGEST_SECONDS = 20
"""Seconds of processor time. The slowest ordinary file, a HEIC of 20 MB, takes about four."""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (LARGEST_MEMORY, LARGEST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_SECONDS, LONGEST_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.excepthook = _say_where
    try:
        photo = normalise(sys.stdin.buffer.read())
    except PhotoRefused as refused:
        _answer({"code": refused.code})
    except MemoryError:
        _answer({"code": "too_large"})
    else:
        _answer({"width": photo.width, "height": photo.height, "digest": photo.digest}, photo.data)


def _answer(head: dict[str, object], data: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + data)


def _say_where(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Write the error's class and location for the log, but not its message, which may repeat parts of the file."""
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(extract_tb(trace)))
    sys.stderr.write(f"{kind.__name__} in {places}\n")


if __name__ == "__main__":
    main()
