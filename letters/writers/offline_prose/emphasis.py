"""Which of a company's values and which working acts each item is about: the type's traits decide, then chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from letters.brief import NUMBERS

Acts = Callable[[str], tuple[str, ...]]
"""Verb phrases for a keyword; empty for an unknown one."""


@dataclass(frozen=True)
class Emphasis:
    keyword: str
    """One of the company's words; empty if the record has none."""
    acts: tuple[str, ...]
    """What acting on the keyword looks like at work."""
    habits: tuple[str, ...]
    """Other ways of working, from the traits. No phrase stands in two items' emphasis."""


def emphases(
    keywords: Sequence[str], traits: Sequence[str], acts_of: Acts, generic: Sequence[str], random: Random
) -> dict[int, Emphasis]:
    """For each item another keyword if there are enough; keywords with different acts and known ones first."""
    chosen = _keywords(keywords, traits, acts_of, random)
    spare = list(generic)
    random.shuffle(spare)
    taken: set[str] = set()
    acts: dict[int, tuple[str, ...]] = {}
    for number in NUMBERS:
        fresh = [act for act in acts_of(chosen[number]) if act not in taken]
        while len(fresh) < 4 and spare:
            fresh.append(spare.pop())
        acts[number] = tuple(fresh)
        taken.update(fresh)
    habits = list(dict.fromkeys(act for trait in traits for act in acts_of(trait) if act not in taken))
    random.shuffle(habits)
    habits += [act for act in spare if act not in habits]
    return {
        number: Emphasis(chosen[number], acts[number], tuple(habits[number - 1 :: len(NUMBERS)])) for number in NUMBERS
    }


def _keywords(keywords: Sequence[str], traits: Sequence[str], acts_of: Acts, random: Random) -> dict[int, str]:
    ranked = list(dict.fromkeys(keywords))
    random.shuffle(ranked)
    ranked.sort(key=lambda keyword: (not acts_of(keyword), keyword not in traits))
    different: dict[tuple[str, ...], str] = {}
    for keyword in ranked:
        different.setdefault(acts_of(keyword) or (keyword,), keyword)
    order = [*different.values(), *(keyword for keyword in ranked if keyword not in different.values())] or [""]
    numbers = list(NUMBERS)
    random.shuffle(numbers)
    return {number: order[place % len(order)] for place, number in enumerate(numbers)}
