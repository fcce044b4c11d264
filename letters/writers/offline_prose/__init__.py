"""Prose without a model: sentences chosen from written frames, filled with a company's record and a person's facts."""

from __future__ import annotations

from letters.brief import Brief
from letters.writers.offline_prose.composition import TooLong, compose
from letters.writers.offline_prose.letter_en import EnglishItem
from letters.writers.offline_prose.letter_ko import KoreanItem
from letters.writers.offline_prose.plan import Item
from letters.writers.offline_prose.sanitise import person_of

ITEMS: dict[str, type[Item]] = {"ko": KoreanItem, "en": EnglishItem}

SHRINKING = (1.0, 0.75, 0.5, 0.3, 0.15)
"""How much of the person's longer facts is kept, tried in this order until the item is short enough."""


def compose_item(brief: Brief, number: int, seed: int) -> str:
    """The text of item `number` (1–4), 700–1,000 characters; the same for the same brief, number and seed.

    Raises ValueError if the company's record alone is too long for an item.
    """
    person = person_of(brief.facts)
    for kept in SHRINKING:
        item = ITEMS[brief.language](brief, person, number, seed, kept)
        try:
            return compose(item.paragraphs(), item.words, item.random)
        except TooLong:
            continue
    raise ValueError("the company's record leaves no room for the item's required sentences")
