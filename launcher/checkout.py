"""A checkout: its paths, its locks, the state of its running service, and its secrets."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ADMIN_USER = "admin@example.com"

State = dict[str, Any]
"""The content of state.json: web, flower, flower_user, flower_password, admin_user, admin_password, pids."""


class Taken(Exception):
    """Another process holds the lock."""


@dataclass(frozen=True)
class Checkout:
    root: Path

    @property
    def run_dir(self) -> Path:
        return self.root / ".run"

    @property
    def logs(self) -> Path:
        return self.run_dir / "logs"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def weights(self) -> Path:
        return Path(os.environ.get("WEIGHTS_DIR") or self.run_dir / "weights")

    # The locks are flock locks: the kernel releases them when their process ends, however it ends.

    @contextmanager
    def setting_up(self, wait: bool) -> Iterator[None]:
        """The lock of set-up. Raises Taken when another process has it and `wait` is false."""
        with self._locked("setup.lock", fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB)):
            yield

    @contextmanager
    def supervising(self, wait: bool) -> Iterator[None]:
        """The supervisor's lock, kept for its whole life. Raises Taken when another process has it and `wait` is
        false."""
        with self._locked("supervisor.lock", fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB)):
            yield

    @contextmanager
    def using(self) -> Iterator[None]:
        """The shared lock of all `./run resume`. A supervisor started by one of them runs while any of them has it."""
        with self._locked("users.lock", fcntl.LOCK_SH):
            yield

    @contextmanager
    def unused(self, wait: bool) -> Iterator[None]:
        """The exclusive form of `using`'s lock. Raises Taken when it is in use and `wait` is false."""
        with self._locked("users.lock", fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB)):
            yield

    def is_supervised(self) -> bool:
        try:
            # A shared lock: two processes that check at the same time must not see each other as a supervisor.
            with self._locked("supervisor.lock", fcntl.LOCK_SH | fcntl.LOCK_NB):
                return False
        except Taken:
            return True

    @contextmanager
    def _locked(self, name: str, operation: int) -> Iterator[None]:
        self.run_dir.mkdir(parents=True, exist_ok=True)
        with (self.run_dir / name).open("a") as file:
            try:
                fcntl.flock(file, operation)
            except BlockingIOError as error:
                raise Taken(name) from error
            yield

    def read_state(self) -> State | None:
        """The state that the running supervisor has written; None when none runs or it is not ready yet."""
        try:
            state: State = json.loads((self.run_dir / "state.json").read_text())
        except FileNotFoundError:
            return None
        # The file of a killed supervisor remains, but its lock does not.
        return state if self.is_supervised() else None

    def write_state(self, state: State) -> None:
        write_private(self.run_dir / "state.json", json.dumps(state, indent=2) + "\n")

    def remove_state(self) -> None:
        (self.run_dir / "state.json").unlink(missing_ok=True)

    def secret(self, name: str) -> str:
        """A random secret of this checkout (secret_key, admin_password, flower_password), generated on first use."""
        file = self.run_dir / name
        if not file.exists():
            write_private(file, secrets.token_urlsafe(36) + "\n")
        return file.read_text().strip()


def write_private(file: Path, text: str) -> None:
    """Replace the file in one step. At no time can anybody but its owner read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.touch(mode=0o600)
    part.write_text(text)
    part.replace(file)
