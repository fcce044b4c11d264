"""Claim, heartbeat, fence: who works on a step, and how that is lost.

A claim is a compare-and-set on the row. It holds a lease that a heartbeat renews, and a fence number
that every write is checked against: whoever lost the lease can still compute, but changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, close_old_connections, transaction
from django.db.models import F

from workers.clock import database_now
from workers.engine import admission, holders, keeping
from workers.engine.configuration import engine
from workers.engine.keeping import Output
from workers.engine.receipts import Receipt
from workers.errors import DATABASE_AWAY, HandedBack, LeaseLost, QuotaAway, location_of
from workers.models import Artifact, Attempt, Step
from workers.operations import metrics
from workers.quota import limiter
from workers.quota.policy import needs

logger = logging.getLogger(__name__)

LATEST = timedelta(seconds=10)
"""A slot is used even if its worker comes late: the quota's gate keeps late calls apart, and taking another would spend
two slots on one call just when everything is slow. Later than this, what it was counted in may be over."""


class Claim:
    """One worker's hold on one running step."""

    def __init__(self, step: Step, waited: timedelta) -> None:
        self.step = step
        self.fence = step.fence
        self.lost = threading.Event()
        self.stopping = False
        """Whether this worker is being stopped; long work then gives its step back at the next `require`."""
        self.roused = threading.Event()
        """Set with either of the two: whoever waits looks again."""
        self.provider = ""
        self.model = ""
        self.receipts: list[Receipt] = []
        self.reserved = 0
        """How many calls' worth of quota this try took."""
        self.reused = False
        self.stored = False
        """Whether this try saved files that an earlier one had paid for."""
        self.next_waits = False
        """Whether the chain's next link has to queue: then admission sends it."""
        self._late = timedelta(0)
        """How long after its slot the first call was made."""
        self._waited = waited
        self._begun = time.monotonic()
        self._slot = threading.Lock()

    @property
    def subject(self) -> str:
        return self.step.subject

    @property
    def place(self) -> str:
        """Its name among those at once: of this try, since the one before may still be ending."""
        return f"{self.step.pk}/{self.fence}"

    @property
    def topic(self) -> str:
        return self.step.topic

    def working_for(self) -> float:
        """Seconds since the claim."""
        return time.monotonic() - self._begun

    def lose(self) -> None:
        """Another holds the step, or may."""
        self.lost.set()
        self.roused.set()

    def stop(self) -> None:
        """This worker is being stopped."""
        self.stopping = True
        self.roused.set()

    def require(self) -> None:
        """To be called now and then in long work.

        Raises LeaseLost once the heartbeat has seen that another holds the step, HandedBack when this worker stops.
        """
        if self.lost.is_set():
            raise LeaseLost(f"step {self.step.pk}")
        if self.stopping:
            raise HandedBack(f"step {self.step.pk}")

    def await_slot(self) -> None:
        """Wait for the moment that the quota gives this call: the one that admission took, or a further one.

        Several threads may ask at once, each for a call of its own.

        Raises NoSlot, QuotaAway, LeaseLost.
        """
        units = needs(self.step.kind)
        if not units:
            return
        wait = self._slot_ahead()
        if wait is None:
            wait = limiter.reserve(units, limiter.HORIZON_OF_BEGUN, holder=self.place)
            self.reserved += 1
        while True:
            self._wait(wait)
            wait = limiter.pass_gate(units)
            if not wait:
                return

    def _wait(self, wait: timedelta) -> None:
        if self.roused.wait(wait.total_seconds()):
            self.require()
        with self._slot:
            # Waiting and working are two timings. Calls at the same time wait at the same time.
            waited = min(wait.total_seconds(), self.working_for())
            self._waited += timedelta(seconds=waited)
            self._begun += waited

    def _slot_ahead(self) -> timedelta | None:
        """How long until admission's slot; None when there is none or it has passed. Used up by asking."""
        with self._slot:
            slot_at, self.step.slot_at = self.step.slot_at, None
        if slot_at is None:
            return None
        self.reserved += 1
        ahead = slot_at - database_now()
        self._late = max(-ahead, timedelta(0))
        return max(ahead, timedelta(0)) if ahead > -LATEST else None

    def settle_tokens(self, *, refused: bool = False) -> None:
        """Give back what was reserved for answers as long as allowed. Raises QuotaAway.

        Without a receipt of the tokens (a stream cut off) the reservation stands: the provider counts them somehow.
        """
        used = sum(receipt.quota_tokens for receipt in self.receipts)
        if used or refused:
            reserved = {name: units * self.reserved for name, units in needs(self.step.kind).items()}
            limiter.settle(reserved, used, timedelta(seconds=self.working_for()), self._late)
            self.reserved = 0

    def artifact(self, inputs: dict[str, Any], make: Callable[[str], Output]) -> dict[str, Any]:
        """What `make` made of these inputs, now or in an earlier try of this subject; its files are stored.

        `make` gets the input hash (to name files by). What an earlier try could not store is stored before anything
        more is paid. Raises LeaseLost when the step was lost meanwhile, StoreAway while the files of this subject
        cannot be stored, and whatever `make` raises.
        """
        input_hash = hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()
        rows = Artifact.objects.filter(kind=self.step.kind, subject=self.subject, input_hash=input_hash)
        found = rows.first()
        if keeping.store(Artifact.objects.filter(subject=self.subject)):
            self.stored = True
        if found is not None:
            self.reused = True
            data: dict[str, Any] = found.data
            return data
        keeping.require_room()
        self.await_slot()
        made = make(input_hash)
        # The call may have outlived its connection; what it brought must be kept.
        close_old_connections()
        keeping.save_oversized(made.files)
        data = made.data
        try:
            with self._paid():
                artifact = Artifact.objects.create(
                    kind=self.step.kind, subject=self.subject, input_hash=input_hash, data=data
                )
                keeping.keep(artifact, made.files)
                self.progressed()
        except IntegrityError:
            # Another try of the same step stored its result first; there is only ever one.
            data = rows.get().data
        keeping.store(rows)
        return data

    def progressed(self) -> None:
        """Something was stored that the next try finds: whatever kills this process, it was not this step so far."""
        if self.step.crashes:
            Step.objects.filter(pk=self.step.pk, state=Step.State.RUNNING, fence=self.fence).update(crashes=0)
            self.step.crashes = 0

    @contextmanager
    def guard(self) -> Iterator[None]:
        """A transaction that only the present holder of the step can commit. Raises LeaseLost."""
        with transaction.atomic():
            held = Step.objects.filter(pk=self.step.pk, state=Step.State.RUNNING, fence=self.fence)
            if not held.select_for_update().exists():
                raise LeaseLost(f"step {self.step.pk}")
            yield

    @contextmanager
    def _paid(self) -> Iterator[None]:
        """A transaction in which a result may be stored, by whoever made it: the next try finds it, lease or no lease.

        Raises LeaseLost when the work was cancelled or deleted.
        """
        with transaction.atomic():
            step = Step.objects.filter(pk=self.step.pk).exclude(state=Step.State.CANCELLED)
            if not step.select_for_update().exists():
                raise LeaseLost(f"step {self.step.pk}")
            yield

    @contextmanager
    def commit(self) -> Iterator[None]:
        """As `guard`; when the block ends well the step is done and the next one of the chain is on its way."""
        now = database_now()
        with transaction.atomic():
            self._end(Step.State.DONE, now)
            yield
            self._unblock_next(now)
            self.record("done", now)

    def _unblock_next(self, now: datetime) -> None:
        """Celery's chain brings the next link, unless it has to queue."""
        following = Step.objects.filter(chain=self.step.chain, place=self.step.place + 1, state=Step.State.BLOCKED)
        kind = following.values_list("kind", flat=True).first()
        if kind is None:
            return
        self.next_waits = not admission.goes_on(kind)
        if self.next_waits:
            following.update(state=Step.State.DUE, due_at=now)
        else:
            following.update(state=Step.State.SENT, due_at=now, lease_until=now + engine().sent_lease)

    def fail(self, code: str) -> None:
        """End the step for good. Call inside a transaction together with what the failure means above."""
        now = database_now()
        self._end(Step.State.FAILED, now, code=code)
        self.record(code, now)

    def postpone(self, due_at: datetime, *, code: str, counts: bool) -> None:
        """Put the step back; admission sends it again when it is due."""
        now = database_now()
        with transaction.atomic():
            changes: dict[str, Any] = {"state": Step.State.DUE, "due_at": due_at, "lease_until": None, "code": code}
            if counts:
                changes["attempts"] = self.step.attempts + 1
            self._change(changes)
            self.record(code, now)

    def record(self, outcome: str, now: datetime) -> None:
        """Write this try's row. Call inside the transaction that ends the try."""
        working = self.working_for()
        waiting = max(0.0, self._waited.total_seconds())
        price = sum(receipt.price_usd for receipt in self.receipts)
        Attempt.objects.create(
            step=self.step,
            fence=self.fence,
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
        provider, kind = self.provider, self.step.kind
        transaction.on_commit(
            lambda: metrics.attempt_ended(kind, provider, outcome, waiting, working, price, self.reused)
        )

    def _end(self, state: Step.State, now: datetime, *, code: str = "") -> None:
        self._change({"state": state, "code": code, "ended_at": now, "lease_until": None, "announced": False})

    def _change(self, changes: dict[str, Any]) -> None:
        held = Step.objects.filter(pk=self.step.pk, state=Step.State.RUNNING, fence=self.fence)
        if not held.update(**changes):
            raise LeaseLost(f"step {self.step.pk}")
        for name, value in changes.items():
            setattr(self.step, name, value)


def claim(step_id: int) -> Claim | None:
    """Take the sent step, or None when there is nothing to take (done, taken, cancelled, deleted)."""
    step = Step.objects.filter(pk=step_id, state=Step.State.SENT).first()
    if step is None:
        return None
    now = database_now()
    changes: dict[str, Any] = {
        "state": Step.State.RUNNING,
        "fence": step.fence + 1,
        "lease_until": now + engine().lease,
        "started_at": now,
        "holder": holders.this_process(),
    }
    sent = Step.objects.filter(pk=step_id, state=Step.State.SENT, fence=step.fence)
    if not sent.update(**changes):
        return None
    for name, value in changes.items():
        setattr(step, name, value)
    return Claim(step, waited=now - step.due_at)


class Heart:
    """One thread per process that renews the leases of every claim in it."""

    def __init__(self) -> None:
        self._claims: dict[int, tuple[Claim, float]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = False

    @contextmanager
    def keeping(self, held: Claim, deadline: timedelta) -> Iterator[None]:
        """Renew while the block runs, but not beyond the step's deadline: what hangs loses its lease."""
        if self._stopping:
            held.stop()
        with self._lock:
            self._claims[id(held)] = (held, time.monotonic() + deadline.total_seconds())
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                del self._claims[id(held)]
            self._leave(held)

    @staticmethod
    def _blame(held: Claim) -> None:
        """What hangs counts as what kills: it must not hang for ever. Its lease runs out unrenewed."""
        if not held.lost.is_set():
            Step.objects.filter(pk=held.step.pk, state=Step.State.RUNNING, fence=held.fence).update(
                crashes=F("crashes") + 1, holder=""
            )
        held.lose()

    @staticmethod
    def _leave(held: Claim) -> None:
        try:
            limiter.leave(needs(held.step.kind), held.place)
        except QuotaAway:
            logger.warning("step %s keeps its place among those at once until that runs out", held.step.pk)

    def claims(self) -> list[Claim]:
        with self._lock:
            return [held for held, _ in self._claims.values()]

    def stop(self) -> None:
        """This process is being stopped: what takes long is given back, what is short may end."""
        self._stopping = True
        for held in self.claims():
            held.stop()

    def _beat(self) -> None:
        pause = engine().heartbeat.total_seconds()
        while True:
            time.sleep(pause)
            try:
                close_old_connections()
                self.renew()
            except Exception as error:  # noqa: BLE001 - told without its message, which may repeat what a person gave
                logger.error("heartbeat failed: %s", location_of(error))

    def renew(self) -> None:
        """One beat: a few statements for all claims, since each waits its turn for processor and database."""
        with self._lock:
            present = list(self._claims.values())
        hanging = [held for held, deadline in present if time.monotonic() > deadline]
        try:
            self._renew_leases([held for held, _ in present if held not in hanging])
            for held in hanging:
                logger.warning("step %s passed its deadline", held.step.pk)
                self._blame(held)
        except DATABASE_AWAY:
            logger.warning("database away: leases could not be renewed")
        # After the leases: a Redis that is silent must not keep them from being renewed.
        try:
            for held, _ in present:
                limiter.keep(needs(held.step.kind), held.place)
        except QuotaAway:
            logger.warning("places among those at once could not be renewed: Redis is away")

    @staticmethod
    def _renew_leases(claims: Sequence[Claim]) -> None:
        if not claims:
            return
        running = Step.objects.filter(pk__in=[held.step.pk for held in claims], state=Step.State.RUNNING)
        fences = dict(running.values_list("pk", "fence"))
        for held in claims:
            if fences.get(held.step.pk) != held.fence:
                held.lose()
        with transaction.atomic():
            ours = running.filter(holder=holders.this_process())
            # A locked row is being written by whoever works on it: to wait for one would let all others run out.
            free = list(ours.select_for_update(skip_locked=True).values_list("pk", flat=True))
            ours.filter(pk__in=free).update(lease_until=database_now() + engine().lease)


heart = Heart()
