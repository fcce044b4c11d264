"""A pytest plugin: a Redis of the process's own, and a folder of its own for what a running service writes.

With pytest-xdist each process that runs tests has them, and by pytest-django a database of its own. Loaded by
`-p` before Django reads its settings.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from launcher.tether import tether


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def command(port: int, folder: str) -> list[str]:
    """The system's redis-server, or the one among the packages."""
    server = shutil.which("redis-server") or str(Path(sys.executable).with_name("redis-server"))
    return [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]


_folder = tempfile.mkdtemp(prefix="ai-resume-tests-")
_port = _free_port()
_weights = Path(__file__).resolve().parent.parent / ".run" / "weights"
os.environ.setdefault("WEIGHTS_DIR", str(_weights))
os.environ["RUN_DIR"] = _folder
URL = f"redis://127.0.0.1:{_port}/0"
os.environ["REDIS_URL"] = URL
_process = subprocess.Popen(
    command(_port, _folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=tether()
)


def pytest_unconfigure() -> None:
    _process.terminate()
    _process.wait()
    shutil.rmtree(_folder, ignore_errors=True)
