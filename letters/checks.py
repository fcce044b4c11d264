"""What a reader would object to in a finished letter, found by rule, in any writer's text, Korean or English.

A check reports and never rewrites. `check` looks at one item, `check_letter` at what items say twice. Some of what is
reported is information rather than a fault: `blanks` and `cliche`.

| check | rule |
|---|---|
| `too_short` `too_long` | `SHORTEST` to `LONGEST` characters of the stripped text, spaces and blanks counted |
| `marker_residue` | the marker parser's rule: a marker syllable that no letter or digit touches, or at the head of a line unless it begins a word |
| `tag_residue` | tags, HTML entities, template braces, Markdown. `<어린 왕자>` within a line is a title, no tag; lists with `-` stay |
| `personality_type` | MBTI and the 16 types in Latin letters (any case and width, spaced or hyphened) and in Hangul |
| `own_company` | item 1 has the full name as recorded; no other spelling, short form or one-letter slip, no 귀사 |
| `other_company` | no other company, unless the person's facts or the own company's record name it |
| `blanks` | what stands in square brackets |
| `repeated_sentence` | the same letters and digits twice, from `SHORTEST_REPEATED` on |
| `number_not_given` | every number in digits stands in the facts or the record; a percentage stands there as one |
| `cliche` | expressions that reviewers mark down |

**What counts as a company's name.** It begins a word: no Hangul, Latin letter or digit before it (백두산, SKT), though
Latin may follow Hangul. Behind a Latin name no Latin letter or digit (KTX, KT&G); behind a Hangul name anything, since
카카오뱅크 is a company of that group, but behind a name of up to two syllables only a particle or a word that companies
carry in their names (토스트, 한화면). Latin is read in any case; up to four letters need a capital (toss). What is still an
ordinary word (기아, 한화 1,000만 원, 카카오 함량) is told by its neighbours, `ORDINARY`.

Numbers free of proof: 1 to 4 before words of order and enumeration (3가지, 2번째, 1단계, 2nd), list numbers, fixed
expressions (24시간, 4차 산업혁명, 1:1), names (5G, B2B, UTF-8). Not free: 1등, 1위, 100 %, durations.

Weaknesses: `ORDINARY` and `SHORT_FORMS` know only the companies we began with; for others a homonym is over-reported
and a nickname missed. A company outside the records passes, unless it begins with the own group's name. A name glued to
the word before it passes (현대기아). A fact that names a company in the other language does not excuse it. Numbers in
words are not checked, nor whether a number is used for the right thing; what was calculated from facts is reported.
A type described in words (외향형, 논리술사) passes; a person's project about MBTI is reported. `<Parasite>` is taken for a
tag, a heading in square brackets for a blank. A sentence repeated with one word changed passes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from letters.brief import LONGEST, SHORTEST, TITLES, Brief, Language
from letters.markers import MARKERS, WORDS


@dataclass(frozen=True)
class Problem:
    check: str
    """A stable name, see the table above."""
    detail: str
    """What and where, a sentence in the letter's language."""


def check(text: str, number: int, brief: Brief) -> list[Problem]:
    """What is wrong within item `number` (1 to 4). An empty item is only too short."""
    problems = list(_length(text, brief.language))
    if not text.strip():
        return problems
    plain = _plain(text)
    return [
        *problems,
        *_listed("marker_residue", MARKER, plain, brief.language),
        *_listed("tag_residue", TAG, plain, brief.language),
        *_listed("personality_type", PERSONALITY_TYPE, plain, brief.language),
        *_companies(plain, number, brief),
        *_numbers(_composed(text), brief),
        *_repeated(plain, brief.language),
        *_listed("cliche", CLICHE, plain, brief.language),
        *_blanks(plain, brief.language),
    ]


def check_letter(texts: dict[int, str], brief: Brief) -> dict[int, list[Problem]]:
    """Sentences of an item that an earlier item has already, by the later item's number."""
    first_said: dict[str, int] = {}
    problems: dict[int, list[Problem]] = {}
    for number, text in sorted(texts.items()):
        for key, sentence in dict(_sentences(_plain(text), brief.language)).items():
            earlier = first_said.setdefault(key, number)
            if earlier != number:
                title = TITLES[brief.language][earlier - 1]
                found = _problem(
                    "repeated_sentence", brief.language, "across", found=_cut(sentence), number=earlier, title=title
                )
                problems.setdefault(number, []).append(found)
    return problems


# --- sentences -------------------------------------------------------------------------------------

