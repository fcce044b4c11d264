"""Bedrock's ConverseStream: a letter with markers in frames, at a given pace, with faults that break the stream."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from aws_double import event_stream, prose
from aws_double.answers import Cut, Frame, Stream, invalid
from aws_double.faults import Fault

MARKERS = "갹냑댝먁"
ASKED = re.compile(rf"^\W*([{MARKERS}])(?!\w)", re.MULTILINE)
"""A marker at the beginning of a line of the prompt asks for that item."""
COMPANY = re.compile(r'"name": ?"([^"]+)"')


@dataclass(frozen=True)
class Pace:
    characters: int = 12
    """Mean number of characters in each piece. Pieces may end anywhere."""
    per_second: float = 0.0
    """Characters per second; 0 = as fast as the connection allows."""


def converse(
    model: str, request: dict[str, Any], pace: Pace, fault: Fault | None, wait: Callable[[float], object]
) -> Stream:
    """`wait` sleeps for the given seconds, or less when the double stops."""
    if "anthropic." not in model:
        raise invalid("The provided model identifier is invalid.")
    messages = request.get("messages") or []
    if not messages or messages[0].get("role") != "user":
        raise invalid("A conversation must start with a user message.")
    said = "\n".join(part["text"] for part in messages[-1]["content"])
    if not said.strip():
        raise invalid("The text field in the ContentBlock object is blank.")
    system = "\n".join(part["text"] for part in request.get("system", []))
    most_tokens = request.get("inferenceConfig", {}).get("maxTokens", 4096)
    if most_tokens < 1:
        raise invalid("maxTokens must be at least 1")
    if {"temperature", "topP"} <= set(request.get("inferenceConfig", {})):
        raise invalid("temperature and top_p cannot both be specified for this model.")
    items = _items(system, said, fault)
    return Stream(_frames(items, len(system + said), most_tokens, pace, fault, wait))


def _items(system: str, said: str, fault: Fault | None) -> list[str]:
    hangul = len(re.findall("[가-힣]", system + said))
    language = "ko" if hangul * 5 > len(system + said) else "en"
    company = COMPANY.search(said)
    variant = sum(map(ord, said))
    items = []
    for marker in ASKED.findall(said):
        number = MARKERS.index(marker) + 1
        text = prose.item(number, language, company[1] if company else "[회사 이름]", variant)
        items.append(f"{marker}\n{text}\n\n")
    if fault and fault.kind == "missing_marker" and len(items) > fault.after_items:
        items[fault.after_items] = items[fault.after_items].split("\n", 1)[1]
    return items


def _frames(
    items: list[str],
    characters_in: int,
    most_tokens: int,
    pace: Pace,
    fault: Fault | None,
    wait: Callable[[float], object],
) -> Iterator[Frame]:
    kind = fault.kind if fault else ""
    reason = {"filter": "content_filtered"}.get(kind, "end_turn")
    breaks = kind in ("cut", "silent", "exception", "damaged", "no_stop", "max_tokens", "filter")
    text = "".join(items)
    if fault and breaks:
        whole = "".join(items[: fault.after_items])
        following = items[fault.after_items] if fault.after_items < len(items) else ""
        text = whole + following[: len(following) // 2]
    if kind == "empty":
        text = ""
    if kind == "max_tokens" or _tokens(text) > most_tokens:
        reason = "max_tokens"
    while _tokens(text) > most_tokens:
        text = text[: len(text) - 20]

    yield Frame(event_stream.event("messageStart", role="assistant"))
    # Text blocks have no contentBlockStart of their own; only tool use has.
    for piece in _pieces(text, pace):
        yield Frame(event_stream.event("contentBlockDelta", delta={"text": piece}, contentBlockIndex=0), piece)
    if kind == "cut":
        raise Cut
    if kind == "silent":
        wait(3600)
        raise Cut
    if kind == "exception" and fault:
        yield Frame(event_stream.exception(fault.code, "the stream was interrupted"))
        return
    if kind == "damaged":
        whole_frame = event_stream.event("contentBlockDelta", delta={"text": "x"}, contentBlockIndex=0)
        yield Frame(event_stream.damaged(whole_frame))
        return
    yield Frame(event_stream.event("contentBlockStop", contentBlockIndex=0))
    if kind == "no_stop":
        return
    yield Frame(event_stream.event("messageStop", stopReason=reason))
    tokens_in, tokens_out = characters_in, _tokens(text)
    usage = {"inputTokens": tokens_in, "outputTokens": tokens_out, "totalTokens": tokens_in + tokens_out}
    yield Frame(event_stream.event("metadata", usage=usage, metrics={"latencyMs": 1}))


def _tokens(text: str) -> int:
    """An estimate: one token for each Hangul character, a quarter for other characters."""
    hangul = len(re.findall("[가-힣]", text))
    return hangul + (len(text) - hangul) // 4


def _pieces(text: str, pace: Pace) -> Iterator[str]:
    lengths = random.Random(len(text))
    offset = 0
    while offset < len(text):
        length = lengths.randint(1, 2 * pace.characters - 1)
        yield text[offset : offset + length]
        offset += length
