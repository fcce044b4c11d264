"""Twenty people at once: whether anyone is left without a word, and whether what they are told of waiting is true.

    .venv/bin/python -m bench.people [--people 20] [--browsers 3] [--warm 1] [--dry]

Starts a stack of its own in the embedded world. Some people sit at the real page in Chromium, the others speak its
protocol. All send their photo at once, choose a company while the photo is being made, and stay until both are done.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from bench import report
from tests.applicant import Applicant, Reader
from tests.page.conftest import ARGUMENTS, CHROMIUM
from tests.page.visit import Visit, visiting
from tests.stack import unlimited

ROOT = Path(__file__).resolve().parent.parent
PORTRAIT = ROOT / "examples" / "portrait.jpg"
COMPANY = "kakao"
SEED = 20261122
LONGEST_PAUSE = 15.0
"""Seconds that a person looks at the companies."""
PATIENCE = 600.0
"""Seconds until the bench gives up on one of them."""
AIM = 5.0
"""Seconds that nobody may be left without a word."""
HORIZONS = ((0, 5), (5, 15), (15, 30), (30, PATIENCE))
ENDED = {"photo": ("done", "rejected", "failed"), "letter": ("done", "failed", "cancelled")}

LISTEN = """
window.told = [];
const Real = window.EventSource;
window.EventSource = class extends Real {
  addEventListener(name, hear) {
    super.addEventListener(name, (message) => {
      if (message.data) window.told.push([Date.now() / 1000, name, JSON.parse(message.data)]);
      hear(message);
    });
  }
};
"""

Told = tuple[float, str, dict[str, Any]]
"""When (seconds of the wall clock), the event's name, its data."""


@dataclass
class Person:
    at_page: bool
    sent_at: float = 0.0
    done_at: float = 0.0
    told: list[Told] = field(default_factory=list)
    exact: bool = False
    """Whether the letter as read is the letter as stored."""


@dataclass(frozen=True)
class Telling:
    """One time that a person was told how long they would wait."""

    part: str
    seconds: float
    waited: float
    """Seconds from the telling until the work began."""

    @property
    def error(self) -> float:
        return self.seconds - self.waited

    @property
    def within(self) -> bool:
        return abs(self.error) <= max(3.0, 0.2 * self.waited)


class TimedReader(Reader):
    def __init__(self, applicant: Applicant, resume_id: str) -> None:
        self.told: list[Told] = []
        super().__init__(applicant, resume_id)

    def _take(self, event_id: str, name: str, data: dict[str, Any]) -> None:
        self.told.append((time.time(), name, data))
        super()._take(event_id, name, data)


# --- the people ----------------------------------------------------------------------------------


def by_protocol(web: str, person: Person, together: threading.Barrier, pause: float) -> None:
    applicant = Applicant(web, timeout=60)
    together.wait(PATIENCE)
    person.sent_at = time.time()
    resume_id = applicant.create(PORTRAIT)["id"]
    reader = TimedReader(applicant, resume_id)
    with reader:
        time.sleep(pause)
        applicant.ask_letter(resume_id, COMPANY).raise_for_status()
        reader.wait_for_event("done", PATIENCE, letter_version=1)
    person.done_at, person.told = time.time(), reader.told
    stored = [section["text"] for section in applicant.get(resume_id)["letter"]["sections"]]
    person.exact = reader.letter_texts(1) == stored


def at_the_page(browser: Browser, web: str, people: Sequence[Person], together: threading.Barrier) -> None:
    """Several people, each in a context of their own; one thread moves all their hands."""
    if not people:
        return
    sizes = ["phone", "desktop", "small"]
    entered = [visiting(browser, web, sizes[place % 3]) for place in range(len(people))]
    visits = [each.__enter__() for each in entered]
    for visit in visits:
        visit.page.add_init_script(LISTEN)
        visit.begin()
        visit.answer(PORTRAIT)
    together.wait(PATIENCE)
    for visit, person in zip(visits, people, strict=True):
        person.sent_at = time.time()
        visit.onward.click()
    for visit in visits:
        expect(visit.page.locator("#resume")).to_be_visible(timeout=PATIENCE * 1000)
        visit.choose_company()
    for visit, person in zip(visits, people, strict=True):
        _stay(visit, person)
    for each in entered:
        each.__exit__(None, None, None)


def _stay(visit: Visit, person: Person) -> None:
    done = "() => window.told.some(([, name, data]) => name === 'done' && data.letter_version === 1)"
    visit.page.wait_for_function(done, timeout=PATIENCE * 1000)
    expect(visit.page.locator("#letter")).to_have_attribute("data-state", "done", timeout=10_000)
    person.told = [(at, name, data) for at, name, data in visit.page.evaluate("window.told")]
    person.done_at = next(at for at, name, _ in person.told if name == "done")
    person.exact = visit.shown() == visit.stored() and not visit.complaints


