"""Results of calls, stored by the hash of their inputs, so that no result is made and paid twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, close_old_connections, transaction
from django.db.models import QuerySet

from workers.engine import keeping
from workers.engine.attempts import AttemptRecord
from workers.engine.call_slots import CallSlots
from workers.engine.keeping import Output
from workers.engine.lease import Lease
from workers.errors import LeaseLost
from workers.models import Artifact, Step

Inputs = Mapping[str, Any]
"""Everything that the result depends on, as JSON or as values with a stable text form."""
Make = Callable[[str], Output]
"""Makes the result. The argument is the hash of the inputs, used in file names."""


def found_or_made(lease: Lease, slots: CallSlots, attempt: AttemptRecord, inputs: Inputs, make: Make) -> dict[str, Any]:
    """The result of `make` for these inputs, made now or found from an earlier try. Its files are in the file store.

    Files that an earlier try could not store are stored first, before anything more is paid. Raises LeaseLost when the
    lease was lost, StoreAway while files of this subject cannot be stored, and whatever `make` raises.
    """
    input_hash = hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()
    subject = lease.step.subject
    rows = Artifact.objects.filter(kind=lease.step.kind, subject=subject, input_hash=input_hash)
    found = rows.first()
    if keeping.store(Artifact.objects.filter(subject=subject)):
        attempt.stored = True
    if found is not None:
        attempt.reused = True
        data: dict[str, Any] = found.data
        return data
    keeping.require_room()
    slots.wait()
    made = make(input_hash)
    # The database connection may have timed out during the call, and the result must be written.
    close_old_connections()
    return _stored(lease, rows, input_hash, made)


def _stored(lease: Lease, rows: QuerySet[Artifact], input_hash: str, made: Output) -> dict[str, Any]:
    step = lease.step
    keeping.save_oversized(made.files)
    data = made.data
    try:
        with _paid(step):
            artifact = Artifact.objects.create(
                kind=step.kind, subject=step.subject, input_hash=input_hash, data=made.data
            )
            keeping.keep(artifact, made.files)
            lease.progressed()
    except IntegrityError:
        # Another try of the same step stored its result first. There is one result for all tries.
        data = rows.get().data
    keeping.store(rows)
    return data


@contextmanager
def _paid(step: Step) -> Iterator[None]:
    """A transaction that stores a paid result, also when this worker has lost its lease: the next try uses it.

    Raises LeaseLost when the step was cancelled or deleted.
    """
    with transaction.atomic():
        wanted = Step.objects.filter(pk=step.pk).exclude(state=Step.State.CANCELLED)
        if not wanted.select_for_update().exists():
            raise LeaseLost(f"step {step.pk}")
        yield
