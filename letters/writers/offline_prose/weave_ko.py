"""A person's own words in a Korean letter: what can be conjugated is conjugated, what is doubtful is quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from letters.writers.offline_prose.korean import (
    BIEUP,
    FINALS,
    FIRST_SYLLABLE,
    LAST_SYLLABLE,
    NIEUN,
    RIEUL,
    SSANG_SIOT,
    final_of,
    with_final,
)

HANGUL = re.compile(r"[가-힣]")
IRREGULAR_IN_YO = {
    "좋아요": "좋습니다",
    "같아요": "같습니다",
    "싶어요": "싶습니다",
    "많아요": "많습니다",
    "적어요": "적습니다",
    "없어요": "없습니다",
    "있어요": "있습니다",
    "않아요": "않습니다",
    "못해요": "못합니다",
    "돼요": "됩니다",
    "되요": "됩니다",
    "거예요": "것입니다",
    "거에요": "것입니다",
    "빨라요": "빠릅니다",
    "달라요": "다릅니다",
    "몰라요": "모릅니다",
    "서툴러요": "서투릅니다",
    "어려워요": "어렵습니다",
    "두려워요": "두렵습니다",
    "무서워요": "무섭습니다",
    "아쉬워요": "아쉽습니다",
    "쉬워요": "쉽습니다",
    "배워요": "배웁니다",
    "세워요": "세웁니다",
    "만들어요": "만듭니다",
    "떨려요": "떨립니다",
    "이에요": "입니다",
    "이예요": "입니다",
}
STEMS_BEFORE_EUM = frozenset("싶있없좋많적같높낮않깊넓")
VERBAL_NOUNS = (
    "분석|구현|진행|담당|개발|설계|운영|제안|달성|수행|참여|기획|작성|제작|관리|조사|정리|해결|개선|도입|구축|활용|적용|기여|주도"
    "|조율|발표|수집|확보|완료|배포|지원|교육|설득|공유|기록|검토|수정|협업|소통|연구|실험|측정|판매|응대|홍보|모집|섭외|총괄|경험"
    "|학습|수료|취득|수상|절감|단축|성공|마무리|활동|근무|봉사|점검|구성|편집|촬영|번역|상담|준비|계획|조직|출시|도달|제출|제시|파악"
)
VERBAL_NOUN_IN_HAM = re.compile(rf"(?:{VERBAL_NOUNS})함$")
ACTED = re.compile(rf"(?:[가-힣](?:을|를|으로|로|에|에서)|하여|하고|해서) (?:{VERBAL_NOUNS})$")
"""An object and a verbal noun: 서버를 구축, 팀장으로 활동."""
NOUNS_IN_DA = frozenset({"캐나다", "바다", "판다", "우간다", "르완다", "소다", "마다", "안다"})
CONNECTED = re.compile(
    r"^(?:그리고|그래서|하지만|그러나|또한|또|이후|그 결과|결과적으로"
    r"|먼저|우선|이어|특히|덕분에|따라서|아울러|당시|처음)"
)


@dataclass(frozen=True)
class Told:
    """A statement, ready to be set: a whole sentence in formal style, or a noun phrase."""

    text: str
    sentence: bool


def told(statement: str) -> Told:
    """A sentence ends in a period. Whatever is neither a known ending nor a plain noun phrase is quoted as a noun."""
    formal = _formal(statement)
    if formal:
        return Told(f"{formal}.", True)
    return Told(statement if _plain_noun(statement) else f"‘{statement}’", False)


def _formal(statement: str) -> str | None:
    """The statement with a 합니다 ending, or None when that is not certain."""
    if not HANGUL.search(statement[-1:]):
        return None
    if statement.endswith(("니다", "니까")):
        return statement
    for ending, formal in IRREGULAR_IN_YO.items():
        if statement.endswith(ending):
            return statement[: -len(ending)] + formal
    if statement.endswith("요"):
        return _from_yo(statement)
    if statement.endswith("다"):
        return _from_da(statement)
    return _from_nominal(statement)


def _from_yo(statement: str) -> str | None:
    if statement.endswith("어요") and _final_at(statement, -3) == SSANG_SIOT:
        return f"{statement[:-2]}습니다"
    if statement.endswith("해요"):
        return f"{statement[:-2]}합니다"
    if statement.endswith(("아요", "어요")) and _final_at(statement, -3) not in (None, 0, RIEUL):
        return f"{statement[:-2]}습니다"
    if statement.endswith("여요") or statement.endswith(CONTRACTED):
        return f"{statement[:-2]}{_with_bieup_after_i(statement[-2])}니다"
    if statement.endswith("예요"):
        return f"{statement[:-2]}입니다"
    return None


CONTRACTED = tuple(f"{syllable}요" for syllable in ("려", "쳐", "겨", "져", "며", "녀", "혀", "시켜", "일으켜"))
"""Stems in ㅣ with 어: 느려요 is 느리 + 어요. Not 펴요, 켜요, whose stems end in ㅕ."""
VOWEL_I, VOWELS = 20, 21
"""Place of ㅣ among the vowels of a Hangul syllable, and their number."""


def _with_bieup_after_i(syllable: str) -> str:
    consonant = (ord(syllable) - ord(FIRST_SYLLABLE)) // FINALS // VOWELS
    return chr(ord(FIRST_SYLLABLE) + (consonant * VOWELS + VOWEL_I) * FINALS + BIEUP)


def _from_da(statement: str) -> str | None:
    if statement.split()[-1] in NOUNS_IN_DA or len(statement) < 3:
        return None
    before = _final_at(statement, -2)
    if statement.endswith("는다"):
        return f"{statement[:-2]}습니다"
    if before == NIEUN:
        return f"{statement[:-2]}{with_final(statement[-2], BIEUP)}니다"
    if before in (None, RIEUL):
        return None
    if before:
        return f"{statement[:-1]}습니다"
    if statement.endswith(("하다", "되다", "이다", "아니다", "크다", "이루다", "키우다", "세우다", "배우다")):
        return f"{statement[:-2]}{with_final(statement[-2], BIEUP)}니다"
    return None


def _from_nominal(statement: str) -> str | None:
    """했음, 싶음, 분석함: the note-taking style."""
    if statement.endswith("음") and len(statement) > 1:
        if _final_at(statement, -2) == SSANG_SIOT or statement[-2] in STEMS_BEFORE_EUM:
            return f"{statement[:-1]}습니다"
        return None
    if ACTED.search(statement):
        return f"{statement}했습니다"
    last = statement.split()[-1]
    if VERBAL_NOUN_IN_HAM.search(last):
        return f"{statement[:-1]}했습니다"
    return None


def _final_at(text: str, place: int) -> int | None:
    if len(text) < -place or not FIRST_SYLLABLE <= text[place] <= LAST_SYLLABLE:
        return None
    return final_of(text[place])


UNFINISHED = re.compile(
    r"(?:고|며|면서|지만|는데|도록|려고|아서|어서|해서|으로|에서|에게|까지|부터|처럼|[을를은는의와과]|[가-힣]요|[가-힣]다|죠|네|음|라|[!?])$"
)
NOUNS_THAT_LOOK_UNFINISHED = re.compile(
    r"(?:보고|광고|창고|신고|재고|사고|최고|참고|권고|공고|필요|주요|개요|수요|중요|마음|처음|다음|웃음|소음|믿음|걸음|젊음|도움|마을|가을|노을|회의|강의|정의|논의|합의|협의|문의|주의|건의|결과|성과|효과|학과|교과|과과|사과|완벽주의|주의|은행|동네|카페라|바다|캐나다|보다|판다|가요|동요)$"
)


LONGEST_FOREIGN_NOUN = 2
"""Words. Longer phrases of another language are quoted in a Korean sentence."""
CLAUSE = re.compile(
    r"(?<!보)(?<!광)(?<!재)(?<!사)(?<!창)(?<!신)(?<!최)(?<!참)(?<!중)[가-힣](?:하고|하며|하여|해서|았고|었고|했고) "
)


def _plain_noun(statement: str) -> bool:
    """Whether the words can stand before 입니다 or a particle without quotation marks."""
    if not HANGUL.search(statement):
        return len(statement.split()) <= LONGEST_FOREIGN_NOUN
    if re.search(r"[.!?]\s|…|[다요] |니다", statement):
        return False
    if CLAUSE.search(statement):
        return False
    return not UNFINISHED.search(statement) or bool(NOUNS_THAT_LOOK_UNFINISHED.search(statement))


def trim(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words without a sign: for names and roles within a sentence."""
    return clip(text, limit).removesuffix("…").rstrip() if len(text) > limit else text


