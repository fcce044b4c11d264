"""A temporary MariaDB server for one test run: its own folder, a port on loopback, a user with all rights."""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launcher.services import free_port
from launcher.setup import SetUpImpossible
from launcher.terminal import progress
from launcher.tether import tether

COLLATION = "utf8mb4_uca1400_nopad_as_cs"
"""Sorts by the Unicode Collation Algorithm and compares texts exactly, as SQLite does.

MySQL 8 has a similar collation, utf8mb4_0900_as_cs.
"""
USER = "resume"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
PACKAGES = {
    "mariadbd": "mariadb-server-core",
    "mariadb-install-db": "mariadb-server-core",
    "my_print_defaults": "mariadb-client-core",
    "mariadb_config": "libmariadb-dev",
    "gcc": "gcc",
    "pkg-config": "pkg-config",
}
"""Program → Debian package: the server, and tools to compile mysqlclient. `-core` packages start no system service."""


def ensure_installed() -> None:
    """Install missing packages. Raises SetUpImpossible, with a message of one line, when that is not possible."""
    missing = _missing()
    if not missing:
        return
    if os.getuid() != 0 or not shutil.which("apt-get"):
        raise SetUpImpossible(
            f"Missing for --mysql: {' '.join(missing)} (Debian's names; root can apt-get install them). "
            "./test without --mysql needs none of them."
        )
    progress(f"packages of the system: {' '.join(missing)}")
    for command in (["update", "-qq"], ["install", "-qq", "--no-install-recommends", *missing]):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(["apt-get", *command], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
            raise SetUpImpossible(f"Missing for --mysql: {' '.join(missing)} (apt-get {command[0]}: {said}).")


def _missing() -> list[str]:
    packages = {package for program, package in PACKAGES.items() if not _program(program)}
    if "gcc" in packages:
        packages.add("libc6-dev")
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        packages.add("python3-dev")
    return sorted(packages)


def _program(name: str) -> str | None:
    """The path of a program; None when it is missing. Also searches folders of servers that PATH may not have."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


@contextmanager
def running() -> Iterator[str]:
    """The DATABASE_URL of a new server, which is stopped and deleted afterwards. Raises SetUpImpossible."""
    with tempfile.TemporaryDirectory(prefix="ai-resume-mariadb-") as name:
        folder = Path(name)
        _make_tables(folder)
        port = free_port(0)
        password = secrets.token_hex(16)
        server = _start(folder, port, password)
        try:
            _await_greeting(server, folder, port)
            yield f"mysql://{USER}:{password}@127.0.0.1:{port}/resume"
        finally:
            _stop(server)


def _make_tables(folder: Path) -> None:
    command = [_program("mariadb-install-db") or "mariadb-install-db", "--no-defaults", f"--user={getpass.getuser()}"]
    command += [f"--datadir={folder / 'data'}", "--auth-root-authentication-method=normal", "--skip-test-db"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()[-1:]
        raise SetUpImpossible(f"Missing for --mysql: MariaDB cannot make its tables ({''.join(said)}).")


def _start(folder: Path, port: int, password: str) -> subprocess.Popen[bytes]:
    users = folder / "users.sql"
    users.touch(mode=0o600)
    # MariaDB sees a client as `localhost` through the socket and as `127.0.0.1` over TCP.
    users.write_text(
        "".join(
            f"CREATE USER '{USER}'@'{host}' IDENTIFIED BY '{password}';\nGRANT ALL ON *.* TO '{USER}'@'{host}';\n"
            for host in ("localhost", "127.0.0.1")
        )
    )
    command = [_program("mariadbd") or "mariadbd", "--no-defaults", f"--user={getpass.getuser()}"]
    command += [f"--datadir={folder / 'data'}", f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"]
    command += [f"--port={port}", "--bind-address=127.0.0.1", f"--init-file={users}"]
    command += ["--character-set-server=utf8mb4", f"--collation-server={COLLATION}"]
    # Temporary data need not survive a power failure, so durability is switched off.
    command += ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--max-connections=300"]
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Its own session: Ctrl-C in the terminal must end the tests first and the server afterwards.
            start_new_session=True,
            preexec_fn=tether(),
        )


def _await_greeting(server: subprocess.Popen[bytes], folder: Path, port: int) -> None:
    """Wait for the greeting that the server sends to clients: then it is ready and its users exist."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as client:
                if client.recv(1):
                    return
        except OSError:
            time.sleep(0.1)
    said = (folder / "server.log").read_text(errors="replace").strip().splitlines()[-1:]
    raise SetUpImpossible(f"Missing for --mysql: MariaDB does not start ({''.join(said)}).")


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
