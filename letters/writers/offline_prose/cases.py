"""Which experience is told in which item. None is told twice when there are more than one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from letters.writers.offline_prose.sanitise import Case


@dataclass(frozen=True)
class Shared:
    project: Case | None = None
    background: Case | None = None
    character: Case | None = None
    support: Case | None = None
    """Named in item 1."""
    second: Case | None = None
    """Named in item 2."""
    told_elsewhere: bool = False
    """The only experience: item 4 names what item 3 tells."""


def share(cases: Sequence[Case]) -> Shared:
    """`cases` come richest first: the first is the project, the next the background, then the strength's proof."""
    if len(cases) == 1:
        return Shared(project=cases[0], character=cases[0], told_elsewhere=True)
    places = ("project", "background", "character", "support", "second")
    return Shared(**dict(zip(places, cases, strict=False)))  # type: ignore[arg-type]
