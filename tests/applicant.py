"""A client as an outsider would write it, from the API alone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

PICTURES = Path(__file__).parent / "pictures"
PORTRAIT = PICTURES / "astronaut.jpg"


class Applicant:
    def __init__(self, web: str, timeout: float = 30) -> None:
        self.http = httpx.Client(base_url=web, timeout=timeout)
        answer = self.http.post("/api/v1/auth/guest/").raise_for_status().json()
        self.token = answer["token"]
        self.http.cookies.clear()
        self.http.headers["Authorization"] = f"Token {self.token}"

    def create(self, photo: Path = PORTRAIT, **fields: str) -> dict[str, Any]:
        answer = self.post_resume(photo, None, **fields)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def post_resume(
        self, photo: Path = PORTRAIT, headers: dict[str, str] | None = None, **fields: str
    ) -> httpx.Response:
        data = {"name": "김하늘", "phone": "010-1234-5678", "mbti": "enfp", "consent": "true", **fields}
        files = {"photo": (photo.name, photo.read_bytes())}
        return self.http.post("/api/v1/resumes/", data=data, files=files, headers=headers)

    def get(self, resume_id: str) -> dict[str, Any]:
        return self.http.get(f"/api/v1/resumes/{resume_id}/").raise_for_status().json()

    def ask_letter(self, resume_id: str, company: str) -> httpx.Response:
        return self.http.post(f"/api/v1/resumes/{resume_id}/letter/", json={"company": company})

    def choose_portrait(self, resume_id: str, candidate: int, **choice: str) -> httpx.Response:
        return self.http.post(f"/api/v1/resumes/{resume_id}/portrait/", json={"candidate": candidate, **choice})

    def watch(self, resume_id: str) -> Reader:
        return Reader(self, resume_id)


class Reader:
    """Follows an event stream in a thread, reconnecting as a browser does, and keeps what it was told."""

    def __init__(self, applicant: Applicant, resume_id: str) -> None:
        self._applicant = applicant
        self._path = f"/api/v1/resumes/{resume_id}/events/"
        self._changed = threading.Condition()
        self._closed = False
        self._response: httpx.Response | None = None
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.texts: dict[tuple[int, int], str] = {}
        self.last_event_id: str | None = None
        self.connections = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._closed = True
        if self._response is not None:
            self._response.close()

    def wait_for(self, what: Callable[[Reader], bool], seconds: float = 120) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: what(self), seconds), f"not seen within {seconds} s: {self.names()}"

    def wait_for_event(self, name: str, seconds: float = 120, **data: Any) -> None:
        self.wait_for(lambda _: self.has(name, **data), seconds)

    def has(self, name: str, **data: Any) -> bool:
        return any(
            each == name and all(told.get(key) == value for key, value in data.items()) for each, told in self.events
        )

    def names(self) -> list[str]:
        return [name for name, _ in self.events if name != "letter.delta"]

    def letter_texts(self, version: int) -> list[str]:
        return [self.texts.get((version, number), "") for number in (1, 2, 3, 4)]

    def _run(self) -> None:
        while not self._closed:
            try:
                for event in self._connect():
                    self._take(*event)
                    if event[1] == "deleted":
                        return
            except (httpx.HTTPError, OSError, RuntimeError):
                # The server was killed or the network cut: a browser tries again, and so does this.
                time.sleep(0.2)

    def _connect(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        headers = {"Last-Event-ID": self.last_event_id} if self.last_event_id else {}
        with self._applicant.http.stream(
            "GET", self._path, headers=headers, timeout=httpx.Timeout(5, read=30)
        ) as answer:
            self._response = answer
            if answer.status_code != 200:
                raise httpx.HTTPError(f"{answer.status_code}")
            self.connections += 1
            event = {"id": "", "event": "message", "data": ""}
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(":")
                    event[name] = value.removeprefix(" ")
                elif event["data"]:
                    yield event["id"], event["event"], json.loads(event["data"])
                    event = {"id": "", "event": "message", "data": ""}

    def _take(self, event_id: str, name: str, data: dict[str, Any]) -> None:
        with self._changed:
            self.last_event_id = event_id
            self.events.append((name, data))
            if name == "snapshot":
                letter = data["letter"]
                if letter:
                    for section in letter["sections"]:
                        self.texts[letter["version"], section["number"]] = section["text"]
            elif name == "letter.delta":
                key = data["version"], data["section"]
                self.texts[key] = self.texts.get(key, "") + data["text"]
            elif name == "letter.reset":
                self.texts[data["version"], data["section"]] = ""
            self._changed.notify_all()
