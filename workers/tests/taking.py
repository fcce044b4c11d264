"""What tests of the engine do again and again: take a step that must be there to take."""

from __future__ import annotations

from workers.engine.claims import Claim, claim
from workers.models import Step


def taken(step: Step | None) -> Claim:
    """The claim on a step that is sent."""
    assert step is not None
    held = claim(step.pk)
    assert held is not None
    return held
