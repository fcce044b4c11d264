"""Makes the kernel kill a child process when its parent dies."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from functools import partial

_PR_SET_PDEATHSIG = 1  # prctl(2)


def tether() -> Callable[[], None] | None:
    """A `preexec_fn` with which the kernel kills the child when the thread that started it ends, even by SIGKILL.

    Linux only. None on other systems, where the children of a killed parent remain. Call it, and start the child, in
    the main thread.
    """
    return partial(_tie, _prctl(), os.getpid()) if sys.platform == "linux" else None


def tether_this_process() -> None:
    """As `tether`, for a process that other code has started."""
    if sys.platform == "linux":
        _tie(_prctl(), os.getppid())


def _prctl() -> Callable[..., int]:
    prctl: Callable[..., int] = ctypes.CDLL(None, use_errno=True).prctl
    return prctl


def _tie(prctl: Callable[..., int], parent: int) -> None:
    if prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    # The parent may have died before the call above.
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
