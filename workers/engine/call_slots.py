"""The slots of one try: waits for one before each call, and gives unused tokens back afterwards."""

from __future__ import annotations

import threading
from datetime import timedelta

from workers.clock import database_now
from workers.engine.attempts import AttemptRecord
from workers.engine.lease import Lease
from workers.quota import limiter
from workers.quota.policy import needs

LATEST = timedelta(seconds=10)
"""How late a worker may still use its slot. Taking another one would spend two slots on one call, and the gate keeps
late calls apart. After this time the window in which the slot was counted may be over."""


class CallSlots:
    """The slots of one try. Several threads may wait at the same time, each for its own call."""

    def __init__(self, lease: Lease, attempt: AttemptRecord) -> None:
        self._lease = lease
        self._attempt = attempt
        self._reserved = 0
        """How many calls this try has reserved quota for."""
        self._late = timedelta(0)
        """How long after its slot the first call was made. Zero when it was in time."""
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for the slot of this call: the one that admission took, or a new one.

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

    def give_back_tokens(self, *, refused: bool = False) -> None:
        """Give back the reserved tokens that the calls did not use. Raises QuotaAway.

        When no receipt names the tokens, as after a broken stream, the whole reservation stays counted. `refused`: the
        provider refused the call, so nothing was used.
        """
        used = sum(receipt.quota_tokens for receipt in self._attempt.receipts)
        if used or refused:
            reserved = {name: units * self._reserved for name, units in needs(self._lease.step.kind).items()}
            limiter.give_back_tokens(reserved, used, timedelta(seconds=self._attempt.working_for()), self._late)
            self._reserved = 0

    def _admitted(self) -> timedelta | None:
        """How long until the slot that admission took; None when there is none or it is too old. Asking uses it up."""
        step = self._lease.step
        with self._lock:
            slot_at, step.slot_at = step.slot_at, None
        if slot_at is None:
            return None
        self._reserved += 1
        ahead = slot_at - database_now()
        self._late = max(-ahead, timedelta(0))
        return max(ahead, timedelta(0)) if ahead > -LATEST else None
