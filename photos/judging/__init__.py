"""Judges candidates by named measures that compare the finished picture with the framed photo, whoever painted it.

The measures find faults that keep a person from handing a portrait in: hair cut away, remains of old clothes and
background, gaps, rims, another face. Weakness: they find no lack of taste, nor a garment that looks drawn.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from photos.judging import edges, faces, ground, head, neck
from photos.judging.evidence import Evidence
from photos.types import Face, FramedHead, Pixels


class Verdict(StrEnum):
    SEND = "send"
    """No measure speaks against handing it in."""
    LOOK = "look"
    """Something may be wrong. The person should look at it at full size first."""
    DONT = "dont"
    """Whoever gets it will see that it is not a photo."""


@dataclass(frozen=True)
class Threshold:
    look: float
    dont: float

    def severity(self, value: float) -> float:
        """0 for no fault, 1 at `look`, 2 at `dont`, and linearly beyond."""
        if value < self.look:
            return max(0.0, value / self.look)
        return 1 + (value - self.look) / (self.dont - self.look)


@dataclass(frozen=True)
class Judgement:
    score: float
    """0–1, with the same meaning for every photo: from 0.67 on "send", from 0.34 on "look", below it "dont"."""
    verdict: Verdict
    problems: tuple[str, ...]
    """Names of the measures at `look` or beyond, worst first."""
    measures: Mapping[str, float]
    """Every measure taken, by name."""


SEND_FROM, LOOK_FROM = 0.67, 0.34
"""Scores at which the verdict changes."""
OF_THE_REST = 0.02
"""Weight of the mean of all measures beside the worst one. It orders candidates that are otherwise equal."""

PICTURE: tuple[Callable[[Evidence], float], ...] = (
    head.hair_lost,
    head.clothes_left,
    head.background_left,
    head.odd_patch,
    head.frame_left,
    head.floating_piece,
    head.flat_crown,
    edges.edge_ragged,
    edges.edge_smeared,
    edges.halo,
    neck.neck_gap,
    neck.skin_step,
    neck.bust_in_air,
    neck.mirrored,
    ground.background_colour,
    ground.background_uneven,
    ground.head_size,
    ground.head_place,
    ground.top_touched,
    faces.face_changed,
    faces.face_soft,
    faces.skin_unnatural,
    faces.face_dark,
    faces.face_blown,
    faces.grain_step,
    faces.light_step,
)
COUNTED: tuple[Callable[[Evidence, Sequence[Face]], float], ...] = (
    faces.faces_missing,
    faces.faces_extra,
    faces.face_moved,
)
"""Measures that need the faces found in the candidate."""
OF_A_SUIT = frozenset({"clothes_left", "neck_gap", "skin_step", "grain_step", "light_step"})
"""Measures that do not apply when the person's own clothes are kept."""


@cache
def thresholds() -> Mapping[str, Threshold]:
    rows = tomllib.loads((Path(__file__).parent / "thresholds.toml").read_text())
    return {name: Threshold(**row) for name, row in rows.items()}


def judge(
    candidate: Pixels,
    framed: FramedHead,
    background: tuple[int, int, int],
    detect: Callable[[Pixels], list[Face]] | None = None,
    *,
    own_clothes: bool = False,
) -> Judgement:
    """Judge a candidate of the canvas's size, for which this background was asked. Takes about 0.15 s of one core.

    `detect` finds the faces in a picture. Without it faces are neither counted nor is their geometry compared.
    """
    evidence = Evidence(candidate, framed, background)
    measures = {measure.__name__: measure(evidence) for measure in PICTURE}
    if detect is not None:
        found = detect(evidence.pixels)
        measures |= {measure.__name__: measure(evidence, found) for measure in COUNTED}
    if own_clothes:
        measures = {name: value for name, value in measures.items() if name not in OF_A_SUIT}
    return judgement(measures)


def judgement(measures: Mapping[str, float]) -> Judgement:
    """The judgement for measured values. Raises KeyError for a measure without a threshold."""
    severities = {name: thresholds()[name].severity(value) for name, value in measures.items()}
    worst = max(severities.values(), default=0.0)
    rest = sum(min(severity, 1.0) for severity in severities.values()) / max(1, len(severities))
    score = _score(worst) - OF_THE_REST * rest
    verdict = Verdict.SEND if worst < 1 else Verdict.LOOK if worst < 2 else Verdict.DONT
    floors = {Verdict.SEND: SEND_FROM, Verdict.LOOK: LOOK_FROM, Verdict.DONT: 0.0}
    problems = sorted(
        (name for name, severity in severities.items() if severity >= 1), key=lambda name: -severities[name]
    )
    return Judgement(
        score=round(max(score, floors[verdict]), 4),
        verdict=verdict,
        problems=tuple(problems),
        measures={name: round(value, 4) for name, value in measures.items()},
    )


def _score(worst: float) -> float:
    """The score for the worst severity: 1 at 0, 0.67 at 1, 0.34 at 2, towards 0 beyond."""
    if worst < 1:
        return 1 - 0.2 * worst
    if worst < 2:
        return SEND_FROM - (worst - 1) * (SEND_FROM - LOOK_FROM)
    return LOOK_FROM * 2 / (worst + 0.01)
