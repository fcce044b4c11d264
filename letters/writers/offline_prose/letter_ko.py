"""The Korean letter: for each item which sentences it must have, which it may have, and the words they share."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from random import Random

from letters.brief import Brief, Company
from letters.writers.offline_prose import frames_ko_background as background
from letters.writers.offline_prose import frames_ko_character as character
from letters.writers.offline_prose import frames_ko_motivation as motivation
from letters.writers.offline_prose import frames_ko_project as project
from letters.writers.offline_prose.cases import Shared, share
from letters.writers.offline_prose.composition import Pool, Slot, TooLong, compose, random_for
from letters.writers.offline_prose.emphasis import Bank, Emphasis, emphases
from letters.writers.offline_prose.industries import beneficiary
from letters.writers.offline_prose.keywords_ko import DISPLAYED, GENERIC, acts_of, group_of, keyword_of
from letters.writers.offline_prose.korean import Stem, Word
from letters.writers.offline_prose.sanitise import Case, Person, person_of, phrase
from letters.writers.offline_prose.weave_ko import clip, told, woven

Paragraphs = list[list[Slot]]

LONGEST_TITLE, LONGEST_ROLE, LONGEST_PERIOD, LONGEST_JOB = 44, 34, 30, 30
LONGEST_EDUCATION, LONGEST_STRENGTH, LONGEST_SUMMARY = 70, 44, 170
SHRINKING = (1.0, 0.75, 0.5, 0.3, 0.15)
"""How much of the person's longer facts is kept, tried in this order until the item is short enough."""

BLANK_JOB = "[지원 직무]"
BLANK_KEYWORD = "[회사가 중시하는 가치]"
BLANK_TITLES = {
    2: ("[성장에 영향을 준 활동]", "[지금의 나를 만든 활동]", "[가치관이 담긴 활동]"),
    3: ("[프로젝트 이름]",),
    4: ("[강점이 드러난 활동]",),
}
BLANK_ROLES = ("[맡은 역할]", "[담당한 역할과 몫]", "[팀에서의 역할]")
BLANK_ACTIONS = ("[직접 한 일]", "[직접 한 일과 그 순서]", "[스스로 선택한 행동]")
BLANK_RESULTS = ("[결과와 수치 입력]", "[달라진 점]", "[확인할 수 있는 결과]")

MANNER = ("태도", "습관", "자세")
FOLLOWS = ("", "", "", "그리고 ", "이어 ", "또 ")
SENTENCE_ABOUT_SUMMARY = (
    "{company:은} {summary}",
    "인재상에 관해 {company:은} {summary}",
    "사람을 보는 기준에 대해 {company:은} {summary}",
    "함께 일할 사람에 대해 {company:은} {summary}",
)
QUOTE_OF_SUMMARY = (
    "{company:이} 내세우는 인재상은 ‘{summary}’로 요약됩니다.",
    "{company}의 인재상에는 ‘{summary}’라는 말이 있습니다.",
)
VALUES_ONLY = (
    "{company:이} 내세우는 가치 가운데 {value:이} 있습니다.",
    "{company}의 인재상에는 {value:이} 들어 있습니다.",
)


def write_item(brief: Brief, number: int, seed: int) -> str:
    """The text of one item, the same for the same brief, number and seed."""
    person = person_of(brief.facts)
    for kept in SHRINKING:
        item = _Item(brief, person, number, seed, kept)
        try:
            return compose(item.paragraphs(), item.words, item.random)
        except TooLong:
            continue
    raise ValueError("the company's record leaves no room for the item's required sentences")


