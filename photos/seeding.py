"""Writes the shipped wordings and seeds as rows after every migration, and never changes a curator's text.

A missing row is created. A text that equals the one shipped before is updated to the new one. Any other text was edited
and is kept. Seeds are only created.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps as present_apps

from photos.outpainting.prompts import DEFAULTS, SEEDS

FIELDS = ("text", "negative")


def seed(using: str = "default", apps: Any = present_apps, **_: object) -> None:
    """Receives `post_migrate`. `apps` has the models as of that migration, perhaps without wordings."""
    try:
        wording, seeds = apps.get_model("photos", "Wording"), apps.get_model("photos", "Seed")
    except LookupError:
        return
    rows = {(row.style, row.gender): row for row in wording.objects.using(using).all()}
    missing = []
    for (style, gender), words in DEFAULTS.items():
        row = rows.get((style, gender or "unknown"))
        if row is None:
            row = wording(style=style, gender=gender or "unknown")
            missing.append(row)
        changed = [name for name in FIELDS if _follow(row, name, getattr(words, name))]
        if changed and row.pk:
            row.save(using=using)
    wording.objects.using(using).bulk_create(missing)
    known = set(seeds.objects.using(using).values_list("number", flat=True))
    seeds.objects.using(using).bulk_create(
        seeds(number=number, seed=value) for number, value in enumerate(SEEDS, start=1) if number not in known
    )


def _follow(row: Any, name: str, shipped: str) -> bool:
    """Update an unedited text to the shipped one. Returns whether anything changed."""
    if getattr(row, f"shipped_{name}") == shipped or getattr(row, name) != getattr(row, f"shipped_{name}"):
        return False
    setattr(row, name, shipped)
    setattr(row, f"shipped_{name}", shipped)
    return True
