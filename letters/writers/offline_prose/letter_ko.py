"""The Korean letter: how the record's and the person's words are set into Korean frames."""

from __future__ import annotations

import re
from collections.abc import Sequence

from letters.brief import Brief
from letters.writers.offline_prose.composition import Pool, Slot
from letters.writers.offline_prose.korean import Stem, Word
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
from letters.writers.offline_prose.weave_ko import CONNECTED, because, clip, told, trim, woven

BLANK_JOB = "[지원 직무]"
BLANK_KEYWORD = "[회사가 중시하는 가치]"
BLANK_INDUSTRY = "[산업 분야]"
BLANK_TITLES = {
    1: ("[관련 경험]",),
    2: ("[성장에 영향을 준 활동]", "[지금의 나를 만든 활동]", "[가치관이 담긴 활동]"),
    3: ("[프로젝트 이름]",),
    4: ("[강점이 드러난 활동]",),
}
MANNER = ("태도", "습관", "자세")
STRENGTH_OF_ITEM = {4: 0, 1: 1, 2: 2}
"""Which of the person's strengths an item names."""
FOLLOWS = ("", "", "", "그리고 ", "이어 ", "또 ")
"""How a statement may be tied to the one before; none claims more than the order in which they were told."""
LONGEST_MOTIVE = 160


class KoreanItem(Item):
    language = "ko"
    blank_roles = ("[맡은 역할]", "[담당한 역할과 몫]", "[팀에서의 역할]")
    blank_actions = ("[직접 한 일]", "[직접 한 일과 그 순서]", "[스스로 선택한 행동]")
    blank_results = ("[결과와 수치 입력]", "[달라진 점]", "[확인할 수 있는 결과]")

    def traits_of(self, brief: Brief) -> tuple[str, ...]:
        return brief.traits

    def keywords(self) -> tuple[str, ...]:
        return tuple(filter(None, map(phrase, self.company.keywords)))

    def shared_words(self) -> dict[str, object]:
        keyword, value = self.emphasis.keyword, ""
        if self.number == 1:
            value, keyword = value_and_keyword(
                self.company.talent_values, self.emphasis, self.other_groups, self.bank, self.random
            )
        acts = list(self.emphasis.acts if keyword == self.emphasis.keyword else self.bank.acts_of(keyword))
        habits = [habit for habit in self.emphasis.habits if habit not in acts]
        self.random.shuffle(acts)
        self.random.shuffle(habits)
        written = self.bank.displayed.get(keyword, keyword) or BLANK_KEYWORD
        return {
            "company": Word(" ".join(re.sub("[<>]", "", self.company.name).split())),
            "industry": Word(_field(phrase(self.company.industry)) or BLANK_INDUSTRY),
            "beneficiary": Word(self.beneficiaries.one_of(self.company.industry, self.random)),
            "keyword": Word(written),
            "value": Word(f"‘{value}’" if value else written),
            "act": Pool([Stem(act) for act in acts]),
            "do": Pool([Stem(habit) for habit in habits]),
            "position": self._position(),
            "strength": self._strength(),
            "education": self._education(),
        }

    def _position(self) -> Word:
        if not self.person.job:
            return Word(BLANK_JOB)
        job = _as_noun(trim(self.person.job, LONGEST_JOB))
        return Word(job if job.endswith(("직무", "직군", "업무", "직")) else f"{job} 직무")

    def _strength(self) -> Word:
        """The person's own, else what the traits suggest."""
        place = STRENGTH_OF_ITEM.get(self.number)
        if place is not None and place < len(self.person.strengths):
            return Word(_as_noun(trim(self.person.strengths[place], LONGEST_STRENGTH)))
        acts = [act for trait in self.traits for act in self.bank.acts_of(trait)[:2]] or list(self.bank.generic)
        return Word(f"{Stem(self.random.choice(acts)):는} {self.random.choice(MANNER)}")

    def _education(self) -> Word:
        return Word(_as_noun(trim(", ".join(self.person.education), LONGEST_EDUCATION)))

    def record(self) -> Slot:
        summary = " ".join(self.company.talent_summary.split())
        if not summary:
            return Slot(self.frames["record_values"], required=True)
        if not summary.endswith("다.") or len(summary) > LONGEST_SUMMARY:
            short = clip(summary.rstrip("."), LONGEST_SUMMARY)
            return Slot(self.frames["record_quote"], required=True, values={"summary": short})
        named = summary.startswith(str(self.words["company"]))
        return Slot(("{summary}",) if named else self.frames["record"], required=True, values={"summary": summary})

    def motive(self) -> Slot:
        motivation = self.person.motivation
        if not motivation:
            return Slot(self.frames["motive_missing"], required=True)
        reason = because(clip(motivation[0], self.budget(LONGEST_MOTIVE))) if len(motivation) == 1 else None
        if reason:
            return Slot(self.frames["motive_because"], required=True, values={"told": Word(reason)})
        return self.fact(self.frames["motive_noun"], self.frames["motive_sentences"], motivation, LONGEST_MOTIVE)

    def title(self, case: Case, period: bool = True) -> Word:
        if not case.title:
            return Word(self.random.choice(BLANK_TITLES[self.number]))
        title = re.sub("[‘’]", "", trim(case.title, LONGEST_TITLE))
        return Word(f"‘{title}’({trim(case.period, LONGEST_PERIOD)})" if period and case.period else f"‘{title}’")

    def fact(self, nouns: Sequence[str], sentences: Sequence[str], statements: Sequence[str], characters: int) -> Slot:
        whole = woven(statements, self.budget(characters), self.random, FOLLOWS)
        if CONNECTED.match(whole.text):
            # A frame that leads into the sentence would put two connectives side by side.
            sentences = [frame for frame in sentences if frame == "{told}" or ". {told}" in frame]
        return Slot(sentences if whole.sentence else nouns, required=True, values={"told": Word(whole.text)})

    def word(self, text: str) -> Word:
        return Word(text)


def _field(industry: str) -> str:
    """The industry as it stands before the word 분야."""
    return industry.removesuffix(" 그룹").removeprefix("공기업·")


def _as_noun(text: str) -> str:
    """The words as they may stand before a particle: quoted unless they are a plain noun phrase."""
    if not text:
        return ""
    whole = told(text)
    return f"‘{text}’" if whole.sentence else whole.text