class _Item:
    def __init__(self, brief: Brief, person: Person, number: int, seed: int, kept: float) -> None:
        company = brief.company
        self.number = number
        self.person = person
        self.kept = kept
        self.random = _random(company, brief.traits, number, seed)
        self.cases = share(person.cases)
        chosen = _emphases(brief, self.cases)
        self.emphasis = chosen[number]
        self.other_groups = {group_of(other.keyword) for place, other in chosen.items() if place != number}
        self.traits = brief.traits
        self.summary = " ".join(company.talent_summary.split())
        self.words: dict[str, object] = self._words(company)

    def _words(self, company: Company) -> dict[str, object]:
        emphasis = self.emphasis
        keyword, value = emphasis.keyword, ""
        if self.number == 1:
            value, keyword = _value(company, emphasis, self.other_groups, self.random)
        acts = list(emphasis.acts if keyword == emphasis.keyword else acts_of(keyword) or emphasis.acts)
        self.random.shuffle(acts)
        habits = [*emphasis.habits]
        self.random.shuffle(habits)
        industry = phrase(company.industry).removesuffix(" 그룹") or "[산업]"
        return {
            "company": Word(" ".join(re.sub("[<>]", "", company.name).split())),
            "industry": Word(industry),
            "beneficiary": Word(beneficiary(industry, False, self.random)),
            "keyword": Word(DISPLAYED.get(keyword, keyword) or BLANK_KEYWORD),
            "value": Word(f"‘{value}’" if value else DISPLAYED.get(keyword, keyword) or BLANK_KEYWORD),
            "act": Pool([Stem(act) for act in acts]),
            "do": Pool([Stem(habit) for habit in habits if habit not in acts]),
            "position": self._position(),
            "strength": self._strength(),
            "education": self._education(),
        }

    def _position(self) -> Word:
        job = self.person.job
        if not job:
            return Word(BLANK_JOB)
        told_job = told(clip(job, LONGEST_JOB))
        if told_job.sentence or told_job.text.startswith("‘"):
            job = f"‘{clip(job, LONGEST_JOB)}’"
        else:
            job = told_job.text
        return Word(job if job.endswith(("직무", "직군", "업무", "직")) else f"{job} 직무")

    def _strength(self) -> Word:
        """The person's own, another for each item; for the last item at least what the traits suggest."""
        strengths = self.person.strengths
        place = {4: 0, 1: 1, 2: 2}.get(self.number)
        if place is not None and place < len(strengths):
            text = clip(strengths[place], LONGEST_STRENGTH)
            woven_strength = told(text)
            return Word(f"‘{text}’" if woven_strength.sentence else woven_strength.text)
        phrases = [act for trait in self.traits for act in acts_of(trait)[:2]] or list(GENERIC)
        return Word(f"{Stem(self.random.choice(phrases)):는} {self.random.choice(MANNER)}")

    def _education(self) -> Word:
        text = clip(", ".join(self.person.education), LONGEST_EDUCATION)
        woven_education = told(text) if text else None
        return Word(f"‘{text}’" if woven_education and woven_education.sentence else text)

    def paragraphs(self) -> Paragraphs:
        item = {1: self._motivation, 2: self._background, 3: self._project, 4: self._character}[self.number]
        return [[slot for slot in paragraph if slot.frames] for paragraph in item()]

    # --- item 1 -----------------------------------------------------------------------------------------

    def _motivation(self) -> Paragraphs:
        frames = motivation.FRAMES
        case = self.cases.support
        support = {"title": self._title(case, period=False)} if case else {}
        return [
            [
                Slot(frames["opening"], required=True),
                self._record(),
                Slot(frames["value_reading"], required=True),
                Slot(frames["why_not_else"]),
                Slot(frames["why_not_else"]),
            ],
            [
                self._motive(),
                Slot(frames["industry"], required=True),
                Slot(frames["job_view"]),
                Slot(frames["job_view"]),
                Slot(() if self.person.cases else frames["experience_missing"], required=True),
                Slot(frames["strength"] if len(self.person.strengths) > 1 else (), required=True),
                Slot(frames["support"] if case else (), required=True, values=support),
                Slot(frames["schooling"] if self.person.education and not case else ()),
            ],
            [
                Slot(frames["contribution"], required=True),
                Slot(frames["first_steps"]),
                Slot(frames["colleagues"]),
                Slot(frames["longer_view"]),
                Slot(frames["colleagues"]),
                Slot(frames["first_steps"]),
                Slot(frames["closing"], required=True),
            ],
        ]

    def _record(self) -> Slot:
        """A checkable fact of the company: its own words on whom it looks for."""
        summary = self.summary
        if not summary:
            return Slot(VALUES_ONLY, required=True)
        name = str(self.words["company"])
        if summary.endswith("다.") and len(summary) <= LONGEST_SUMMARY:
            frames = ("{summary}",) if summary.startswith(name) else SENTENCE_ABOUT_SUMMARY
            return Slot(frames, required=True, values={"summary": summary})
        return Slot(QUOTE_OF_SUMMARY, required=True, values={"summary": clip(summary.rstrip("."), LONGEST_SUMMARY)})

    def _motive(self) -> Slot:
        frames = motivation.FRAMES
        if not self.person.motivation:
            return Slot(frames["motive_missing"], required=True)
        if len(self.person.motivation) == 1:
            reason = _because(clip(self.person.motivation[0], self._budget(160)))
            if reason:
                return Slot(frames["motive_because"], required=True, values={"told": Word(reason)})
        return self._fact(frames["motive_noun"], frames["motive_sentences"], self.person.motivation, 160)

    # --- item 2 -----------------------------------------------------------------------------------------

    def _background(self) -> Paragraphs:
        frames = background.FRAMES
        case = self.cases.background or Case()
        second = self.cases.second
        return [
            [
                Slot(frames["opening"], required=True, values={"title": self._title(case)}),
                self._role(frames["role"], case),
                self._action(frames["action_noun"], frames["action_sentences"], case, 190),
                self._result(frames["result_noun"], frames["result_sentences"], case, 110),
            ],
            [
                Slot(() if case.action or case.result else frames["more_missing"], required=True),
                Slot(frames["turning"], required=True),
                Slot(frames["view"]),
                Slot(
                    frames["second_case"] if second else (),
                    required=True,
                    values={"title": self._title(second)} if second else {},
                ),
                Slot(frames["schooling"] if self.person.education else (), required=True),
                Slot(frames["strength_link"] if len(self.person.strengths) > 2 else ()),
                Slot(frames["turning"]),
                Slot(frames["balance"]),
                Slot(frames["view"]),
            ],
            [
                Slot(_naming_company(frames["company_link"]), required=True),
                Slot(frames["industry_use"]),
                Slot(frames["view"]),
                Slot(frames["habit"], required=True),
                Slot(frames["industry_use"]),
                Slot(frames["balance"]),
                Slot(frames["habit"]),
                Slot(frames["closing"], required=True),
            ],
        ]

    # --- item 3 -----------------------------------------------------------------------------------------

    def _project(self) -> Paragraphs:
        frames = project.FRAMES
        case = self.cases.project or Case()
        told_action, told_result = bool(case.action), bool(case.result)
        return [
            [
                Slot(frames["opening"], required=True, values={"title": self._title(case)}),
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
                Slot(frames["principle"], required=True),
                Slot(frames["method"], required=True),
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
                Slot(frames["view"]),
                Slot(frames["lesson"], required=True),
                Slot(_naming_company(frames["company_link"]), required=True),
                Slot(frames["beneficiary"]),
                Slot(frames["view"]),
                Slot(frames["closing"], required=True),
            ],
        ]

    # --- item 4 -----------------------------------------------------------------------------------------

    def _character(self) -> Paragraphs:
        frames = character.FRAMES
        weakness = self.person.weakness
        return [
            [
                Slot(frames["opening"], required=True),
                Slot(frames["view"]),
                Slot(frames["meaning"], required=True),
                *self._proof(),
                Slot(_naming_company(frames["company_link"]), required=True),
                Slot(frames["meaning"]),
            ],
            [
                Slot(frames["caution"], required=True),
                self._fact(frames["weakness_noun"], frames["weakness_sentences"], weakness, 130)
                if weakness
                else Slot(frames["weakness_missing"], required=True),
                Slot(frames["impact"]),
                *self._remedies(),
                Slot(frames["remedy_second"]),
                Slot(frames["impact"]),
            ],
            [
                Slot(frames["attitude"], required=True),
                Slot(frames["attitude"]),
                Slot(frames["at_work"]),
                Slot(frames["view"]),
                Slot(frames["at_work"]),
                Slot(frames["attitude"]),
                Slot(frames["closing"], required=True),
            ],
        ]

    def _proof(self) -> list[Slot]:
        frames = character.FRAMES
        case = self.cases.character
        if not case:
            return [Slot(frames["case_missing"], required=True)]
        title = Slot(frames["case"], required=True, values={"title": self._title(case)})
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
        fitting = [remedies for about, remedies in character.REMEDIES if re.search(about, weakness)]
        known = list(fitting[0]) if fitting and weakness else []
        others = list(character.REMEDIES_FOR_ANY)
        self.random.shuffle(known)
        self.random.shuffle(others)
        first, second = [*known, *others][:2]
        slots = [Slot(character.FRAMES["remedy_first"], required=True, values={"remedy": first}), Slot((second,))]
        return [*slots, Slot(character.FRAMES["remedy_second"], required=True)]

    # --- the person's words -----------------------------------------------------------------------------

    def _budget(self, characters: int) -> int:
        return max(24, int(characters * self.kept))

    def _title(self, case: Case, period: bool = True) -> Word:
        if not case.title:
            return Word(self.random.choice(BLANK_TITLES[self.number]))
        title = re.sub("[‘’]", "", clip(case.title, LONGEST_TITLE))
        return Word(f"‘{title}’({clip(case.period, LONGEST_PERIOD)})" if period and case.period else f"‘{title}’")

    def _role(self, frames: Sequence[str], case: Case) -> Slot:
        if not case.role:
            blank = case.title == ""
            return Slot(frames if blank else (), required=True, values={"role": Word(self.random.choice(BLANK_ROLES))})
        role = told(clip(case.role, LONGEST_ROLE))
        if role.sentence:
            return Slot((role.text,), required=True)
        return Slot(frames, required=True, values={"role": Word(role.text)})

    def _action(self, nouns: Sequence[str], sentences: Sequence[str], case: Case, characters: int) -> Slot:
        if not case.action:
            return Slot(nouns, required=True, values={"told": Word(self.random.choice(BLANK_ACTIONS))})
        return self._fact(nouns, sentences, case.action, characters)

    def _result(self, nouns: Sequence[str], sentences: Sequence[str], case: Case, characters: int) -> Slot:
        if not case.result:
            return Slot(nouns, required=True, values={"told": Word(self.random.choice(BLANK_RESULTS))})
        return self._fact(nouns, sentences, case.result, characters)

    def _fact(self, nouns: Sequence[str], sentences: Sequence[str], statements: Sequence[str], characters: int) -> Slot:
        whole = woven(statements, self._budget(characters), self.random, FOLLOWS)
        return Slot(sentences if whole.sentence else nouns, required=True, values={"told": Word(whole.text)})


