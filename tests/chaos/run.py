"""One run: people come, trouble is made, everybody's work comes to its end, the double's record is fetched."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from aws_double.record import Call
from tests.chaos import faults, people, trouble
from tests.chaos.people import Person
from tests.chaos.trouble import Done, Trouble
from tests.stack import Stack

LOOK_EVERY = 0.2
"""Seconds between two looks at who has ended."""
NEWS_SECONDS = 10.0
"""How long after everybody's end the event `done` may take."""


@dataclass(frozen=True)
class Scene:
    people: int
    plan: Sequence[Trouble] = ()
    within: float = 60.0
    """Seconds after the last trouble in which all must be at their end."""
    coming: int = 8
    """So many people at a time press the button."""


@dataclass
class Outcome:
    scene: Scene
    people: list[Person]
    calls: list[Call]
    troubles: list[Done]
    began: float
    ended: float
    untaken: list[dict[str, Any]] = field(default_factory=list)
    """Faults that met no call."""
    cpu: dict[str, float] = field(default_factory=dict)
    """Seconds by process, of those that run at the end."""

    @property
    def last_trouble(self) -> float:
        """When the last process was killed or the last fault met a call; the beginning where nothing was done."""
        ends = [each.ended for each in self.troubles if each.trouble.kind != "faults"]
        return max([self.began, *ends, *(call.started for call in self.calls if call.fault)])

    @property
    def deadline(self) -> float:
        """By when all must be at their end; a used-up quota is waited for until then and no longer."""
        waits = [call.started + faults.QUOTA_WAIT for call in self.calls if call.fault == "quota"]
        return max([self.last_trouble, *waits]) + self.scene.within


SETTINGS = {"PHOTO_WORKER_PROCESSES": "2", "LETTER_WORKER_PROCESSES": "2"}


def set_double(stack: Stack, **settings: object) -> None:
    """Faces and masks that cost nothing to find; latencies, pace and quotas as given."""
    plain = {"faces": [people.FACE], "ellipses": True, **settings}
    httpx.put(f"{stack.double_url}/_double/settings", json=plain).raise_for_status()


def play(stack: Stack, scene: Scene, folder: Path) -> Outcome:
    """Everybody's work from the first request to its end, or to the time by which it must have ended."""
    given_up = threading.Event()
    began = time.time()
    with ThreadPoolExecutor(scene.coming) as coming, ThreadPoolExecutor(1) as beside:
        asking = [coming.submit(people.apply, stack.web, n, folder, given_up) for n in range(scene.people)]
        making = beside.submit(trouble.make, stack, scene.plan, given_up)
        try:
            crowd = [future.result() for future in asking]
            while not making.done():
                _note_ends(crowd)
                given_up.wait(LOOK_EVERY)
            outcome = Outcome(scene, crowd, _record(stack), making.result(), began, time.time())
            while not _note_ends(crowd) and time.time() < outcome.deadline:
                given_up.wait(LOOK_EVERY)
                # A fault may still wait for a call that it fits.
                outcome.calls = _record(stack) if time.time() > outcome.deadline - 1 else outcome.calls
        finally:
            given_up.set()
    outcome.ended = time.time()
    outcome.calls = _record(stack)
    outcome.untaken = httpx.get(f"{stack.double_url}/_double/faults").json()
    outcome.cpu = {name: _cpu_seconds(pid) for name, pid in stack.pids.items()}
    _look(outcome)
    return outcome


def _note_ends(crowd: Sequence[Person]) -> bool:
    """Note when each was told of the end, unless their work was taken up again. Whether all are at their end."""
    for person in crowd:
        person.ended = (person.ended or time.time()) if person.is_ended() else None
    return all(person.ended for person in crowd)


def _look(outcome: Outcome) -> None:
    never = threading.Event()
    until = time.time() + NEWS_SECONDS
    with ThreadPoolExecutor(outcome.scene.coming) as coming:
        looks = coming.map(lambda each: people.look(each, never), outcome.people)
        for person, resume in zip(outcome.people, looks, strict=True):
            person.resume = resume
    for person in outcome.people:
        while person.is_done() and not person.hears_done() and time.time() < until:
            never.wait(LOOK_EVERY)
    for person in outcome.people:
        person.reader.close()


def _record(stack: Stack) -> list[Call]:
    return [Call(**each) for each in httpx.get(f"{stack.double_url}/_double/record", timeout=60).json()]


def _cpu_seconds(pid: int) -> float:
    """proc(5): fields 14 and 15 of stat, counted behind the name."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
