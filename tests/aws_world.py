"""The AWS world as a test's stage: one stack, the double under control, and what became of a résumé, seen from outside.

What is asked of the double is told apart by words: a letter's scene has its name among the applicant's facts, and a
portrait's scene has a style of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from aws_double import Fault
from aws_double.faces import face_detail
from aws_double.record import Call
from aws_double.writing import ASKED
from letters.markers import MARKERS, MarkerParser, SectionEnded, TextDelta
from photos.framing import frame
from photos.masking import Masked
from photos.pictures import decode, decode_alpha
from photos.types import Face, FramedHead, MaskScope
from tests.applicant import PORTRAIT, Applicant, Reader
from tests.stack import Stack, unlimited

SETTINGS = {
    # The table is about other things than pace.
    "QUOTA_BEDROCK_IMAGE_RPM": "6000",
    # Of a stream's silence; the double answers within a blink.
    "BEDROCK_TEXT_READ_SECONDS": "4",
}
WITHIN = 180
"""Seconds that a machine may take which has other tests to run; by itself it takes a tenth."""
PACE = {"characters": 12, "per_second": 4000.0}
FACE = face_detail(0.347, 0.130, 0.187, 0.219)
"""Where it is in the portrait: the double need not look for it."""
FINAL = ("done", "failed", "rejected")
SIDE = 240
"""Pixels of a picture in which that face is too small."""


@dataclass(frozen=True)
class Try:
    """One row of a step's attempts."""

    outcome: str
    calls: int
    request_id: str


@dataclass(frozen=True)
class Row:
    """The step's own row."""

    state: str
    code: str
    attempts: int
    due_in: float
    """Seconds."""


