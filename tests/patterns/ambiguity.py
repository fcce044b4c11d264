"""Whether a regular expression can take more than linear time, read from its parse tree.

`re` backtracks: it tries one way through the pattern after the other until one succeeds. A text costs more than its
length only if one stretch of it can be read in several ways and the match fails behind it. The pattern is made into an
automaton of character positions, and two questions are asked of it (Weber and Seidl 1991; Weideman et al. 2016):

- **Exponential**: does a state reach itself by two different ways on the same text? `(a+)+`, `(a|a)*`.
- **Polynomial**: may one text be read wholly by one repeat, wholly by a later one, and by both in part? `\\s*\\s*x`.
  The start of a search counts as such a repeat of anything: `\\s+x` is read anew from each of many spaces.

Bounded repeats are repeats too: each multiplies the cost by its bound, up to `MOST_STEPS` per character.

What is read more strictly than `re` does: possessive repeats and atomic groups count as plain ones, since a search
still begins anew within them; assertions of more than one character count as always true; a pattern must be linear
both in a search and in `fullmatch`. Back references are refused.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Literal

MOST_STEPS = 400
"""Steps per character that bounded repeats may cost together."""
MOST_COPIES = 3
"""A repeat up to this often is no loop: it is written out."""
SAMPLES = "aBzZ_ \t\n\r\x0b09~!\"'#$%&()*+,-./:;<=>?@[\\]^`{|}가각힣ㄱéß٣一\u00a0\u3000😀\x00"
"""Characters of every category, beside those that the pattern names."""

Mode = Literal["search", "fullmatch"]


@dataclass
class Node:
    """A state: one character is read (`mask`), or none, if `behind` and `ahead` hold for its neighbours."""

    mask: int = 0
    behind: int = -1
    ahead: int = -1
    next: list[int] = field(default_factory=list)
    longest: float = 0
    """Characters that the innermost loops around it read at most; 0 outside of loops."""


@dataclass(frozen=True)
class Step:
    """From one character to the next: the state that reads it, and what both must be."""

    to: int
    behind: int
    ahead: int


class Automaton:
    """The positions of a pattern. Symbols are bits: one for each kind of character, one for the text's border.

    Raises ValueError for what cannot be read: back references.
    """

    def __init__(self, pattern: str, flags: int, mode: Mode) -> None:
        tree = parser.parse(pattern, flags)
        self._flags = tree.state.flags
        self.characters = _kinds(tree, self._flags)
        self.border = 1 << len(self.characters)
        self.any = self.border - 1
        self.nodes: list[Node] = []
        self.empty_repeats: list[str] = []
        self._loops: list[float] = []
        self._masks: dict[tuple[str, int], int] = {}
        self.accept = self._node()
        end = self.accept if mode == "search" else self._node(next=[self.accept], ahead=self.border)
        entry = self._sequence(tree, self._flags, end)
        self.start = self._node(mask=self.border, next=[entry])
        self.searching: int | None = None
        if mode == "search":
            self.searching = self._node(mask=self.any)
            self.nodes[self.searching].next = [self.searching, entry]
            self.nodes[self.searching].longest = inf
            self.nodes[self.start].next.append(self.searching)

    def _node(self, **values: Any) -> int:
        self.nodes.append(Node(longest=self._loops[-1] if self._loops else 0, **values))
        return len(self.nodes) - 1

    # --- from the parse tree, from its end to its beginning ------------------------------------------------

    def _sequence(self, items: Iterable[Any], flags: int, following: int) -> int:
        for kind, value in reversed(list(items)):
            following = self._item(kind, value, flags, following)
        return following

    def _item(self, kind: Any, value: Any, flags: int, following: int) -> int:
        if (mask := self._mask(kind, value, flags)) is not None:
            return self._node(mask=mask, next=[following])
        if kind is op.BRANCH:
            return self._node(next=[self._sequence(branch, flags, following) for branch in value[1]])
        if kind is op.SUBPATTERN:
            _, added, removed, inner = value
            return self._sequence(inner, (flags | added) & ~removed, following)
        if kind is op.ATOMIC_GROUP:
            return self._sequence(value, flags, following)
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            least, most, inner = value
            return self._repeat(least, most, inner, flags, following)
        if kind is op.AT:
            return self._at(value, flags, following)
        if kind in (op.ASSERT, op.ASSERT_NOT):
            direction, inner = value
            return self._assertion(kind is op.ASSERT, direction, inner, flags, following)
        if kind is op.FAILURE:
            return self._node(behind=0)
        raise ValueError(f"{kind} cannot be judged")

    def _repeat(self, least: int, most: int, inner: Any, flags: int, following: int) -> int:
        if most <= MOST_COPIES:
            for _ in range(most - least):
                following = self._node(next=[self._sequence(inner, flags, following), following])
        elif least != most or most > 2 * MOST_COPIES:
            if inner.getwidth()[0] == 0:
                self.empty_repeats.append(str(inner))
            most_read = inner.getwidth()[1] * most if most is not op.MAXREPEAT else inf
            self._loops.append(max([float(most_read), *self._loops]))
            turn = self._node(next=[following])
            self.nodes[turn].next.insert(0, self._sequence(inner, flags, turn))
            self._loops.pop()
            following, least = turn, min(least, 2 * MOST_COPIES)
        for _ in range(least):
            following = self._sequence(inner, flags, following)
        return following

    def _at(self, where: Any, flags: int, following: int) -> int:
        newline = self._where(lambda character: character == "\n")
        word = self._where(lambda character: character.isalnum() or character == "_")
        other = (self.any & ~word) | self.border
        if where in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
            lines = bool(flags & re.MULTILINE) and where is op.AT_BEGINNING
            return self._node(behind=self.border | (newline if lines else 0), next=[following])
        if where in (op.AT_END, op.AT_END_STRING):
            return self._node(ahead=self.border | (newline if where is op.AT_END else 0), next=[following])
        pairs = ((word, other), (other, word)) if where is op.AT_BOUNDARY else ((word, word), (other, other))
        sides = [self._node(behind=behind, ahead=ahead, next=[following]) for behind, ahead in pairs]
        return self._node(next=sides)

    def _assertion(self, wanted: bool, direction: int, inner: Any, flags: int, following: int) -> int:
        mask = self._only_character(inner, flags)
        if mask is not None:
            allowed = mask if wanted else (self.any & ~mask) | self.border
            sides = {"behind": allowed} if direction < 0 else {"ahead": allowed}
            return self._node(next=[following], **sides)
        if direction < 0:
            return following
        # It is read from here too, and never ends the match.
        nowhere = self._node(behind=0)
        return self._node(next=[self._sequence(inner, flags, nowhere), following])

    def _only_character(self, items: Sequence[Any], flags: int) -> int | None:
        if len(items) != 1:
            return None
        kind, value = items[0]
        if kind is op.SUBPATTERN:
            return self._only_character(value[3], (flags | value[1]) & ~value[2])
        if kind is op.BRANCH:
            masks = [self._only_character(branch, flags) for branch in value[1]]
            return None if None in masks else _union(mask or 0 for mask in masks)
        mask: int | None = self._mask(kind, value, flags)
        return mask

    # --- characters ----------------------------------------------------------------------------------------

    def _mask(self, kind: Any, value: Any, flags: int) -> int | None:
        if kind is op.ANY:
            return self.any if flags & re.DOTALL else self._where(lambda character: character != "\n")
        if kind not in (op.LITERAL, op.NOT_LITERAL, op.IN):
            return None
        key = (f"{kind} {value}", flags)
        if key not in self._masks:
            self._masks[key] = self._where(lambda character: _matches(kind, value, character, flags))
        return self._masks[key]

    def _where(self, condition: Any) -> int:
        return _union(1 << place for place, character in enumerate(self.characters) if condition(character))

    def character(self, mask: int) -> str:
        """One of the characters of a mask."""
        return self.characters[(mask & -mask).bit_length() - 1] if mask & self.any else ""

    # --- as steps from character to character ------------------------------------------------------------------

    @cached_property
    def steps(self) -> dict[int, list[Step]]:
        return {place: list(self._steps(place)) for place, node in enumerate(self.nodes) if node.mask}

    def _steps(self, place: int) -> Iterator[Step]:
        """One for each different way, so that two ways to the same state are two."""
        waiting = [(following, -1, -1, frozenset([place])) for following in self.nodes[place].next]
        while waiting:
            to, behind, ahead, seen = waiting.pop()
            node = self.nodes[to]
            if node.mask or to == self.accept:
                yield Step(to, behind, ahead & (node.mask or -1))
            elif to not in seen and behind & node.behind and ahead & node.ahead:
                onwards = seen | {to} if len(node.next) > 1 else seen
                waiting += [(after, behind & node.behind, ahead & node.ahead, onwards) for after in node.next]

    @cached_property
    def loops(self) -> list[frozenset[int]]:
        """The strongly connected states."""
        return _strongly_connected({p: {s.to for s in steps if s.to in self.steps} for p, steps in self.steps.items()})

    def succeeds(self, loop: frozenset[int]) -> bool:
        """Whether the match may end in this loop, whatever follows: what cannot fail is never tried again."""
        everything = self.any | self.border
        for place in loop:
            for step in self.steps[place]:
                behind, ahead = step.behind & everything, step.ahead & everything
                if step.to == self.accept and not self.nodes[place].mask & ~behind and ahead == everything:
                    return True
        return False

    def longest(self, loop: frozenset[int]) -> float:
        return max(self.nodes[place].longest for place in loop)

    # --- the two questions -----------------------------------------------------------------------------------

    def exponential(self, loop: frozenset[int]) -> bool:
        """Whether a text leads from one of the loop's states to itself by two ways."""
        waiting: list[tuple[int, int, int]] = []
        for place in loop:
            steps = [step for step in self.steps[place] if step.to in loop]
            for number, one in enumerate(steps):
                for other in steps[number + 1 :]:
                    read = one.ahead & other.ahead
                    if one.behind & other.behind & self.nodes[place].mask and read:
                        waiting.append((one.to, other.to, read))
        seen = set(waiting)
        while waiting:
            first, second, read = waiting.pop()
            if first == second:
                return True
            for one in self._within(first, loop):
                for other in self._within(second, loop):
                    pair = (one.to, other.to, one.ahead & other.ahead)
                    if one.behind & other.behind & read and pair[2] and pair not in seen:
                        seen.add(pair)
                        waiting.append(pair)
        return False

    def _within(self, place: int, states: frozenset[int]) -> list[Step]:
        return [step for step in self.steps[place] if step.to in states]

    def read_by_both(self, earlier: frozenset[int], later: frozenset[int]) -> bool:
        """Whether a text goes round in the earlier loop, round in the later one, and from the one to the other."""
        between = self._reachable(earlier) & self._leading_to(later)
        if not later <= between:
            return False
        return any(self._same_text(first, last, earlier, between, later) for first in earlier for last in later)

    def _same_text(
        self, first: int, last: int, earlier: frozenset[int], between: frozenset[int], later: frozenset[int]
    ) -> bool:
        start = (first, first, last, self.nodes[first].mask & self.nodes[last].mask)
        waiting, seen = [start], {start}
        while waiting:
            a, b, c, read = waiting.pop()
            for one in self._within(a, earlier):
                for three in self._within(c, later):
                    if not one.behind & three.behind & read or not one.ahead & three.ahead:
                        continue
                    for two in self._within(b, between):
                        read_next = one.ahead & two.ahead & three.ahead
                        if not one.behind & two.behind & three.behind & read or not read_next:
                            continue
                        if (one.to, two.to, three.to) == (first, last, last):
                            return True
                        onwards = (one.to, two.to, three.to, read_next)
                        if onwards not in seen:
                            seen.add(onwards)
                            waiting.append(onwards)
        return False

    def _reachable(self, states: Iterable[int]) -> frozenset[int]:
        return _closure(states, {p: [s.to for s in steps if s.to in self.steps] for p, steps in self.steps.items()})

    def _leading_to(self, states: Iterable[int]) -> frozenset[int]:
        back: dict[int, list[int]] = {place: [] for place in self.steps}
        for place, steps in self.steps.items():
            for step in steps:
                if step.to in back:
                    back[step.to].append(place)
        return _closure(states, back)


