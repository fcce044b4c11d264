"""Frames of `application/vnd.amazon.eventstream`: lengths, CRC of the lengths, headers, payload, CRC of the frame."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    packed = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(packed) + len(payload), len(packed))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + packed + payload
    return message + struct.pack("!I", zlib.crc32(message))


def event(name: str, **members: Any) -> bytes:
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    # Real frames carry padding that hides the length of the text.
    return frame(headers, json.dumps({**members, "p": "abcdefghij"}, ensure_ascii=False).encode())


def exception(name: str, message: str) -> bytes:
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, json.dumps({"message": message}).encode())


def damaged(whole: bytes) -> bytes:
    """The frame with one flipped bit in its payload."""
    return whole[:-6] + bytes([whole[-6] ^ 1]) + whole[-5:]


def _header(name: str, value: str) -> bytes:
    text, string = value.encode(), 7
    return struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", string, len(text)) + text
