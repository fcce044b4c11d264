"""The record of one try of a step: provider, model, waiting time, working time, cost."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from django.db import transaction

from workers.engine.receipts import Receipt
from workers.models import Attempt, Step
from workers.operations import metrics


class AttemptRecord:
    """Collected while the try runs and written when it ends. Waiting and working time are measured apart."""

    def __init__(self, waited: timedelta) -> None:
        self.provider = ""
        self.model = ""
        self.receipts: list[Receipt] = []
        self.reused = False
        """Whether a result of an earlier try was used."""
        self.stored = False
        """Whether files of an earlier try were saved to the file store."""
        self._waited = waited
        self._begun = time.monotonic()
        self._lock = threading.Lock()

    def working_for(self) -> float:
        """Seconds since the claim, without the waits for the quota."""
        return time.monotonic() - self._begun

    def waited(self, wait: timedelta) -> None:
        """Count `wait` as waiting instead of working. Waits of parallel calls overlap, so the sum is limited."""
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
