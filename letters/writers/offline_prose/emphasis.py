"""Which of a company's values and which working acts each item is about.

What the person's experience speaks of decides first, then the type's traits, then chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from letters.brief import NUMBERS
from letters.writers.offline_prose.cases import Shared
from letters.writers.offline_prose.cues import relevance
from letters.writers.offline_prose.texts import Keywords

FEWEST_ACTS = 4
"""Only keywords that the bank does not know have fewer: they are filled up with acts that fit any value."""
ORDER = (3, 2, 4, 1)
"""Items choose their keyword in this order: those that tell a case first."""


@dataclass(frozen=True)
class Emphasis:
    keyword: str
    """One of the company's words; empty if the record has none."""
    acts: tuple[str, ...]
    """What acting on the keyword looks like at work."""
    habits: tuple[str, ...]
    """Other ways of working, from the traits. No phrase stands in two items' emphasis."""


def emphases(
    keywords: Sequence[str], traits: Sequence[str], cases: Shared, bank: Keywords, random: Random
) -> Mapping[int, Emphasis]:
    """For each item another keyword, from another group of acts, as far as the company's words go."""
    chosen = _keywords(keywords, traits, cases, bank, random)
    spare = list(bank.generic)
    random.shuffle(spare)
    taken: set[str] = set()
    acts: dict[int, tuple[str, ...]] = {}
    for number in NUMBERS:
        fresh = [act for act in bank.acts_of(chosen[number]) if act not in taken]
        while len(fresh) < FEWEST_ACTS and spare:
            fresh.append(spare.pop())
        acts[number] = tuple(fresh)
        taken.update(fresh)
    habits = list(dict.fromkeys(act for trait in traits for act in bank.acts_of(trait) if act not in taken))
    random.shuffle(habits)
    habits += spare
    return {
        number: Emphasis(chosen[number], acts[number], tuple(habits[number - 1 :: len(NUMBERS)])) for number in NUMBERS
    }


def _keywords(
    keywords: Sequence[str], traits: Sequence[str], cases: Shared, bank: Keywords, random: Random
) -> dict[int, str]:
    left = list(dict.fromkeys(keywords))
    random.shuffle(left)
    told = {2: cases.background, 3: cases.project, 4: cases.character}
    groups: set[str] = set()
    chosen: dict[int, str] = {}

    def rank(keyword: str, number: int) -> tuple[bool, bool, int, bool]:
        group = bank.group_of(keyword)
        return (group in groups, not group, -relevance(group, told.get(number)), keyword not in traits)

    for number in ORDER:
        best = min(left, key=lambda keyword: rank(keyword, number), default=random.choice(list(keywords) or [""]))
        chosen[number] = best
        groups.add(bank.group_of(best))
        left = [keyword for keyword in left if keyword != best]
    return chosen
