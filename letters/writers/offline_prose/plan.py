"""What each item of a letter consists of, in any language: which sentences it must have and which it may have."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from random import Random
from typing import ClassVar

from letters.brief import Brief, Language
from letters.writers.offline_prose import texts
from letters.writers.offline_prose.cases import share
from letters.writers.offline_prose.composition import Slot, random_for
from letters.writers.offline_prose.emphasis import Emphasis, emphases
from letters.writers.offline_prose.sanitise import Case, Person, phrase
from letters.writers.offline_prose.texts import Keywords

Paragraphs = list[list[Slot]]

LONGEST_TITLE, LONGEST_ROLE, LONGEST_PERIOD, LONGEST_JOB = 44, 34, 30, 30
LONGEST_EDUCATION, LONGEST_STRENGTH, LONGEST_SUMMARY = 70, 44, 190
LONGEST_VALUE = 40
"""Characters of a fact that stands inside a sentence."""


class Item(ABC):
    """One item of one letter. A language adds its frames and how words are set into them.

    `kept` is the share of the person's longer facts that is told; the same arguments give the same item.
    """

    language: ClassVar[Language]
    blank_roles: ClassVar[tuple[str, ...]]
    blank_actions: ClassVar[tuple[str, ...]]
    blank_results: ClassVar[tuple[str, ...]]

    def __init__(self, brief: Brief, person: Person, number: int, seed: int, kept: float) -> None:
        company = brief.company
        self.company = company
        self.number = number
        self.person = person
        self.kept = kept
        self.frames = texts.frames(self.language)[number]
        self.bank = texts.keywords(self.language)
        self.beneficiaries = texts.beneficiaries(self.language)
        self.traits = self.traits_of(brief)
        self.random = random_for(*self._source(brief), number, seed)
        self.cases = share(person.cases)
        # Without the seed: an item written anew keeps to its own keyword.
        chosen = emphases(self.keywords(), self.traits, self.cases, self.bank, random_for(*self._source(brief)))
        self.emphasis = chosen[number]
        self.other_groups = {self.bank.group_of(other.keyword) for place, other in chosen.items() if place != number}
        self.words = self.shared_words()

    def _source(self, brief: Brief) -> tuple[object, ...]:
        company = brief.company
        return (
            brief.language,
            company.slug,
            company.name,
            tuple(company.talent_values),
            tuple(company.keywords),
            company.industry,
            tuple(brief.traits),
        )

    # --- what a language adds ---------------------------------------------------------------------------

    @abstractmethod
    def traits_of(self, brief: Brief) -> tuple[str, ...]: ...

    @abstractmethod
    def keywords(self) -> tuple[str, ...]:
        """The company's keywords in the letter's language."""

    @abstractmethod
    def shared_words(self) -> dict[str, object]:
        """What every frame of the item may use."""

    @abstractmethod
    def record(self) -> Slot:
        """A checkable fact of the company: its own words on whom it looks for."""

    @abstractmethod
    def motive(self) -> Slot: ...

    @abstractmethod
    def title(self, case: Case, period: bool = True) -> str: ...

    @abstractmethod
    def fact(self, nouns: Sequence[str], sentences: Sequence[str], statements: Sequence[str], characters: int) -> Slot:
        """The person's statements, in a frame for noun phrases or one for sentences."""

    @abstractmethod
    def word(self, text: str) -> str: ...

    # --- the plans --------------------------------------------------------------------------------------

    def paragraphs(self) -> Paragraphs:
        item = {1: self._motivation, 2: self._background, 3: self._project, 4: self._character}[self.number]
        return [[slot for slot in paragraph if slot.frames] for paragraph in item()]

    # --- item 1 -----------------------------------------------------------------------------------------

    def _motivation(self) -> Paragraphs:
        frames = self.frames
        case = self.cases.support
        support = {"title": self.title(case, period=False)} if case else {}
        return [
            [
                Slot(frames["opening"], required=True),
                self.record(),
                Slot(frames["value_reading"], required=True),
                Slot(frames["why_not_else"]),
                Slot(frames["why_not_else"]),
            ],
            [
                self.motive(),
                Slot(frames["industry"], wanted=True),
                Slot(frames["industry"]),
                Slot(frames["job_view"]),
                Slot(frames["job_view"]),
                Slot(() if self.person.cases else frames["experience_missing"], wanted=True),
                Slot(frames["strength"] if len(self.person.strengths) > 1 else (), wanted=True),
                Slot(frames["support"] if case else (), wanted=True, values=support),
                Slot(frames["schooling"] if self.person.education and not case else ()),
            ],
            [
                Slot(frames["contribution"], required=True),
                Slot(frames["first_steps"]),
                Slot(frames["colleagues"]),
                Slot(frames["longer_view"]),
                Slot(frames["longer_view"]),
                Slot(frames["colleagues"]),
                Slot(frames["first_steps"]),
                Slot(frames["closing"], required=True),
            ],
        ]

    # --- item 2 -----------------------------------------------------------------------------------------

    def _background(self) -> Paragraphs:
        frames = self.frames
        case = self.cases.background or Case()
        second = self.cases.second
        return [
            [
                Slot(frames["opening"], required=True, values={"title": self.title(case)}),
                self._role(frames["role"], case),
                self._action(frames["action_noun"], frames["action_sentences"], case, 190),
                self._result(frames["result_noun"], frames["result_sentences"], case, 110),
            ],
            [
                Slot(() if case.action or case.result else frames["more_missing"], wanted=True),
                Slot(frames["turning"], wanted=True),
                Slot(frames["view"]),
                Slot(
                    frames["second_case"] if second else (),
                    wanted=True,
                    values={"title": self.title(second)} if second else {},
                ),
                Slot(frames["schooling"] if self.person.education else (), wanted=True),
                Slot(frames["strength_link"] if len(self.person.strengths) > 2 else ()),
                Slot(frames["turning"]),
                Slot(frames["balance"]),
                Slot(frames["view"]),
            ],
            [
                Slot(_naming_company(frames["company_link"]), required=True),
                Slot(frames["industry_use"]),
                Slot(frames["view"]),
                Slot(frames["habit"], wanted=True),
                Slot(frames["industry_use"]),
                Slot(frames["balance"]),
                Slot(frames["habit"]),
                Slot(frames["closing"], required=True),
            ],
        ]

    # --- item 3 -----------------------------------------------------------------------------------------

    def _project(self) -> Paragraphs:
        frames = self.frames
        case = self.cases.project or Case()
        told_action, told_result = bool(case.action), bool(case.result)
        return [
            [
                Slot(frames["opening"], required=True, values={"title": self.title(case)}),
                self._role(frames["role"], case),
                Slot(() if told_action else frames["situation_missing"], required=True),
                Slot(frames["task"]),
                Slot(frames["task"]),
                Slot(frames["view"]),
            ],
            [
                self._action(frames["action_noun"], frames["action_sentences"], case, 300)
                if told_action
                else Slot(frames["action_missing"], required=True),
                Slot(frames["principle"], wanted=True),
                Slot(frames["method"], wanted=True),
                Slot(frames["principle"]),
                Slot(frames["method"]),
                Slot(frames["principle"]),
                Slot(frames["method"]),
            ],
            [
                self._result(frames["result_noun"], frames["result_sentences"], case, 150)
                if told_result
                else Slot(frames["result_missing"], required=True),
                Slot(frames["result_view"]),
                Slot(frames["result_view"]),
                Slot(frames["view"]),
                Slot(frames["lesson"], required=True),
                Slot(_naming_company(frames["company_link"]), required=True),
                Slot(frames["beneficiary"]),
                Slot(frames["beneficiary"]),
                Slot(frames["view"]),
                Slot(frames["closing"], required=True),
            ],
        ]

    # --- item 4 -----------------------------------------------------------------------------------------

    def _character(self) -> Paragraphs:
        frames = self.frames
        weakness = self.person.weakness
        return [
            [
                Slot(frames["opening"], required=True),
                Slot(frames["view"]),
                Slot(frames["meaning"], wanted=True),
                *self._proof(),
                Slot(_naming_company(frames["company_link"]), required=True),
                Slot(frames["meaning"]),
            ],
            [
                Slot(frames["caution"], wanted=True),
                self.fact(frames["weakness_noun"], frames["weakness_sentences"], weakness, 130)
                if weakness
                else Slot(frames["weakness_missing"], required=True),
                Slot(frames["impact"]),
                *self._remedies(),
                Slot(frames["remedy_second"]),
                Slot(frames["impact"]),
            ],
            [
                Slot(frames["attitude"], wanted=True),
                Slot(frames["attitude"]),
                Slot(frames["at_work"]),
                Slot(frames["view"]),
                Slot(frames["at_work"]),
                Slot(frames["attitude"]),
                Slot(frames["closing"], required=True),
            ],
        ]

    def _proof(self) -> list[Slot]:
        frames = self.frames
        case = self.cases.character
        if not case:
            return [Slot(frames["case_missing"], required=True)]
        title = Slot(frames["case"], required=True, values={"title": self.title(case)})
        if self.cases.told_elsewhere:
            return [title]
        return [
            title,
            self._role(frames["role"], case),
            self._action(frames["action_noun"], frames["action_sentences"], case, 150),
            self._result(frames["result_noun"], frames["result_sentences"], case, 90),
        ]

    def _remedies(self) -> list[Slot]:
        weakness = " ".join(self.person.weakness)
        remedies = texts.remedies(self.language)
        fitting = [phrases for about, phrases in remedies.for_weakness if about.search(weakness)]
        known = list(fitting[0]) if fitting and weakness else []
        others = list(remedies.for_any)
        self.random.shuffle(known)
        self.random.shuffle(others)
        first, second = [*known, *others][:2]
        return [
            Slot(self.frames["remedy_first"], required=True, values={"remedy": first}),
            Slot((second,)),
            Slot(self.frames["remedy_second"], wanted=True),
        ]

    # --- the person's words -----------------------------------------------------------------------------

    def budget(self, characters: int) -> int:
        return max(24, int(characters * self.kept))

    def _role(self, frames: Sequence[str], case: Case) -> Slot:
        if case.role:
            return self.fact(frames, ("{told}",), (case.role,), LONGEST_ROLE)
        blank = self.word(self.random.choice(self.blank_roles))
        return Slot(() if case.title else frames, required=True, values={"told": blank})

    def _action(self, nouns: Sequence[str], sentences: Sequence[str], case: Case, characters: int) -> Slot:
        if case.action:
            return self.fact(nouns, sentences, case.action, characters)
        return Slot(nouns, required=True, values={"told": self.word(self.random.choice(self.blank_actions))})

    def _result(self, nouns: Sequence[str], sentences: Sequence[str], case: Case, characters: int) -> Slot:
        if case.result:
            return self.fact(nouns, sentences, case.result, characters)
        return Slot(nouns, required=True, values={"told": self.word(self.random.choice(self.blank_results))})


def value_and_keyword(
    values: Sequence[str],
    emphasis: Emphasis,
    others: Collection[str],
    bank: Keywords,
    random: Random,
) -> tuple[str, str]:
    """One of the values the company names itself, and the keyword its acts go by.

    Best is a value whose acts are this item's; next one that is not the matter of the `others`, the groups of acts
    that the other items are about.
    """
    names = [re.sub(r"(?<!\s)\s*\([^()]*\)", "", phrase(value)).strip("‘’“”") for value in values]
    names = [name for name in names if 0 < len(name) <= LONGEST_VALUE]
    known = [(name, keyword) for name in names if (keyword := bank.named_in(name))]
    own = [(name, keyword) for name, keyword in known if bank.group_of(keyword) == bank.group_of(emphasis.keyword)]
    unshared = [(name, keyword) for name, keyword in known if bank.group_of(keyword) not in others]
    if own or unshared or known:
        return random.choice(own or unshared or known)
    return next(iter(names), ""), emphasis.keyword


def _naming_company(frames: Sequence[str]) -> tuple[str, ...]:
    return tuple(frame for frame in frames if "{company" in frame)