@dataclass
class Scene:
    """One résumé and who reads it."""

    stage: Stage
    applicant: Applicant
    resume_id: str
    reader: Reader

    def letter(self) -> dict[str, Any]:
        return self.resume()["letter"]

    def resume(self) -> dict[str, Any]:
        return self.applicant.get(self.resume_id)

    def ask_letter(self) -> None:
        assert self.applicant.ask_letter(self.resume_id, "kakao").status_code == 202

    def cancel(self) -> None:
        self.applicant.http.post(f"/api/v1/resumes/{self.resume_id}/cancel/").raise_for_status()

    def told(self, name: str) -> list[dict[str, Any]]:
        """The data of all events of that name."""
        return [data for each, data in list(self.reader.events) if each == name]

    def wait_until_told(self, name: str, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The data of the first such event."""
        self.reader.wait_for(lambda _: any(what(data) for data in self.told(name)), WITHIN)
        return next(data for data in self.told(name) if what(data))

    def wait_for_end(self, name: str) -> dict[str, Any]:
        """The data of the `photo.state` or `letter.state` that says the end."""
        return self.wait_until_told(name, lambda data: data["state"] in FINAL)

    def row(self, kind: str) -> Row:
        query = "select state, code, attempts, due_at from workers_step where topic = ? and kind = ? order by id desc"
        state, code, attempts, due_at = self.stage.stack.rows(query, self.resume_id, kind)[0]
        return Row(state, code, attempts, (_moment(due_at) - datetime.now(UTC)).total_seconds())

    def tries(self, kind: str) -> list[Try]:
        query = (
            "select outcome, calls, request_id from workers_attempt"
            " join workers_step on workers_step.id = step_id where topic = ? and kind = ? order by workers_attempt.id"
        )
        return [Try(*row) for row in self.stage.stack.rows(query, self.resume_id, kind)]

    def due_after_try(self, kind: str) -> float:
        """Seconds from the end of the last try to the moment when the step is due again."""
        query = (
            "select due_at, workers_attempt.started_at, working_seconds from workers_attempt"
            " join workers_step on workers_step.id = step_id where topic = ? and kind = ?"
            " order by workers_attempt.id desc"
        )
        due_at, started_at, seconds = self.stage.stack.rows(query, self.resume_id, kind)[0]
        return (_moment(due_at) - _moment(started_at)).total_seconds() - seconds

    def outcomes(self, kind: str) -> list[str]:
        return [each.outcome for each in self.tries(kind)]


@dataclass
class Stage:
    stack: Stack
    folder: Path

    @cached_property
    def people(self) -> dict[str, Applicant]:
        """By language."""
        people = {language: Applicant(self.stack.web) for language in ("ko", "en")}
        for language, person in people.items():
            person.http.headers["Accept-Language"] = language
        return people

    @cached_property
    def nobody(self) -> Path:
        """A picture that is refused at once, for scenes that are about the letter alone."""
        path = self.folder / "nobody.png"
        Image.new("RGB", (SIDE, SIDE), (200, 205, 210)).save(path)
        return path

    def portrait(self, width: int) -> Path:
        """The portrait, so many pixels wide."""
        path = self.folder / f"{width}.png"
        with Image.open(PORTRAIT) as picture:
            left = (picture.width - width) // 2
            picture.crop((left, 0, left + width, picture.height)).save(path)
        return path

    def enter(self, name: str, *, photo: int = 0, language: str = "ko", **fields: str) -> Scene:
        """A new résumé, read from its beginning. Its facts say its name; `photo` is its portrait's width."""
        picture = self.portrait(photo) if photo else self.nobody
        facts = json.dumps({"motivation": f"scene {name}."})
        applicant = self.people[language]
        resume = applicant.create(picture, facts=facts, language=language, **fields)
        reader = applicant.watch(resume["id"])
        reader.wait_for_event("snapshot")
        return Scene(self, applicant, resume["id"], reader)

    # --- the double ------------------------------------------------------------------------------

    def add(self, *faults: Fault) -> None:
        httpx.post(f"{self.stack.double_url}/_double/faults", json=[asdict(each) for each in faults]).raise_for_status()

    def end_faults(self) -> None:
        httpx.delete(f"{self.stack.double_url}/_double/faults").raise_for_status()

    def calls(self, operation: str, about: str = "") -> list[Call]:
        """Of that operation, those whose request says what the regular expression means."""
        told = httpx.get(f"{self.stack.double_url}/_double/record", timeout=30).json()
        return [
            Call(**each)
            for each in told
            if each["operation"] == operation and re.search(about, json.dumps(each["request"], ensure_ascii=False))
        ]

    def lookups(self, operation: str) -> list[str]:
        """The models that the control plane was asked for."""
        told = httpx.get(f"{self.stack.double_url}/_double/lookups").json()
        return sorted(each["resource"] for each in told if each["operation"] == operation)

    def letter_calls(self, name: str) -> list[Call]:
        return self.calls("ConverseStream", letter_of(name))

    def framed(self, scene: Scene, size: tuple[int, int]) -> FramedHead:
        """The scene's person on the canvas, as the painter was given them."""
        query = (
            "select photos_photo.id, face, mask_file from photos_photo"
            " join resumes_resume on photo_id = photos_photo.id where resumes_resume.id = ?"
        )
        photo_id, face, mask = self.stack.rows(query, scene.resume_id)[0]
        media = self.stack.folder / "media"
        keep = decode_alpha((media / mask).read_bytes())
        person = decode_alpha((media / mask.replace("/mask-", "/person-")).read_bytes())
        original = decode((media / "photos" / photo_id / "original.jpg").read_bytes())
        return frame(original, Face.from_json(json.loads(face)), Masked(keep, person, MaskScope.HEAD), size)

    # --- the operator ----------------------------------------------------------------------------

    def log(self, process: str, words: str) -> list[str]:
        """The lines of a process's log with these words."""
        lines = (self.stack.folder / "logs" / f"{process}.log").read_text().splitlines()
        return [line for line in lines if words in line]


@contextmanager
def stage(folder: Path, **settings: str) -> Iterator[Stage]:
    with unlimited(folder, True, **{**SETTINGS, **settings}) as stack:
        plain = {"faces": [FACE], "ellipses": True, "latency": {}, "pace": PACE}
        httpx.put(f"{stack.double_url}/_double/settings", json=plain).raise_for_status()
        yield Stage(stack, folder)


def letter_of(name: str) -> str:
    return rf"scene {re.escape(name)}\."


def asked(call: Call) -> list[int]:
    """The numbers of the items that a letter's call asks for."""
    said = "".join(part["text"] for part in call.request["messages"][0]["content"])
    return [MARKERS.index(marker) + 1 for marker in ASKED.findall(said)]


def streamed(call: Call) -> tuple[dict[int, str], set[int]]:
    """What the double streamed of each item, and which items were whole when it ended."""
    numbers = asked(call)
    parser = MarkerParser(numbers)
    texts, whole = dict.fromkeys(numbers, ""), set()
    pieces = parser.feed(call.text)
    if call.fault in ("", "empty", "missing_marker"):
        pieces += parser.finish()
    for piece in pieces:
        if isinstance(piece, TextDelta):
            texts[piece.number] += piece.text
        elif isinstance(piece, SectionEnded):
            whole.add(piece.number)
    return texts, whole


def put_together(calls: list[Call]) -> dict[int, str]:
    """The letter that these calls, one after the other, come to: what was whole stays, the rest is the next one's."""
    letter: dict[int, str] = {}
    for call in calls:
        texts, whole = streamed(call)
        letter |= {number: text for number, text in texts.items() if number in whole}
    return letter


def _moment(value: Any) -> datetime:
    """SQLite gives text, MariaDB a time without its zone; both are UTC."""
    return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
