"""The record of every call: request, answer and times. Pictures are described, not stored."""

from __future__ import annotations

import base64
import binascii
import hashlib
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np


@dataclass
class Call:
    number: int
    operation: str
    resource: str
    """The model's id, the endpoint's name, or empty."""
    request: Any
    started: float
    """Seconds since the epoch."""
    request_id: str
    ended: float | None = None
    status: int | None = None
    """None when the connection was closed without an answer."""
    error: str = ""
    fault: str = ""
    bytes_sent: int = 0
    text: str = ""
    """The text of a letter that was sent before the stream ended or broke."""


class Record:
    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def begin(self, operation: str, resource: str, request: Any, request_id: str) -> Call:
        with self._lock:
            call = Call(len(self._calls) + 1, operation, resource, described(request), time.time(), request_id)
            self._calls.append(call)
            return call

    def calls(self, operation: str | None = None) -> list[Call]:
        with self._lock:
            return [call for call in self._calls if operation in (None, call.operation)]

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(call) for call in self.calls()]


def described(value: Any) -> Any:
    """The JSON value with every Base64 picture replaced by its size and digest."""
    if isinstance(value, dict):
        return {name: described(member) for name, member in value.items()}
    if isinstance(value, list):
        return [described(member) for member in value]
    if isinstance(value, str) and len(value) > 400 and " " not in value[:200]:
        return _picture(value)
    return value


def _picture(text: str) -> Any:
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return text
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        return text
    height, width = pixels.shape
    return {
        "width": width,
        "height": height,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "white_share": round(float((pixels > 127).mean()), 4),
    }
