"""One picture: the upload on standard input; on standard output a line of JSON, and behind it the photo.

A process of its own, so that a decoder that a file makes crash, hang or swallow memory takes nothing with it.
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
"""Bytes of data: what decoding may hold (LARGEST_DECODING_BYTES), the file twice, and the interpreter with OpenCV. It
stops files that hold more than they say."""

LONGEST_SECONDS = 20
"""Of processor time. The slowest honest file, a HEIC of 20 MB, takes about four."""


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
    """Class and place for the log: a message may repeat what the file holds."""
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(extract_tb(trace)))
    sys.stderr.write(f"{kind.__name__} in {places}\n")


if __name__ == "__main__":
    main()
