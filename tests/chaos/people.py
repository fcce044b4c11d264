"""People as the outside sees them: each asks for a résumé, repeats what got no answer, and watches."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import numpy as np
from PIL import Image

from aws_double.faces import face_detail
from tests.applicant import PORTRAIT, Applicant, Reader

FACE = face_detail(0.347, 0.130, 0.187, 0.219)
"""Where the face is in the picture that all send: the double need not look for it."""
COMPANIES = ("kakao", "naver", "posco", "kia", "emart")
PATIENCE = 0.3
"""Seconds before a request is repeated."""
FINAL_PHOTO = {"done", "rejected", "failed"}
FINAL_LETTER = {"done", "failed", "cancelled"}

T = TypeVar("T")


@dataclass
class Person:
    number: int
    applicant: Applicant
    resume_id: str
    reader: Reader
    asked: float
    """Seconds since the epoch, as all times here."""
    ended: float | None = None
    """When the person was told that photo and letter are at their end."""
    resume: dict[str, Any] = field(default_factory=dict)
    """As GET gave it in the end."""
    _read: int = 0
    _photo: str = ""
    _letter: str = ""

    @property
    def job(self) -> str:
        return job(self.number)

    @property
    def told(self) -> tuple[str, str]:
        """The latest states of photo and letter on the event stream."""
        events = self.reader.events
        while self._read < len(events):
            name, data = events[self._read]
            self._read += 1
            if name == "snapshot":
                self._photo = data["photo"]["state"]
                self._letter = data["letter"]["state"] if data["letter"] else ""
            elif name == "photo.state":
                self._photo = data["state"]
            elif name == "letter.state":
                self._letter = data["state"]
        return self._photo, self._letter

    def is_ended(self) -> bool:
        photo, letter = self.told
        return photo in FINAL_PHOTO and letter in FINAL_LETTER

    def is_done(self) -> bool:
        return self.told == ("done", "done")

    def heard_last(self) -> list[str]:
        """The latest news, texts left out."""
        news = [(name, data) for name, data in self.reader.events if not name.startswith("letter.delta")]
        return [f"{name} {data.get('state', '')}".strip() for name, data in news[-6:]]

    def hears_done(self) -> bool:
        """By the event, or by a snapshot that says so: one may stand for whatever was told before it."""
        return self.reader.has("done", photo=True, letter_version=1) or self.reader.has("snapshot", state="done")


def job(number: int) -> str:
    """A fact that stands in the letter's prompt and in nobody else's."""
    return f"chaos engineer no. {number}."


def photo(folder: Path, number: int) -> Path:
    """The portrait in a tint of its own: another picture at every step, with the face in the same place."""
    tint = np.array([number % 6, number // 6 % 6, number // 36 % 6], np.uint8)
    file = folder / f"person-{number}.jpg"
    Image.fromarray(np.minimum(np.asarray(Image.open(PORTRAIT).convert("RGB")), 249) + tint).save(file, quality=90)
    return file


def apply(web: str, number: int, folder: Path, given_up: threading.Event) -> Person:
    """Ask for a résumé and a letter, again and again until both are taken; the same key makes the same résumé."""
    asked = time.time()
    picture = photo(folder, number)
    applicant = _insist(lambda: Applicant(web), given_up)
    facts = json.dumps({"job": job(number)})
    key = {"Idempotency-Key": f"person-{number}"}
    resume = _insist(
        lambda: _answer(applicant.post_resume(picture, key, name=f"사람{number}", facts=facts), 201), given_up
    )
    reader = applicant.watch(resume["id"])
    _insist(lambda: _ask_letter(applicant, resume["id"], COMPANIES[number % len(COMPANIES)]), given_up)
    return Person(number, applicant, resume["id"], reader, asked)


def look(person: Person, given_up: threading.Event) -> dict[str, Any]:
    """The résumé as GET gives it."""
    return _insist(lambda: person.applicant.get(person.resume_id), given_up)


def _ask_letter(applicant: Applicant, resume_id: str, company: str) -> None:
    # An answer that got lost may stand for a letter that is asked for: another request would make another version.
    if applicant.get(resume_id)["letter"] is None:
        _answer(applicant.ask_letter(resume_id, company), 202)


def _answer(answer: httpx.Response, status: int) -> dict[str, Any]:
    if answer.status_code >= 500:
        answer.raise_for_status()
    # A repeated key is answered 201 as well or 200; nothing else is expected.
    assert answer.status_code in (status, 200), answer.text
    said: dict[str, Any] = answer.json()
    return said


def _insist(call: Callable[[], T], given_up: threading.Event) -> T:
    while True:
        try:
            return call()
        except httpx.HTTPError:
            if given_up.wait(PATIENCE):
                raise