def _random(company: Company, traits: Sequence[str], number: int, seed: int) -> Random:
    return random_for(
        company.slug, company.name, company.industry, company.talent_values, company.keywords, tuple(traits), number, seed
    )


BANK = Bank(acts_of, group_of, GENERIC)


def _emphases(brief: Brief, cases: Shared) -> Mapping[int, Emphasis]:
    """Without the seed: an item written anew keeps to its own keyword."""
    company = brief.company
    random = random_for(company.slug, company.name, company.keywords, tuple(brief.traits))
    return emphases([*filter(None, map(phrase, company.keywords))], brief.traits, cases, BANK, random)


def _value(company: Company, emphasis: Emphasis, others: Collection[str], random: Random) -> tuple[str, str]:
    """One of the values the company names itself, and the keyword its acts go by.

    Best is a value whose acts are this item's; next one that is not the matter of the `others`, the groups of acts
    that the other items are about.
    """
    values = [re.sub(r"\s*\([^()]*\)", "", phrase(value)).strip("‘’") for value in company.talent_values]
    known = [(value, keyword) for value in values if value and (keyword := keyword_of(value))]
    own = [(value, keyword) for value, keyword in known if group_of(keyword) == group_of(emphasis.keyword)]
    unshared = [(value, keyword) for value, keyword in known if group_of(keyword) not in others]
    if own or unshared or known:
        return random.choice(own or unshared or known)
    return next(filter(None, values), ""), emphasis.keyword


def _naming_company(frames: Sequence[str]) -> tuple[str, ...]:
    return tuple(frame for frame in frames if "{company" in frame)


def _because(statement: str) -> str | None:
    """A reason given as a clause: 하고 싶어서, 돕기 위해, 때문에."""
    for ending, kept in (("때문에", "때문"), ("위해", "위해서"), ("위해서", "위해서"), ("어서", "어서"), ("아서", "아서"), ("해서", "해서")):
        if statement.endswith(ending):
            return statement[: -len(ending)] + kept
    return None
