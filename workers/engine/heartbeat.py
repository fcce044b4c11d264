"""The heartbeat: one thread per process that renews the leases of all its claims."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from django.db import close_old_connections, transaction
from django.db.models import F

from workers.clock import database_now
from workers.engine import holders
from workers.engine.claims import Claim
from workers.engine.configuration import engine
from workers.errors import DATABASE_AWAY, QuotaAway, location_of
from workers.models import Step
from workers.quota import limiter
from workers.quota.policy import needs

logger = logging.getLogger(__name__)


class Heartbeat:
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
            Step.objects.held(held.step.pk, held.fence).update(crashes=F("crashes") + 1, holder="")
        held.lose()

    @staticmethod
    def _leave(held: Claim) -> None:
        try:
            limiter.leave(needs(held.step.kind), held.holder)
        except QuotaAway:
            logger.warning("step %s counts among those at once until that runs out", held.step.pk)

    def claims(self) -> list[Claim]:
        with self._lock:
            return [held for held, _ in self._claims.values()]

    def at_work(self) -> bool:
        """Whether this process holds a claim within its deadline. What is beyond its deadline hangs."""
        with self._lock:
            return any(time.monotonic() <= deadline for _, deadline in self._claims.values())

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
                limiter.keep(needs(held.step.kind), held.holder)
        except QuotaAway:
            logger.warning("who counts among those at once could not be renewed: Redis is away")

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


heartbeat = Heartbeat()