def clip(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words, with an ellipsis if anything was cut."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    place = head.rfind(" ")
    return f"{head[:place] if place > limit // 2 else head}".rstrip(" ,.;:·(‘“\"'") + "…"


def woven(statements: Sequence[str], limit: int, random: Random, follows: Sequence[str]) -> Told:
    """Statements as one noun phrase, or as sentences, about `limit` characters; what does not fit is left out.

    Sentences that do not begin with a connective of their own may get one, which claims no order of events.
    """
    kept = within(statements, limit)
    parts = [told(statement) for statement in kept]
    if not any(part.sentence for part in parts):
        return Told(clip(", ".join(part.text for part in parts), max(limit, len(parts[0].text))), False)
    sentences: list[str] = []
    for part in parts:
        text = part.text if part.sentence else f"{part.text}도 여기에 들어갑니다."
        before = sentences[-1] if sentences else ""
        if _can_join(before, text) and random.random() < JOINED:
            sentences[-1] = f"{before.removesuffix(PAST)}고, {text}"
        else:
            lead = random.choice(follows) if before and not CONNECTED.match(text) else ""
            sentences.append(f"{lead}{text}")
    return Told(" ".join(sentences), True)


PAST = "습니다."
JOINED = 0.4
"""The share of neighbouring past sentences that become one, 했습니다 + 했습니다 → 했고, 했습니다."""
LONGEST_JOINED = 110


def _can_join(before: str, text: str) -> bool:
    fits = bool(before) and len(before) + len(text) <= LONGEST_JOINED and "고, " not in before
    return fits and _is_past(before) and _is_past(text) and not CONNECTED.match(text)


def _is_past(sentence: str) -> bool:
    return sentence.endswith(PAST) and _final_at(sentence, -5) == SSANG_SIOT


def within(statements: Sequence[str], limit: int) -> list[str]:
    """The first statements that fit; the very first is shortened if it alone is too long."""
    kept = [clip(statements[0], limit)]
    for statement in statements[1:]:
        if sum(map(len, kept)) + len(statement) > limit:
            break
        kept.append(statement)
    return kept


REASONS = {"때문에": "때문", "위해": "위해서", "위해서": "위해서", "어서": "어서", "아서": "아서", "해서": "해서"}
"""Endings of a reason given as a clause, and the form that stands before 입니다."""


def because(statement: str) -> str | None:
    """하고 싶어서, 돕기 위해, 때문에: as it stands before 입니다; None for anything else."""
    ending = next((ending for ending in REASONS if statement.endswith(ending)), None)
    return statement.removesuffix(ending) + REASONS[ending] if ending else None
