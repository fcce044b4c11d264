"""The photo chain: `detect_face | mask_head | outpaint`. Each task is given an id and calls one service function."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from celery.signals import worker_ready

from photos import providers, services
from workers.engine.claims import Claim
from workers.engine.tasks import step_task


@step_task(services.CHAIN[0], deadline=timedelta(seconds=60), failed=services.fail)
def detect_face(photo_id: str, claim: Claim) -> None:
    services.detect_face(photo_id, claim)


@step_task(services.CHAIN[1], deadline=timedelta(seconds=90), failed=services.fail)
def mask_head(photo_id: str, claim: Claim) -> None:
    services.mask_head(photo_id, claim)


@step_task(services.CHAIN[2], deadline=timedelta(seconds=330), failed=services.fail)
def outpaint(photo_id: str, claim: Claim) -> None:
    services.outpaint(photo_id, claim)


@worker_ready.connect  # type: ignore[untyped-decorator]
def load_models(sender: Any, **_: object) -> None:
    """Load the models in workers of the photo queue, in the background of their start."""
    if services.QUEUE in sender.app.amqp.queues.consume_from:
        threading.Thread(target=providers.load, name="loading models", daemon=True).start()
