"""The heartbeat: one thread in each worker process renews the leases of all its claims."""

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
    """The claims of this process, and the thread that renews them."""

    def __init__(self) -> None:
        self._claims: dict[int, tuple[Claim, float]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = False

    @contextmanager
    def keeping(self, held: Claim, deadline: timedelta) -> Iterator[None]:
        """Renew the lease while the block runs, until the deadline: a step that hangs loses its lease."""
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
        """Count a crash for a step that passed its deadline, so that it is given up at last. Its lease expires."""
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
        """Whether this process has a claim within its deadline. One beyond it hangs and does not count."""
        with self._lock:
            return any(time.monotonic() <= deadline for _, deadline in self._claims.values())

    def stop(self) -> None:
        """This process is shutting down: long work gives its step back, short work may end."""
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
            except Exception as error:  # noqa: BLE001 - logged without its message, which may hold personal data
                logger.error("heartbeat failed: %s", location_of(error))

    def renew(self) -> None:
        """Renew all claims in a few statements: each statement may have to wait for the database."""
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
        # After the leases, so that a Redis that does not answer cannot delay them.
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
            # A locked row is being written by its own worker. Waiting for it could let all other leases expire.
            free = list(ours.select_for_update(skip_locked=True).values_list("pk", flat=True))
            ours.filter(pk__in=free).update(lease_until=database_now() + engine().lease)


heartbeat = Heartbeat()
