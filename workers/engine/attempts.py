"""The record of one try of a step: who was called, what for, how long it waited and worked, what it cost."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from django.db import transaction

from workers.engine.receipts import Receipt
from workers.models import Attempt, Step
from workers.operations import metrics


class AttemptRecord:
    """Collected while the try runs, written when it ends. Waiting and working are two timings."""

    def __init__(self, waited: timedelta) -> None:
        self.provider = ""
        self.model = ""
        self.receipts: list[Receipt] = []
        self.reused = False
        """Whether something was found that an earlier try had made."""
        self.stored = False
        """Whether files were saved that an earlier try had paid for."""
        self._waited = waited
        self._begun = time.monotonic()
        self._lock = threading.Lock()

    def working_for(self) -> float:
        """Seconds since the claim, waits for the quota left out."""
        return time.monotonic() - self._begun

    def waited(self, wait: timedelta) -> None:
        """Some of the time since the claim was a wait. Calls at the same time wait at the same time."""
        with self._lock:
            seconds = min(wait.total_seconds(), self.working_for())
            self._waited += timedelta(seconds=seconds)
            self._begun += seconds

    def write(self, step: Step, fence: int, outcome: str, now: datetime) -> None:
        """Write the try's row. Call inside the transaction that ends the try."""
        working = self.working_for()
        waiting = max(0.0, self._waited.total_seconds())
        price = sum(receipt.price_usd for receipt in self.receipts)
        Attempt.objects.create(
            step=step,
            fence=fence,
            provider=self.provider,
            model=self.model,
            request_id=self.receipts[-1].request_id if self.receipts else "",
            calls=len(self.receipts),
            input_tokens=sum(receipt.input_tokens for receipt in self.receipts),
            output_tokens=sum(receipt.output_tokens for receipt in self.receipts),
            outcome=outcome,
            waiting_seconds=waiting,
            working_seconds=working,
            price_usd=price,
            reused=self.reused,
            started_at=now - timedelta(seconds=working),
        )
        provider, kind = self.provider, step.kind
        transaction.on_commit(
            lambda: metrics.attempt_ended(kind, provider, outcome, waiting, working, price, self.reused)
        )
