"""Answers of the double: bytes with a status, a stream of frames, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @classmethod
    def of(cls, value: Any, **headers: str) -> Answer:
        return cls(json.dumps(value).encode(), headers=headers)


@dataclass(frozen=True)
class Frame:
    data: bytes
    text: str = ""
    """The text of a letter in this frame."""


@dataclass(frozen=True)
class Stream:
    """Frames in the order of sending. The iterator waits when the stream is slow, and raises Cut when it breaks."""

    frames: Iterator[Frame]


class Cut(Exception):
    """The connection is closed without an answer."""


class Refusal(Exception):
    """An error in AWS's format."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    def answer(self) -> Answer:
        body = json.dumps({"__type": self.code, "message": self.message, "Message": self.message}).encode()
        return Answer(body, self.status, {"x-amzn-ErrorType": self.code, **self.headers})


def invalid(message: str, code: str = "ValidationException") -> Refusal:
    return Refusal(400, code, message)
