"""Set-up in stages. A stage whose stamp matches is skipped without starting a process."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.checkout import Checkout, Taken
from launcher.terminal import progress
from launcher.tether import tether

PYTHONS = ("3.11", "3.12")


class SetUpImpossible(Exception):
    """Set-up failed. The message says what is missing, why, and what still works."""


class WeightsImpossible(SetUpImpossible):
    """Only model weights or fonts are missing. Everything that does not need them works."""


@dataclass(frozen=True)
class Stage:
    name: str
    title: str
    inputs: Callable[[], Iterable[str]]
    """Texts on which the result depends, and the identity of the result (see `_identity`)."""
    work: Callable[[], None]
    """Raises SetUpImpossible."""

    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for entry in self.inputs():
            digest.update(entry.encode() + b"\0")
        return digest.hexdigest()


def set_up(checkout: Checkout, *, for_tests: bool = False, for_aws: bool = False, full_stack: bool = False) -> None:
    """Set the checkout up to run, for tests (`for_tests`), for AWS (`for_aws`), or for AWS and MySQL (`full_stack`).

    Raises SetUpImpossible.
    """
    checkout.run_dir.mkdir(exist_ok=True)
    # It holds photos, letters and the database.
    checkout.run_dir.chmod(0o700)
    try:
        with checkout.setting_up(wait=False):
            _set_up(checkout, for_tests, for_aws, full_stack)
    except Taken:
        progress("waiting for another ./run or ./test that is setting up this checkout")
        with checkout.setting_up(wait=True):
            _set_up(checkout, for_tests, for_aws, full_stack)


def _set_up(checkout: Checkout, for_tests: bool, for_aws: bool, full_stack: bool) -> None:
    if not _usable(checkout.venv):
        progress("virtual environment")
        _make_venv(checkout)
    stages = [_packages(checkout, "requirements/embedded.txt")]
    if for_tests:
        stages.append(_packages(checkout, "requirements/test.txt"))
    if full_stack or os.environ.get("DATABASE_URL", "").startswith("mysql:"):
        stages.append(_packages(checkout, "requirements.txt", compiled="mysqlclient"))
    elif for_aws or _asks_for_aws():
        stages.append(_packages(checkout, "requirements/aws.txt"))
    for stage in [*stages, _site(checkout), _weights(checkout)]:
        reach(stage, checkout.run_dir / "stamps" / stage.name)


def _asks_for_aws() -> bool:
    """Whether the environment selects any part of the AWS world, OpenSearch included."""
    backends = ("AI_BACKEND", "FACE_BACKEND", "MASK_BACKEND", "OUTPAINT_BACKEND", "LETTER_BACKEND")
    addresses = ("AWS_STORAGE_BUCKET_NAME", "OPENSEARCH_URL")
    return any(os.environ.get(name) == "aws" for name in backends) or any(os.environ.get(name) for name in addresses)


def reach(stage: Stage, stamp: Path) -> None:
    if stamp.exists() and stamp.read_text() == stage.fingerprint():
        return
    progress(stage.title)
    started = time.monotonic()
    stage.work()
    progress(f"{stage.title}: done in {time.monotonic() - started:.0f} s")
    stamp.parent.mkdir(parents=True, exist_ok=True)
    # Computed again, because the identity of the new result is part of it.
    stamp.write_text(stage.fingerprint())


def _usable(venv: Path) -> bool:
    try:
        configuration = (venv / "pyvenv.cfg").read_text()
    except FileNotFoundError:
        return False
    version = re.search(r"^version\s*=\s*(\d+\.\d+)", configuration, re.MULTILINE)
    whole = all((venv / "bin" / name).exists() for name in ("python", "pip"))
    return version is not None and version[1] in PYTHONS and whole


def _make_venv(checkout: Checkout) -> None:
    command = [sys.executable, "-m", "venv", "--clear", str(checkout.venv)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SetUpImpossible(
            f"Missing: a virtual environment ({_last_line(done.stdout + done.stderr)}). On Debian and Ubuntu the "
            "package python3-venv brings what Python needs for it. Nothing works without it."
        )


def _packages(checkout: Checkout, requirements: str, compiled: str = "") -> Stage:
    """`compiled` is the one package that has no wheel."""
    file = checkout.root / requirements
    name = requirements.removesuffix(".txt").replace("/", "-")

    def inputs() -> Iterator[str]:
        yield file.read_text()
        yield _identity(checkout.venv / "pyvenv.cfg")

    def work() -> None:
        pinned = len(re.findall(r"^[\w.\[\]-]+==", file.read_text(), re.MULTILINE))
        named = 0

        def show(line: str) -> None:
            nonlocal named
            if line.startswith(("Collecting", "Requirement already satisfied")):
                named += 1
                if named % 10 == 0:
                    progress(f"  {named} of {pinned}")
            elif line.startswith("Installing collected packages"):
                progress("  unpacking")

        command: list[object] = [checkout.python, "-m", "pip", "install", "--no-input", "--progress-bar", "off"]
        # --no-deps: the file lists all packages, and requirements/overrides.in overrides some dependencies.
        command += ["--require-hashes", "--no-deps"]
        command += ["--only-binary", ":all:", *(["--no-binary", compiled] if compiled else [])]
        command += ["-r", file]
        log = checkout.logs / f"{name}.log"
        status, error = _run(command, checkout.root, log, show)
        if status != 0:
            if "connection broken by" in log.read_text():
                error = f"no connection; {error}"
            raise SetUpImpossible(
                f"Missing: Python packages of {requirements} (pip: {error}; all it said: {_shown(log, checkout)}). "
                "Nothing works without them; what was downloaded is kept by pip, and the next ./run goes on there."
            )

    return Stage(name, f"packages of {requirements}", inputs, work)


def _site(checkout: Checkout) -> Stage:
    """Database, companies, static files and administrator: everything that needs Django, in one process."""
    root = checkout.root

    def inputs() -> Iterator[str]:
        yield os.environ.get("DATABASE_URL", "")
        yield _identity(checkout.run_dir / "database.sqlite3")
        yield _identity(checkout.run_dir / "static")
        yield checkout.secret("admin_password")
        yield (root / "requirements/embedded.txt").read_text()
        yield (root / "launcher" / "prepare.py").read_text()
        for pattern in ("*/migrations/*.py", "companies/seed/*.json"):
            for file in sorted(root.glob(pattern)):
                yield f"{file.relative_to(root)} {file.read_text()}"
        for folder in sorted(root.glob("*/static")):
            for file in sorted(folder.rglob("*")):
                yield f"{file.relative_to(root)} {file.stat().st_size} {file.stat().st_mtime_ns}"

    def work() -> None:
        log = checkout.logs / "site.log"
        command = [checkout.python, "-m", "launcher.prepare"]
        status, error = _run(command, root, log, lambda line: None, environment(checkout))
        if status != 0:
            raise SetUpImpossible(
                f"Missing: the database, companies or static files ({error}; all of it: {_shown(log, checkout)}). "
                "The packages are in place; nothing else works without these."
            )

    return Stage("site", "database, companies, static files", inputs, work)


def _weights(checkout: Checkout) -> Stage:
    def inputs() -> Iterator[str]:
        yield (checkout.root / "photos" / "weights.toml").read_text()
        yield (checkout.root / "photos" / "weights.py").read_text()
        yield str(checkout.weights)
        if checkout.weights.is_dir():
            for file in sorted(checkout.weights.iterdir()):
                yield f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}"

    def work() -> None:
        log = checkout.logs / "weights.log"
        command = [checkout.python, "-m", "photos.weights", checkout.weights]
        status, error = _run(command, checkout.root, log, lambda line: progress(f"  {line}"))
        if status != 0:
            raise WeightsImpossible(error)

    return Stage("weights", "model weights and fonts", inputs, work)


def environment(checkout: Checkout) -> dict[str, str]:
    """The environment of every process of the service: the caller's environment plus these variables."""
    ours = {
        "DJANGO_SETTINGS_MODULE": "resume_site.settings",
        "DJANGO_SECRET_KEY": os.environ.get("DJANGO_SECRET_KEY") or checkout.secret("secret_key"),
        "RUN_DIR": str(checkout.run_dir),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
    return {**os.environ, **ours}


def _run(
    command: Sequence[object],
    folder: Path,
    log: Path,
    show: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Exit status and the most telling line of the error output. Calls `show` with each line; all output goes to
    `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    errors = log.with_suffix(".errors.log")
    with log.open("w") as said, errors.open("w+") as complained:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complained,
            text=True,
            preexec_fn=tether(),
        )
        assert process.stdout
        try:
            for line in process.stdout:
                said.write(line)
                show(line.rstrip())
        except BaseException:
            process.terminate()
            raise
        finally:
            status = process.wait()
            process.stdout.close()
        complained.seek(0)
        text = complained.read()
        said.write(text)
    errors.unlink()
    return status, _last_line(text)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["it said nothing"])[-1]


def _identity(path: Path) -> str:
    """Changes when the file or folder is created again, but not when it is written to."""
    return str(path.stat().st_ino) if path.exists() else "absent"


def _shown(file: Path, checkout: Checkout) -> str:
    return str(file.relative_to(checkout.root))
