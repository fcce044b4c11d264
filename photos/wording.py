"""The wording and seeds of the next paintings: the curators' rows, or the shipped defaults where a row is missing."""

from __future__ import annotations

from photos.models import Seed, Wording
from photos.outpainting import CandidateRequest, Style, Words, parted
from photos.outpainting.prompts import DEFAULTS, SEEDS, filled


def candidate_requests(style: Style) -> list[CandidateRequest]:
    """One request for each candidate."""
    words = _words(style)
    return [CandidateRequest(number, seed, filled(words, style, number)) for number, seed in enumerate(_seeds())]


def _words(style: Style) -> Words:
    slug, _ = parted(style.slug)
    row = Wording.objects.filter(style=slug, gender=style.gender or Wording.Gender.UNKNOWN).first()
    return row.words if row else DEFAULTS[slug, style.gender]


def _seeds() -> list[int]:
    rows = dict(Seed.objects.values_list("number", "seed"))
    return [rows.get(number, seed) for number, seed in enumerate(SEEDS, start=1)]