SENTENCES: dict[Language, dict[str, str]] = {
    "ko": {
        "too_short": "{count}자입니다. {limit}자 이상이어야 합니다.",
        "too_long": "{count}자입니다. {limit}자 이하여야 합니다.",
        "marker_residue": "항목 표시가 남아 있습니다: {found}",
        "tag_residue": "태그나 서식 기호가 남아 있습니다: {found}",
        "personality_type": "성격 유형이 드러납니다: {found}",
        "other_company": "다른 회사 이름이 있습니다: {found}",
        "own_company": "회사 이름은 ‘{name}’입니다. 다르게 쓴 곳: {found}",
        "own_company.missing": "회사 이름 ‘{name}’을(를) 정확히 쓴 곳이 없습니다.",
        "blanks": "채워야 할 빈칸: {found}",
        "repeated_sentence": "같은 문장이 {count}번 나옵니다: ‘{found}’",
        "repeated_sentence.across": "{number}번 항목({title})에 이미 있는 문장입니다: ‘{found}’",
        "number_not_given": "알려 주신 내용에 없는 숫자입니다: {found}",
        "cliche": "평가자가 꺼리는 상투적인 표현입니다: {found}",
        "more": "외 {count}곳",
    },
    "en": {
        "too_short": "{count} characters; at least {limit} are needed.",
        "too_long": "{count} characters; at most {limit} are allowed.",
        "marker_residue": "An item marker was left in the text: {found}",
        "tag_residue": "Tags or formatting signs were left in the text: {found}",
        "personality_type": "A personality type shows: {found}",
        "other_company": "Another company is named: {found}",
        "own_company": "The company's name is “{name}”. Written otherwise: {found}",
        "own_company.missing": "The company's full name “{name}” does not appear.",
        "blanks": "Blanks to fill in: {found}",
        "repeated_sentence": "The same sentence appears {count} times: “{found}”",
        "repeated_sentence.across": "Item {number} ({title}) already has this sentence: “{found}”",
        "number_not_given": "Numbers that you did not give: {found}",
        "cliche": "Clichés that reviewers mark down: {found}",
        "more": "and {count} more",
    },
}

LONGEST_LIST = 6
"""Places that one detail names; the rest is counted."""

LONGEST_QUOTE = 50
"""Characters of a repeated sentence that the detail shows."""


def _problem(check: str, language: Language, variant: str = "", **values: object) -> Problem:
    key = f"{check}.{variant}" if variant else check
    return Problem(check, SENTENCES[language][key].format(**values))


def _listed(check: str, pattern: re.Pattern[str], text: str, language: Language) -> Iterator[Problem]:
    places = [_excerpt(text, match.start(), match.end()) for match in pattern.finditer(text)]
    if places:
        yield _problem(check, language, found=_list(places, language))


def _list(places: Iterable[str], language: Language) -> str:
    different = list(dict.fromkeys(places))
    shown = different[:LONGEST_LIST]
    if rest := len(different) - len(shown):
        shown.append(SENTENCES[language]["more"].format(count=rest))
    return ", ".join(shown)


def _excerpt(text: str, start: int, end: int) -> str:
    """What was found with the rest of its words and the next word of the line, in quotation marks."""
    before = re.search(r"\S{0,12}$", text[:start])
    after = re.match(r"\S{0,12}(?:[^\S\n]\S{1,12}(?!\S))?", text[end:])
    return f"‘{before.group() if before else ''}{text[start:end].strip()}{after.group() if after else ''}’"


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= LONGEST_QUOTE else sentence[:LONGEST_QUOTE].rstrip() + "…"


# --- text ------------------------------------------------------------------------------------------

INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


def _composed(text: str) -> str:
    """Hangul in whole syllables, no invisible characters, one kind of line break."""
    return unicodedata.normalize("NFC", text).translate(INVISIBLE).replace("\r\n", "\n").strip()


def _plain(text: str) -> str:
    """The same in plain letters: full-width, circled and mathematical ones, too, become ordinary."""
    return unicodedata.normalize("NFKC", _composed(text))


def _length(text: str, language: Language) -> Iterator[Problem]:
    count = len(_composed(text))
    if count < SHORTEST:
        yield _problem("too_short", language, count=count, limit=SHORTEST)
    elif count > LONGEST:
        yield _problem("too_long", language, count=count, limit=LONGEST)


# --- residue, personality type, clichés, blanks ----------------------------------------------------

MARKER = re.compile(
    rf"(?<![^\W_])[{''.join(MARKERS)}](?![^\W_])"
    rf"|^[\W_]*(?!{'|'.join(sorted(WORDS))})[{''.join(MARKERS)}](?=[^\W_])",
    re.MULTILINE,
)