def objections(pattern: str, flags: int = 0) -> list[str]:
    """Why the pattern may take more than linear time; empty when it cannot."""
    found: list[str] = []
    modes: tuple[Mode, Mode] = ("search", "fullmatch")
    for mode in modes:
        try:
            automaton = Automaton(pattern, flags, mode)
        except ValueError as error:
            return [str(error)]
        found += [f"a repeat of what may be empty: {inner}" for inner in automaton.empty_repeats]
        found += [f"{mode}: {objection}" for objection in _objections(automaton)]
    return list(dict.fromkeys(found))


def _objections(automaton: Automaton) -> Iterator[str]:
    loops = [loop for loop in automaton.loops if not automaton.succeeds(loop)]
    for loop in loops:
        if automaton.exponential(loop):
            yield f"exponential: {_shown(automaton, loop)} repeats itself in several ways"
    after = {
        earlier: [later for later in loops if later != earlier and automaton.read_by_both(earlier, later)]
        for earlier in loops
    }
    for loop in loops:
        for steps, chain in _costs(loop, after, automaton):
            if steps > MOST_STEPS:
                names = " and ".join(_shown(automaton, each) for each in chain)
                yield f"more than linear, {steps:.0f} steps a character: {names} read the same"


def _costs(
    loop: frozenset[int], after: dict[frozenset[int], list[frozenset[int]]], automaton: Automaton
) -> Iterator[tuple[float, list[frozenset[int]]]]:
    """The product of the bounds of the loops behind the first one, for every chain of them."""
    waiting: list[tuple[float, list[frozenset[int]]]] = [(1, [loop])]
    while waiting:
        cost, chain = waiting.pop()
        if len(chain) > 1:
            yield cost, chain
        for later in after[chain[-1]]:
            waiting.append((cost * automaton.longest(later), [*chain, later]))


