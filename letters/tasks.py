"""The letter chain: `write | check`. Each task is given an id and calls one service function."""

from __future__ import annotations

from datetime import timedelta

from letters import services
from workers.engine.claims import Claim
from workers.engine.tasks import step_task


@step_task(services.CHAIN[0], deadline=timedelta(minutes=5), failed=services.fail)
def write(letter_id: str, claim: Claim) -> None:
    services.write(letter_id, claim)


@step_task(services.CHAIN[1], deadline=timedelta(seconds=60), failed=services.fail)
def check(letter_id: str, claim: Claim) -> None:
    services.check_letter_version(letter_id, claim)
