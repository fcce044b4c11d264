"""What `./run` and docker-compose.yml start workers with is what the settings say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.services import embedded
from tests.stack import OwnFolder
from tests.test_compose import ROOT, SERVICES

NAMES = ("photos", "letters")
CHANGING = (
    *("AI_BACKEND", "FACE_BACKEND", "MASK_BACKEND", "OUTPAINT_BACKEND", "LETTER_BACKEND", "LOG_LEVEL"),
    *("PHOTO_WORKERS_AT_ONCE", "LETTER_WORKERS_AT_ONCE", "PHOTO_WORKER_PROCESSES", "LETTER_WORKER_PROCESSES"),
)


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CHANGING:
        monkeypatch.delenv(name, raising=False)
    # None is started.
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/0")


@pytest.mark.parametrize("world", ["local", "aws"])
def test_run_starts_as_many_threads_as_may_work_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, world: str):
    # Given a world
    monkeypatch.setenv("AI_BACKEND", world)
    # When `./run` composes its workers, Then each has the settings' number
    wanted = at_once()
    for name, command in started_by_run(tmp_path).items():
        assert int(after("-c", command)) == wanted[name], name


def test_compose_starts_as_many_threads_as_may_work_at_once():
    # Given an .env without numbers, Then the photo worker's is said to the settings too
    photos, letters = (SERVICES[name] for name in NAMES)
    assert after("-c", photos["command"]) == photos["environment"]["PHOTO_WORKERS_AT_ONCE"]
    # And the letter worker's is their own
    assert after("-c", letters["command"]) == f"${{LETTER_WORKERS_AT_ONCE:-{at_once()['letters']}}}"


@pytest.mark.parametrize(("said", "level"), [("DEBUG", "DEBUG"), ("", "INFO")])
def test_the_log_level_reaches_workers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, level: str):
    monkeypatch.setenv("LOG_LEVEL", said)
    for name, command in started_by_run(tmp_path).items():
        assert after("-l", command) == level
        assert after("-l", SERVICES[name]["command"]) == "${LOG_LEVEL:-INFO}"


def at_once() -> dict[str, int]:
    """By queue, of settings read anew in the present environment."""
    code = "import json; from resume_site.settings import WORKERS; print(json.dumps(WORKERS['at_once']))"
    read = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    numbers: dict[str, int] = json.loads(read.stdout)
    return numbers


def started_by_run(folder: Path) -> dict[str, list[str]]:
    services = embedded(OwnFolder(ROOT, folder), flower=False, photos=True).services
    return {service.name: list(service.command) for service in services if service.name in NAMES}


def after(option: str, command: list[str]) -> str:
    return command[command.index(option) + 1]