def _shown(automaton: Automaton, loop: frozenset[int]) -> str:
    if automaton.searching in loop:
        return "the search"
    masks = (automaton.nodes[place].mask for place in sorted(loop))
    return "[" + "|".join(repr(automaton.character(mask)) for mask in masks) + "]"


# --- hostile text ------------------------------------------------------------------------------------------


def hostile(pattern: str, flags: int, length: int) -> Iterator[str]:
    """Texts of this length that repeat what the pattern's loops repeat, and what it finds, and then break off."""
    automaton = Automaton(pattern, flags, "search")
    ways: dict[str, str] = {}
    for place in (place for loop in automaton.loops for place in sorted(loop) if place != automaton.searching):
        ways.setdefault(_way(automaton, [place], {place}), _way(automaton, [automaton.start], {place}))
    for turn, before in ways.items():
        if turn:
            yield from _pumped(before, turn, length)
            yield from _pumped("", before + turn, length)
    found = _way(automaton, [automaton.start], {automaton.accept})
    if found:
        yield from _pumped("", found, length)
        yield from _pumped("", found[:-1] or found, length)
        yield from _pumped("", f"{found[:-1]} ", length)


def _pumped(before: str, turn: str, length: int) -> Iterator[str]:
    repeated = turn * (length // len(turn) + 1)
    for end in ("", "힣", "\x00", "!"):
        yield (before + repeated)[: length - len(end)] + end


def _way(automaton: Automaton, start: Iterable[int], goal: set[int]) -> str:
    """The shortest text on a way from one of these states to one of those; conditions are ignored."""
    waiting = [(place, "") for place in start]
    seen: set[int] = set()
    while waiting:
        place, text = waiting.pop(0)
        for step in automaton.steps.get(place, ()):
            read = automaton.nodes[step.to].mask
            onwards = text + automaton.character(step.ahead & read)
            if step.to in goal:
                return onwards
            if step.to not in seen and step.to != automaton.searching:
                seen.add(step.to)
                waiting.append((step.to, onwards))
    return ""


# --- characters and graphs -----------------------------------------------------------------------------------

CATEGORIES = {
    op.CATEGORY_DIGIT: r"\d",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\s",
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: r"\w",
    op.CATEGORY_NOT_WORD: r"\W",
}


def _matches(kind: Any, value: Any, character: str, flags: int) -> bool:
    """Whether one character is matched by LITERAL, NOT_LITERAL or IN."""
    variants = {character}
    if flags & re.IGNORECASE:
        variants |= {each for each in (character.lower(), character.upper()) if len(each) == 1}
    if kind is op.IN:
        negated = value[0][0] is op.NEGATE
        return negated != any(_is_in(member, variants, flags) for member in value[negated:])
    return (kind is op.LITERAL) == (value in map(ord, variants))


def _is_in(member: Any, variants: set[str], flags: int) -> bool:
    kind, value = member
    if kind is op.LITERAL:
        return value in map(ord, variants)
    if kind is op.RANGE:
        return any(value[0] <= ord(each) <= value[1] for each in variants)
    return any(re.fullmatch(CATEGORIES[value], each, flags & re.ASCII) for each in variants)


def _kinds(tree: Any, flags: int) -> list[str]:
    """One character for each set of characters that the pattern treats alike."""
    tests = list(dict.fromkeys(_tests(tree, flags)))
    named = {character for kind, value, _ in tests for character in _named(kind, value)}
    alike: dict[tuple[bool, ...], str] = {}
    for character in [*sorted(named), *SAMPLES]:
        known = [character == "\n", character.isalnum() or character == "_"]
        signature = (*known, *(_matches(kind, value, character, own) for kind, value, own in tests))
        alike.setdefault(signature, character)
    return list(alike.values())


def _tests(items: Any, flags: int) -> Iterator[tuple[Any, Any, int]]:
    for kind, value in items:
        if kind in (op.LITERAL, op.NOT_LITERAL):
            yield kind, value, flags
        elif kind is op.IN:
            yield kind, tuple(value), flags
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from _tests(branch, flags)
        elif kind is op.SUBPATTERN:
            yield from _tests(value[3], (flags | value[1]) & ~value[2])
        elif kind is op.ATOMIC_GROUP:
            yield from _tests(value, flags)
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            yield from _tests(value[2], flags)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            yield from _tests(value[1], flags)


def _named(kind: Any, value: Any) -> set[str]:
    """The characters of a test, the ends of its ranges and their neighbours, in both cases."""
    codes: set[int] = set()
    for member, what in value if kind is op.IN else [(op.LITERAL, value)]:
        if member is op.LITERAL:
            codes.add(what)
        elif member is op.RANGE:
            codes |= {what[0] - 1, what[0], what[1], what[1] + 1}
    plain = {chr(code) for code in codes if 0 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF}
    return plain | {variant for each in plain for variant in (each.lower(), each.upper()) if len(variant) == 1}


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _closure(start: Iterable[int], graph: dict[int, Any], without: Container[int] = ()) -> frozenset[int]:
    seen = set(start)
    waiting = list(seen)
    while waiting:
        for following in graph.get(waiting.pop(), ()):
            if following not in seen and following not in without:
                seen.add(following)
                waiting.append(following)
    return frozenset(seen)


def _strongly_connected(graph: dict[int, set[int]]) -> list[frozenset[int]]:
    """The components that hold a cycle (Kosaraju)."""
    order: list[int] = []
    seen: set[int] = set()
    for root in graph:
        waiting = [(root, False)]
        while waiting:
            place, left = waiting.pop()
            if left:
                order.append(place)
            elif place not in seen:
                seen.add(place)
                waiting.append((place, True))
                waiting += [(following, False) for following in graph[place] if following not in seen]
    back: dict[int, set[int]] = {place: set() for place in graph}
    for place, followers in graph.items():
        for following in followers:
            back[following].add(place)
    components: list[frozenset[int]] = []
    taken: set[int] = set()
    for root in reversed(order):
        if root in taken:
            continue
        component = _closure([root], back, taken)
        taken |= component
        if len(component) > 1 or root in graph[root]:
            components.append(component)
    return components