def everybody(web: str, people: Sequence[Person]) -> None:
    random.seed(SEED)
    pauses = [random.uniform(1, LONGEST_PAUSE) for _ in people]
    others = [(person, pause) for person, pause in zip(people, pauses, strict=True) if not person.at_page]
    sitting = [person for person in people if person.at_page]
    together = threading.Barrier(len(others) + bool(sitting))
    threads = [
        threading.Thread(target=by_protocol, args=(web, person, together, pause), daemon=True)
        for person, pause in others
    ]
    for thread in threads:
        thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        at_the_page(browser, web, sitting, together)
        browser.close()
    for thread in threads:
        thread.join(PATIENCE)


# --- what they were told -------------------------------------------------------------------------


def parts(name: str, data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What an event says of the photo's or the letter's state."""
    if name == "snapshot":
        yield from ((part, data[part]) for part in ENDED if data[part])
    elif name.endswith(".state"):
        yield name.split(".")[0], data


def longest_silence(person: Person) -> float:
    """The longest time without any event while work of the person's was unfinished."""
    unfinished: dict[str, bool] = {"photo": True}
    last, longest = person.told[0][0], 0.0
    for at, name, data in person.told:
        if any(unfinished.values()):
            longest = max(longest, at - last)
        last = at
        for part, state in parts(name, data):
            unfinished[part] = state["state"] not in ENDED[part]
    return longest


def tellings(person: Person) -> Iterator[Telling]:
    """Every waiting time told, beside the time until the person was told that the work had begun."""
    open_: dict[str, list[tuple[float, float]]] = {part: [] for part in ENDED}
    for at, name, data in person.told:
        for part, state in parts(name, data):
            if state["waiting"]:
                open_[part].append((at, state["waiting"]["seconds"]))
            elif state["state"] != "queued":
                yield from (Telling(part, seconds, at - when) for when, seconds in open_[part])
                open_[part].clear()


def table(people: Sequence[Person]) -> Iterator[str]:
    """The figures of all, and of those at the page and those by protocol alone."""
    at_page = [each for each in people if each.at_page]
    others = [each for each in people if not each.at_page]
    groups = {"all": people, "by protocol": others, "in Chromium": at_page}
    columns = [figures(group) for group in groups.values() if group]
    yield _row([f"{len(people)} people at once", *(f"{name}, {len(each)}" for name, each in groups.items() if each)])
    yield "|---|" + "---|" * len(columns)
    for name in columns[0]:
        yield _row([name, *(column[name] for column in columns)])


def figures(people: Sequence[Person]) -> dict[str, str]:
    told = [telling for person in people for telling in tellings(person)]
    silences = [longest_silence(person) for person in people]
    return {
        f"longest time without an event while work waits or runs, s (aim ≤ {AIM:g})": f"{max(silences):.1f}",
        "from sending the photo to all done, s, median (longest)": _spread(
            [person.done_at - person.sent_at for person in people]
        ),
        "letters read as they are stored": f"{sum(person.exact for person in people)}",
        "times that a waiting time was told": f"{len(told)}",
        "waited after it, s, median (longest)": _spread([each.waited for each in told]),
        "error of what was told, s, median (largest) (aim: median ≤ 3 s or 20 %)": _spread(
            [abs(each.error) for each in told]
        ),
        "told too long (+) or too short (−), s, median": f"{_median([each.error for each in told]):+.1f}",
        "within 3 s or 20 %": f"{_share([each.within for each in told]):.0%}",
    }


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0


def _spread(values: Sequence[float]) -> str:
    return f"{_median(values):.1f} ({max(values, default=0.0):.1f})"


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 1.0


def by_horizon(people: Sequence[Person]) -> Iterator[str]:
    """How the error goes with the wait, to find what is wrong by habit."""
    everything = [telling for person in people for telling in tellings(person)]
    yield ""
    yield _row(["told of", "waited, s", "times", "error, s, median", "too long (+) or too short (−), s, median"])
    yield "|---|---|---|---|---|"
    for part in ENDED:
        for low, high in HORIZONS:
            errors = [each.error for each in everything if each.part == part and low <= each.waited < high]
            if errors:
                size = f"{_median([abs(error) for error in errors]):.1f}"
                yield _row([part, f"{low}–{high:.0f}", f"{len(errors)}", size, f"{_median(errors):+.1f}"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.people", description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--browsers", type=int, default=3)
    parser.add_argument("--warm", type=int, default=1, help="people before them, one after the other, not counted")
    parser.add_argument("--dry", action="store_true", help="leave bench/README.md as it is")
    given = parser.parse_args()
    os.environ.setdefault("WEIGHTS_DIR", str(ROOT / ".run" / "weights"))
    load = os.getloadavg()[0]
    people = [Person(at_page=number < given.browsers) for number in range(given.people)]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, unlimited(Path(folder)) as stack:
        for _ in range(given.warm):
            by_protocol(stack.web, Person(at_page=False), threading.Barrier(1), 0)
        everybody(stack.web, people)
    warm = f"People before them, to warm the models, not counted: {given.warm}."
    note = f"{warm} Load of the machine before (1 minute): {load:.1f}."
    lines = [*table(people), *by_horizon(people), "", note]
    sys.stdout.write("\n".join([*lines, ""]) + "\n")
    if not given.dry:
        report.write_section("people", lines)


if __name__ == "__main__":
    main()
