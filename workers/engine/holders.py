"""Names the process that holds a step: pid namespace, pid, and a random number, because pids are reused."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_nonce = os.urandom(4).hex()
"""Distinguishes this process from an earlier one with the same pid."""


def _pid_space() -> str:
    """Identifies the namespace in which a pid is unique: this boot of the kernel, and the container.

    The host name does not identify it: two hosts may have the same name, and a container does not see the processes of
    another one.
    """
    try:
        known = Path("/proc/sys/kernel/random/boot_id").read_text() + str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        # Not Linux: a value that no other process has, so that only leases decide.
        known = os.urandom(16).hex()
    return hashlib.sha256(known.encode()).hexdigest()[:16]


PID_SPACE = _pid_space()


def this_process() -> str:
    return f"{PID_SPACE}:{os.getpid()}:{_nonce}"


def is_dead(holder: str) -> bool:
    """Whether the process has certainly ended. False when unknown: another machine, or its pid is in use again."""
    space, pid, nonce = holder.split(":")
    if space != PID_SPACE or nonce == _nonce:
        return False
    return int(pid) == os.getpid() or not Path(f"/proc/{pid}").exists()
