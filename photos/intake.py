"""Normalises uploads in decoders: short-lived processes, a few at a time."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.conf import settings

from photos.decoding import NormalisedPhoto, PhotoRefused

logger = logging.getLogger(__name__)

DECODERS_AT_ONCE = 2
"""Per web process. A decoder holds at most `photos.decoding.__main__.LARGEST_MEMORY`."""

WAIT_SECONDS = 10
"""How long an upload waits for a decoder. Decoding takes a fraction of a second, so a longer wait means a crowd."""

LONGEST_SECONDS = 60
"""Wall-clock seconds. A decoder ends itself after 20 s of processor time, which takes longer on a busy machine."""

_decoders = threading.BoundedSemaphore(DECODERS_AT_ONCE)

COMMAND = (sys.executable, "-m", "photos.decoding")

_INHERITED = ("LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LANG")
"""The only environment variables that a decoder gets, so that it has no secrets."""


class DecodersBusy(Exception):
    """No decoder was free in time, or it got too little processor time. A later try may succeed."""


def normalise(upload: bytes | IO[bytes]) -> NormalisedPhoto:
    """Validate and normalise an upload, see `photos.decoding`.

    Waits for a decoder. Raises PhotoRefused and DecodersBusy. Takes about 0.2 s for a 12-megapixel JPEG; starting the
    process takes 0.05 s of it.
    """
    content = upload if isinstance(upload, bytes) else upload.read(settings.PHOTO_LARGEST_BYTES + 1)
    if len(content) > settings.PHOTO_LARGEST_BYTES:
        raise PhotoRefused("too_large")
    with _decoder():
        return _decoded(content)


@contextmanager
def _decoder() -> Iterator[None]:
    if not _decoders.acquire(timeout=WAIT_SECONDS):
        raise DecodersBusy
    try:
        yield
    finally:
        _decoders.release()


def _decoded(content: bytes) -> NormalisedPhoto:
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    # One thread for each library: more would only use memory here.
    environment |= {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    try:
        done = subprocess.run(
            COMMAND,
            input=content,
            capture_output=True,
            cwd=settings.BASE_DIR,
            env=environment,
            timeout=LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        logger.error("a decoder had not ended after %d s", LONGEST_SECONDS)
        raise DecodersBusy from error
    if done.returncode > 0:
        raise RuntimeError(f"decoder: {done.stderr.decode(errors='replace')[-2000:]}")
    if done.returncode < 0:
        # Ended by a crash of the decoder, its limit of time, or the system when memory is short.
        logger.error("a decoder was ended by signal %d", -done.returncode)
        raise PhotoRefused("corrupt_image")
    head, _, data = done.stdout.partition(b"\n")
    answer = json.loads(head)
    if "code" in answer:
        raise PhotoRefused(answer["code"])
    return NormalisedPhoto(data, **answer)
