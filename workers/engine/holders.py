"""Who holds a step: this process, by where its pid counts, its pid, and a word of its own, since pids come again."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_word = os.urandom(4).hex()


def _pid_space() -> str:
    """Where a pid means one process: this boot of this machine's kernel, and the container in it.

    A host's name would not do: two hosts may share one, and a container does not see its neighbour's processes.
    """
    try:
        known = Path("/proc/sys/kernel/random/boot_id").read_text() + str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        # Elsewhere than on Linux: a name that no other process has, so that leases alone decide.
        known = os.urandom(16).hex()
    return hashlib.sha256(known.encode()).hexdigest()[:16]


PID_SPACE = _pid_space()


def this_process() -> str:
    return f"{PID_SPACE}:{os.getpid()}:{_word}"


def is_dead(holder: str) -> bool:
    """Whether the process is certainly gone. Of another machine, or where its pid came again, nobody knows: False."""
    space, pid, word = holder.split(":")
    if space != PID_SPACE or word == _word:
        return False
    return int(pid) == os.getpid() or not Path(f"/proc/{pid}").exists()
