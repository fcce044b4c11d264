"""A client of the project's API: requests that survive a restart of the server, and the event stream."""

from __future__ import annotations

import http.client
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds for which requests to an unreachable server are repeated: a restart takes a few."""
ANSWER_SECONDS = 60.0
STREAM_SILENCE = 45.0
"""Seconds without a byte after which a stream counts as broken; the server sends a comment every 15."""
LONGEST_SILENCE = 600.0
"""Seconds without an event after which the client gives up."""

Json = dict[str, Any]


class Refused(Exception):
    """The server answered with a problem. The message is its sentence, `fields` are the fields of its errors."""

    def __init__(self, status: int, problem: Json) -> None:
        self.status = status
        self.code: str = problem.get("code") or f"status {status}"
        errors: list[Json] = problem.get("errors") or []
        self.fields = frozenset(error["field"] for error in errors)
        sentences = "; ".join(f"{error['field']}: {error['detail']}" for error in errors)
        super().__init__(sentences or problem.get("detail") or problem.get("title") or f"status {status}")


class Unreachable(Exception):
    """No answer or event came for too long."""


@dataclass(frozen=True)
class Event:
    type: str
    data: Json


class Api:
    """The API as one guest. `serving`: whether the server is still supervised; if not, requests are not repeated."""

    def __init__(self, web: str, language: str, serving: Callable[[], bool] = lambda: True) -> None:
        self._web = web
        self._language = language
        self._serving = serving
        self._token: str | None = None
        # The server is on this machine, so proxy settings are ignored.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def become_guest(self) -> None:
        self._token = self.post("/api/v1/auth/guest/", {})["token"]

    def get(self, path: str) -> Json:
        return _json(self._ask(path))

    def post(self, path: str, body: Json) -> Json:
        return _json(self._ask(path, json.dumps(body).encode(), {"Content-Type": "application/json"}))

    def post_form(self, path: str, fields: Mapping[str, str], file_field: str, file: Path) -> Json:
        """A multipart request with an idempotency key: when it is repeated, the server does it once."""
        body, content_type = _multipart(fields, file_field, file)
        return _json(self._ask(path, body, {"Content-Type": content_type, "Idempotency-Key": secrets.token_hex(16)}))

    def download(self, path: str) -> bytes:
        return self._ask(path)

    def events(self, path: str) -> Iterator[Event]:
        """Every event once, over any number of connections. Raises Unreachable, Refused."""
        last_id = ""
        pause = 2.0
        heard = time.monotonic()
        while True:
            headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
            try:
                with self._opener.open(self._request(path, None, headers), timeout=STREAM_SILENCE) as response:
                    for block in _blocks(response):
                        last_id = block.get("id", last_id)
                        pause = int(block["retry"]) / 1000 if block.get("retry", "").isdigit() else pause
                        if "data" in block:
                            heard = time.monotonic()
                            yield Event(block.get("event", "message"), json.loads(block["data"]))
                        elif time.monotonic() - heard > LONGEST_SILENCE:
                            break
            except urllib.error.HTTPError as error:
                if error.code not in (429, 502, 503):
                    raise _refused(error) from error
            except (OSError, http.client.HTTPException):
                # The connection broke. The loop connects again and resumes after the last event.
                self._ensure_serving()
            if time.monotonic() - heard > LONGEST_SILENCE:
                raise Unreachable(f"no event for {LONGEST_SILENCE / 60:g} minutes")
            time.sleep(pause)

    def _ask(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
        """The answer's body. Repeats a broken request, since all requests here may be repeated. Raises Refused,
        Unreachable."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with self._opener.open(self._request(path, body, headers or {}), timeout=ANSWER_SECONDS) as response:
                    answer: bytes = response.read()
                    return answer
            except urllib.error.HTTPError as error:
                pause = _seconds(error.headers.get("Retry-After"))
                if error.code not in (429, 503) or time.monotonic() + pause > until + PATIENCE:
                    raise _refused(error) from error
            except (OSError, http.client.HTTPException) as error:
                self._ensure_serving()
                if time.monotonic() > until:
                    raise Unreachable(f"{self._web} does not answer: {error}") from error
                pause = 0.5
            time.sleep(pause)

    def _request(self, path: str, body: bytes | None, headers: Mapping[str, str]) -> urllib.request.Request:
        request = urllib.request.Request(urllib.parse.urljoin(self._web, path), body, dict(headers))
        request.add_header("Accept-Language", self._language)
        # The API allows this client to leave out the phone number.
        request.add_header("X-Client", "embedded-command")
        if self._token:
            # Not sent after a redirect: the URL of a picture may lead to another server.
            request.add_unredirected_header("Authorization", f"Token {self._token}")
        return request

    def _ensure_serving(self) -> None:
        if not self._serving():
            raise Unreachable("the service was stopped")


def _blocks(lines: Iterable[bytes]) -> Iterator[dict[str, str]]:
    """The fields of each block of an event stream (HTML standard, 9.2.6); an empty dict for a comment."""
    block: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode().rstrip("\r\n").partition(":")
        if not name and colon:
            yield {}
        elif not name:
            if block:
                yield block
            block = {}
        else:
            value = value.removeprefix(" ")
            block[name] = f"{block[name]}\n{value}" if name == "data" and "data" in block else value


def _multipart(fields: Mapping[str, str], file_field: str, file: Path) -> tuple[bytes, str]:
    """Body and content type (RFC 7578). The type of the file is not given, because the server detects it."""
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    # The file's real name may hold personal data, so it is not sent.
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{file_field}"; filename="photo"\r\n'
    parts.append(f"{head}Content-Type: application/octet-stream\r\n\r\n".encode())
    body = b"".join([*parts, file.read_bytes(), f"\r\n--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"


def _refused(error: urllib.error.HTTPError) -> Refused:
    body = error.read()
    try:
        problem = json.loads(body)
    except ValueError:
        problem = {}
    return Refused(error.code, problem if isinstance(problem, dict) else {})


def _json(body: bytes) -> Json:
    value: Json = json.loads(body)
    return value


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdigit() else 1.0
