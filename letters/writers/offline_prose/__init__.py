"""Prose without a model: sentences chosen from written frames, filled with one company's record and one person's facts."""

from __future__ import annotations

from letters.brief import Brief
from letters.writers.offline_prose import letter_ko


def compose_item(brief: Brief, number: int, seed: int) -> str:
    """The text of item `number` (1–4), 700–1,000 characters; the same for the same brief, number and seed."""
    return letter_ko.write_item(brief, number, seed)
