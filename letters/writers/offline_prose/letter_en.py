"""The English letter: how the record's and the person's words are set into English frames."""

from __future__ import annotations

import re
from collections.abc import Sequence

from letters.brief import Brief
from letters.writers.offline_prose.composition import Pool, Slot
from letters.writers.offline_prose.plan import (
    LONGEST_EDUCATION,
    LONGEST_JOB,
    LONGEST_PERIOD,
    LONGEST_STRENGTH,
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    Item,
    value_and_keyword,
)
from letters.writers.offline_prose.sanitise import Case, phrase
from letters.writers.offline_prose.weave_en import as_phrase, woven
from letters.writers.offline_prose.weave_ko import clip, trim

BLANK_JOB = "[job you apply for]"
BLANK_KEYWORD = "[a value of the company]"
BLANK_FIELD = "[industry]"
BLANK_TITLES = {
    1: ("[a related experience]",),
    2: ("[an activity that shaped you]", "[an activity that formed your values]"),
    3: ("[project name]",),
    4: ("[an activity that shows your strength]",),
}
STRENGTH_OF_ITEM = {4: 0, 1: 1, 2: 2}
"""Which of the person's strengths an item names."""
PREDICATE = re.compile(
    r"(?:Says|Said|Looks|Looking|Seeks|Wants|Names|Values|Points|Describes|Stresses|Lists|Declared|Declares|Has|Judges|Calls"
    r"|Asks|Emphasi[sz]es|Puts|Expects)\b"
)
"""A record's summary that lacks its subject, the company."""
DOUBLED = frozenset({"cut", "set", "put", "get", "drop", "run", "plan", "admit", "begin", "let"})
LONGEST_MOTIVE = 160


class Act(str):
    """A verb phrase in its base form; `{act:ing}` gives the gerund."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        if form != "ing":
            return str(self)
        verb, _, rest = self.partition(" ")
        return f"{gerund(verb)} {rest}".rstrip()


def gerund(verb: str) -> str:
    """By spelling; verbs that double their last letter are listed."""
    if verb in DOUBLED:
        return f"{verb}{verb[-1]}ing"
    if verb.endswith("e") and not verb.endswith(("ee", "ye", "oe")):
        return f"{verb[:-1]}ing"
    return f"{verb}ing"


class EnglishItem(Item):
    language = "en"
    blank_roles = ("[your role]", "[your role and share]", "[your part in the team]")
    blank_actions = ("[what you did yourself]", "[what you did, in order]", "[the action you chose]")
    blank_results = ("[result with a figure]", "[what changed]", "[a result that can be checked]")

    def traits_of(self, brief: Brief) -> tuple[str, ...]:
        return brief.traits_en

    def keywords(self) -> tuple[str, ...]:
        return tuple(filter(None, map(phrase, self.company.keywords_en)))

    def shared_words(self) -> dict[str, object]:
        keyword, value = self.emphasis.keyword, ""
        if self.number == 1:
            value, keyword = value_and_keyword(
                self.company.talent_values_en, self.emphasis, self.other_groups, self.bank, self.random
            )
        acts = list(self.emphasis.acts if keyword == self.emphasis.keyword else self.bank.acts_of(keyword))
        habits = [habit for habit in self.emphasis.habits if habit not in acts]
        self.random.shuffle(acts)
        self.random.shuffle(habits)
        written = self.bank.displayed.get(keyword.lower(), keyword) or BLANK_KEYWORD
        return {
            "company": " ".join(re.sub("[<>]", "", self.company.name_en or self.company.name).split()),
            "field": _field(phrase(self.company.industry_en or self.company.industry)),
            "beneficiary": self.beneficiaries.one_of(self.company.industry_en, self.random),
            "keyword": written,
            "value": f"“{value}”" if value else written,
            "act": Pool([Act(act) for act in acts]),
            "do": Pool([Act(habit) for habit in habits]),
            "position": as_phrase(self.person.job, LONGEST_JOB) or BLANK_JOB,
            "strength": self._strength(),
            "education": as_phrase(", ".join(self.person.education), LONGEST_EDUCATION),
        }

    def _strength(self) -> str:
        """The person's own, else what the traits suggest."""
        place = STRENGTH_OF_ITEM.get(self.number)
        if place is not None and place < len(self.person.strengths):
            return as_phrase(self.person.strengths[place], LONGEST_STRENGTH)
        acts = [act for trait in self.traits for act in self.bank.acts_of(trait)[:2]] or list(self.bank.generic)
        return f"the habit of {Act(self.random.choice(acts)):ing}"

    def record(self) -> Slot:
        summary = " ".join(self.company.talent_summary_en.split())
        if not summary:
            return Slot(self.frames["record_values"], required=True)
        short = clip(summary.rstrip("."), LONGEST_SUMMARY) + "."
        if summary.startswith(str(self.words["company"])):
            return Slot(("{summary}",), required=True, values={"summary": short})
        if PREDICATE.match(summary):
            predicate = f"{short[0].lower()}{short[1:]}"
            return Slot(self.frames["record"], required=True, values={"summary": predicate})
        return Slot(self.frames["record_quote"], required=True, values={"summary": short})

    def motive(self) -> Slot:
        if not self.person.motivation:
            return Slot(self.frames["motive_missing"], required=True)
        frames = self.frames
        return self.fact(frames["motive_noun"], frames["motive_sentences"], self.person.motivation, LONGEST_MOTIVE)

    def title(self, case: Case, period: bool = True) -> str:
        if not case.title:
            return self.random.choice(BLANK_TITLES[self.number])
        title = re.sub("[“”]", "", trim(case.title, LONGEST_TITLE))
        return f"“{title}” ({trim(case.period, LONGEST_PERIOD)})" if period and case.period else f"“{title}”"

    def fact(self, nouns: Sequence[str], sentences: Sequence[str], statements: Sequence[str], characters: int) -> Slot:
        whole = woven(statements, self.budget(characters), self.random)
        return Slot(sentences if whole.sentence else nouns, required=True, values={"told": whole.text})

    def word(self, text: str) -> str:
        return text


def _field(industry: str) -> str:
    """The industry as it stands before the word "field"."""
    name = industry.removeprefix("Public corporation, ").removesuffix(" group")
    return f"{name[0].lower()}{name[1:]}" if name[1:2].islower() else name or BLANK_FIELD
