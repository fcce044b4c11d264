"""The short form of the chaos suite: real processes, real signals, and the double's own record as the witness."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from aws_double.record import Call
from tests.chaos import audit, faults, run, trouble
from tests.chaos.run import Scene
from tests.chaos.trouble import Trouble
from tests.stack import unlimited

SEED = 20261122
PEOPLE = 10
QUOTA = 120
"""Image calls a minute: low enough that they have to wait for it."""
WITHIN = 90
"""Seconds after the last trouble: leases take 20 of them; the tests beside this one take the cores."""
LATENCY = {"DetectFaces": 0.1, "InvokeEndpoint": 0.15, "InvokeModel": 0.5, "ConverseStream": 0.2}
PACE = {"characters": 12, "per_second": 700.0}


def plan(chance: random.Random) -> list[Trouble]:
    """Every kind of fault that does not last, and in between each process dies once."""
    faulty = faults.every(chance, faults.WHERE.keys() - faults.LONG, everywhere=False)
    return [
        *trouble.drip(faulty, 0.5, 14),
        *trouble.kills(chance, [*trouble.WORKERS, "web"], first=3.0, every=2.5, number=5),
        Trouble(5.5, "flush"),
        Trouble(15.0, "flush"),
        Trouble(7.0, "database_away", seconds=3.0),
        Trouble(12.0, "kill", "redis"),
    ]


@pytest.mark.processes
def test_nothing_is_lost_repeated_or_altered_in_chaos(tmp_path: Path):
    # Given the AWS world with two photo and two letter workers, and a quota that the double enforces
    settings = {**run.SETTINGS, "QUOTA_BEDROCK_IMAGE_RPM": str(QUOTA)}
    with unlimited(tmp_path, True, **settings) as stack:
        quota = {"kind": "sliding", "limit": QUOTA}
        run.set_double(stack, latency=LATENCY, pace=PACE, quotas={"InvokeModel": quota})
        # When everything that can die dies, and providers fail in every way
        outcome = run.play(stack, Scene(PEOPLE, plan(random.Random(SEED)), WITHIN), tmp_path)
        judged = audit.judge(stack, outcome, QUOTA)
    # Then the double's record, the rows and what everybody was told agree
    assert judged.findings == []


def call(text: str, **more: object) -> Call:
    said = {"messages": [{"role": "user", "content": [{"text": "갹  지원동기\n냑  성장과정\n댝  프로젝트"}]}]}
    values: dict[str, Any] = {"operation": faults.WRITE, "status": 200, "ended": 2.0, **more}
    return Call(number=1, resource="", request=said, started=1.0, request_id="", text=text, **values)


@pytest.mark.parametrize(
    ("streamed", "items"),
    [
        (call("갹\n하나\n\n냑\n둘\n둘\n\n댝\n셋\n\n"), {1: "하나", 2: "둘\n둘", 3: "셋"}),
        (call("갹\n하나\n\n냑\n두", fault="cut"), {1: "하나"}),
        (call("갹\n하나\n\n냑\n두", error="BrokenPipeError"), {1: "하나"}),
        (call("갹\n하나\n\n둘\n\n댝\n셋", fault="missing_marker"), {1: "하나\n\n둘", 3: "셋"}),
        (call("하나\n\n냑\n둘", fault="missing_marker"), {1: "하나", 2: "둘"}),
        (call("", fault="empty"), {}),
    ],
)
def test_only_items_that_were_streamed_to_their_end_count(streamed: Call, items: dict[int, str]):
    assert audit.streamed_items(streamed) == items


def test_a_window_is_counted_wherever_it_begins():
    assert audit.fullest([], 10) == 0
    assert audit.fullest([0.0, 9.0, 10.0, 18.0, 19.0], 10) == 3
