"""The slots of one try's calls: waited for before each call, and its unused tokens given back after."""

from __future__ import annotations

import threading
from datetime import timedelta

from workers.clock import database_now
from workers.engine.attempts import AttemptRecord
from workers.engine.lease import Lease
from workers.quota import limiter
from workers.quota.policy import needs

LATEST = timedelta(seconds=10)
"""A slot is used even if its worker comes late: the quota's gate keeps late calls apart, and taking another would spend
two slots on one call just when everything is slow. Later than this, what it was counted in may be over."""


class CallSlots:
    """Of one try. Several threads may ask at once, each for a call of its own."""

    def __init__(self, lease: Lease, attempt: AttemptRecord) -> None:
        self._lease = lease
        self._attempt = attempt
        self._reserved = 0
        """How many calls' worth of quota this try took."""
        self._late = timedelta(0)
        """How long after its slot the first call was made."""
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for the moment that the quota gives this call: the one that admission took, or a further one.

        Raises NoSlot, QuotaAway, LeaseLost, HandedBack.
        """
        units = needs(self._lease.step.kind)
        if not units:
            return
        wait = self._admitted()
        if wait is None:
            wait = limiter.reserve(units, limiter.HORIZON_OF_BEGUN, holder=self._lease.holder)
            self._reserved += 1
        while True:
            self._lease.sleep(wait.total_seconds())
            self._attempt.waited(wait)
            wait = limiter.pass_gate(units)
            if not wait:
                return

    def settle(self, *, refused: bool = False) -> None:
        """Give back what was reserved for answers as long as allowed. Raises QuotaAway.

        Without a receipt of the tokens (a stream cut off) the reservation stands: the provider counts them somehow.
        """
        used = sum(receipt.quota_tokens for receipt in self._attempt.receipts)
        if used or refused:
            reserved = {name: units * self._reserved for name, units in needs(self._lease.step.kind).items()}
            limiter.settle(reserved, used, timedelta(seconds=self._attempt.working_for()), self._late)
            self._reserved = 0

    def _admitted(self) -> timedelta | None:
        """How long until admission's slot; None when there is none or it has passed. Used up by asking."""
        step = self._lease.step
        with self._lock:
            slot_at, step.slot_at = step.slot_at, None
        if slot_at is None:
            return None
        self._reserved += 1
        ahead = slot_at - database_now()
        self._late = max(-ahead, timedelta(0))
        return max(ahead, timedelta(0)) if ahead > -LATEST else None