TAG = re.compile(
    r"""
      </?[A-Za-z_][\w:.-]*(?:\s[^<>\n]*=[^<>\n]*)?\s*/?>     # <answer>, <p class="x">, <br/>
    | </[^<>\n]{1,40}>                                       # </지원동기>
    | ^[^\S\n]*<[^<>\n]{1,40}>[^\S\n]*$                      # <지원동기> alone on a line
    | <\|[^<>\n]{1,40}\|> | <!--
    | &(?:nbsp|lt|gt|amp|quot|\#\d+);
    | \{\{[^{}\n]*\}\}
    | (?<!\d)\*\*(?!\d)|\*\*(?=\d[^*\n]*\*\*) | (?<![\w_])__(?=\S) | `
    | (?<![\w*])\*(?![\s*])[^*\n]+(?<!\s)\*(?![\w*])         # *emphasis*
    | ^[^\S\n]*\#+(?!\d) | ^[^\S\n]*>\s
    | ^[^\S\n]*(?:-{3,}|\*{3,}|_{3,})[^\S\n]*$
    | ^\|.*\|[^\S\n]*$
    | \[[^\[\]\n]+\]\([^()\s]+\)                             # [text](address)
    """,
    re.MULTILINE | re.VERBOSE,
)

GAP = r"[\s.,·/_|-]{1,3}"
PERSONALITY_TYPE = re.compile(
    rf"""
      (?<![A-Za-z]) (?: mbti | m{GAP}b{GAP}t{GAP}i
        | [ei][ns][tf][jp]s? | [ei]{GAP}[ns]{GAP}[tf]{GAP}[jp] ) (?![A-Za-z])
    | [엠앰]\s?비\s?티\s?아이 | myers\W{{0,3}}briggs | 마이어스\W{{0,3}}브릭스 | \b16\s?personalit(?:y|ies)
    | [엔인잇엣]프[제피] | [잇엣](?:티제|팁)
    # Within longer words these are something else: 포인트제, 디자인팁, 페이스팁.
    | (?<![가-힣]) (?: [엔인](?:티제|트제|팁|티피) | [잇엣]티피 | (?:이스|에스)(?:티제|프제|프피|팁|티피)
        | (?:이|아이)(?:엔|에스)(?:티|에프)(?:제이|피) ) (?![작조품약])
    | (?:파워|대문자|극)\s?[EISNTFJP](?=형|성향|라서|이라|여서|답게|인\s)
    """,
    re.IGNORECASE | re.VERBOSE,
)

CLICHE = re.compile(
    r"""
      열심히 | 최선을\s?다[하해했할한] | 준비된\s?인재 | 어(?:릴|렸을)\s?(?:때|적)\s?부터 | 뼈를\s?묻
    | (?<![가-힣])귀\s?사(?=[의를는가에와도만로\s,.])
    | \b(?:(?:do|did|doing|try|tried|trying|give|gave|giving)\ my\ (?:very\ )?best|hard[\ -]?work(?:er|ing)
        |work(?:ed|ing)?\ (?:very\ )?hard|since\ (?:my\ )?childhood|(?:since|from\ when)\ i\ was\ (?:a\ child|young|little)
        |from\ a\ young\ age|team\ player|esteemed\ company|think(?:ing)?\ outside\ the\ box|(?:ideal|perfect)\ candidate)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)

BLANK = re.compile(r"\[(?!\s*(?:\d+|x)?\s*\])[^\[\]\n]{1,60}\](?!\()", re.IGNORECASE)
"""A blank; not a footnote's number, a tick box or a link."""


def _blanks(text: str, language: Language) -> Iterator[Problem]:
    if blanks := BLANK.findall(text):
        yield _problem("blanks", language, found=_list(blanks, language))


# --- repeated sentences ----------------------------------------------------------------------------

SHORTEST_REPEATED: dict[Language, int] = {"ko": 10, "en": 20}
"""Letters and digits, blanks left out: a shorter sentence (감사합니다) may come twice."""

SENTENCE_END = re.compile(r"(?<=[.!?。])(?=[\s\"'”’)(]|[가-힣])|\n")


def _sentences(text: str, language: Language) -> Iterator[tuple[str, str]]:
    """What makes a sentence the same, and the sentence."""
    for sentence in SENTENCE_END.split(text):
        if len(re.sub(r"[\W_]", "", BLANK.sub("", sentence))) >= SHORTEST_REPEATED[language]:
            yield re.sub(r"[\W_]", "", sentence).casefold(), sentence.strip()


def _repeated(text: str, language: Language) -> Iterator[Problem]:
    said: dict[str, list[str]] = {}
    for key, sentence in _sentences(text, language):
        said.setdefault(key, []).append(sentence)
    for sentences in said.values():
        if len(sentences) > 1:
            yield _problem("repeated_sentence", language, count=len(sentences), found=_cut(sentences[0]))
