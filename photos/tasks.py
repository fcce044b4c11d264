"""The photo chain: `detect_face | mask_head | outpaint`. Each takes an id and calls one service function."""

from __future__ import annotations

from datetime import timedelta

from photos import services
from workers.claims import Claim
from workers.tasks import step_task


@step_task(services.CHAIN[0], deadline=timedelta(seconds=60), failed=services.fail)
def detect_face(photo_id: str, claim: Claim) -> None:
    services.detect_face(photo_id, claim)


@step_task(services.CHAIN[1], deadline=timedelta(seconds=90), failed=services.fail)
def mask_head(photo_id: str, claim: Claim) -> None:
    services.mask_head(photo_id, claim)


@step_task(services.CHAIN[2], deadline=timedelta(seconds=330), failed=services.fail)
def outpaint(photo_id: str, claim: Claim) -> None:
    services.outpaint(photo_id, claim)
