"""Ties a child process to the life of its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # prctl(2)


def tether() -> Callable[[], None] | None:
    """A `preexec_fn`: the kernel kills the child when the thread that started it dies, even by SIGKILL.

    Linux only; None elsewhere, where a parent that is killed leaves its children behind. To be called, and the child
    to be started, in the main thread.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def tie() -> None:
        if prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
        # The parent may have died before the call above.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return tie
