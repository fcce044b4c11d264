"""One paid call, as a craft would make it: with the engine's own clients, errors and slots."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

from aws.clients import client, translated
from workers.engine.claims import Claim
from workers.engine.receipts import Receipt, note
from workers.engine.tasks import step_task

BURNDOWN = float(os.environ.get("BENCH_BURNDOWN", "1"))


def _failed(subject: str, code: str) -> None:
    """Nobody above to tell; the row says it."""


def _invoke(body: dict[str, Any]) -> dict[str, Any]:
    with translated():
        answer = client("bedrock-runtime", read_timeout=30).invoke_model(modelId="bench", body=json.dumps(body))
        said: dict[str, Any] = json.loads(answer["body"].read())
        return said


@step_task("bench.call", deadline=timedelta(minutes=5), failed=_failed)
def call(subject: str, held: Claim) -> None:
    held.slots.wait()
    _invoke({"job": int(subject)})
    with held.commit():
        pass


@step_task("bench.tokens", deadline=timedelta(minutes=5), failed=_failed)
def tokens(subject: str, held: Claim) -> None:
    held.slots.wait()
    usage = _invoke({"job": int(subject)})["usage"]
    # The engine gives back the rest when the step ends.
    note(Receipt(quota_tokens=usage["input_tokens"] + usage["output_tokens"] * BURNDOWN))
    with held.commit():
        pass
