"""Rules that find what a reader would object to in a finished letter, Korean or English, whoever wrote it.

A check reports and never rewrites. `check` looks at one item, `check_letter` at sentences that two items share.
`blanks` and `cliche` report something to look at rather than a fault.

| check | rule |
|---|---|
| `too_short` `too_long` | `SHORTEST` to `LONGEST` characters of the stripped text, spaces and blanks counted |
| `marker_residue` | no marker syllable that stands alone, or that begins a line without beginning a word |
| `tag_residue` | tags, entities, template braces, Markdown; not `<어린 왕자>` within a line, not lists with `-` |
| `personality_type` | MBTI and the 16 types, in Latin (any case and width, spaced, hyphened) and in Hangul |
| `own_company` | item 1 has the full name as recorded; no other spelling, short form or one-letter slip, no 귀사 |
| `other_company` | no other company, unless the person's facts or the own company's record name it |
| `blanks` | text in square brackets |
| `repeated_sentence` | no sentence of `SHORTEST_REPEATED` letters and digits or more comes twice |
| `number_not_given` | every number in digits is in the facts or the record; percentages and ranks (1위) as such |
| `cliche` | expressions that reviewers mark down |

**What counts as a company's name.** The name must begin a word: no Hangul, Latin letter or digit comes before it
(백두산, SKT), except that a Latin name may follow Hangul. No Latin letter or digit may follow a Latin name (KTX, KT&G).
Anything may follow a Hangul name, since 카카오뱅크 is a company of that group. After a Hangul name of one or two
syllables there may be only particles, or a word that companies have in their names (토스트, 한화면). Latin names are
found in any case; those of up to four letters need a capital (toss). A match that is still an ordinary word (기아, 한화
1,000만 원, 카카오 함량) is recognised by the words around it: `ORDINARY`.

Some numbers claim nothing and are not checked: 1 to 4 before words of order and enumeration (3가지, 2번째, 1단계, 2nd),
list numbers, fixed expressions (24시간, 4차 산업혁명, 1:1), names (5G, B2B, UTF-8). 100 % and durations are checked.

Weaknesses: `ORDINARY` and `SHORT_FORMS` know only the companies of the first release. For others a homonym is reported
by mistake, and a nickname is missed. A company outside the records passes, unless its name begins with that of the own
group (LG유플러스). A name joined to another word passes (현대기아, KakaoTalk). A fact that names a company in one
language does not allow its name in the other. Numbers in words are not checked, nor whether a number is used for the
right thing. A number that was calculated from facts is reported. A type described in words (외향형, 논리술사) passes,
and a person's project about MBTI is reported. `<Parasite>` is taken for a tag, a heading in square brackets for a
blank. A sentence repeated with one word changed passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from letters.brief import LONGEST, SHORTEST, TITLES, Brief, CompanyRecord, Facts, Language
from letters.characters import normalised
from letters.markers import MARKERS, WORDS


@dataclass(frozen=True)
class Finding:
    check: str
    """A stable name, see the table above."""
    detail: str
    """What and where, a sentence in the letter's language."""


def check(text: str, number: int, brief: Brief) -> list[Finding]:
    """The findings in item `number` (1 to 4). For an empty item there is only `too_short`."""
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


def check_letter(texts: dict[int, str], brief: Brief) -> dict[int, list[Finding]]:
    """Sentences that an earlier item has already, by the number of the later item."""
    first_said: dict[str, int] = {}
    problems: dict[int, list[Finding]] = {}
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
        "own_company.missing": "회사의 정확한 이름이 나오지 않습니다: ‘{name}’",
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
"""Findings that one detail quotes. The others are only counted."""

LONGEST_QUOTE = 50
"""Characters of a repeated sentence that the detail quotes."""


def _problem(check: str, language: Language, variant: str = "", **values: object) -> Finding:
    key = f"{check}.{variant}" if variant else check
    return Finding(check, SENTENCES[language][key].format(**values))


def _listed(check: str, pattern: re.Pattern[str], text: str, language: Language) -> Iterator[Finding]:
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
    """The match in quotation marks, completed to whole words, with the next word of the line."""
    head = text[max(0, start - 16) : start]
    before = "" if not head or head[-1].isspace() else head.split()[-1]
    after = re.match(r"\S{0,16}(?:(?<![.,!?])[^\S\n]\S{1,12}(?!\S))?", text[end : end + 30])
    return f"‘{before}{text[start:end].strip()}{after.group() if after else ''}’"


def _cut(sentence: str) -> str:
    return sentence if len(sentence) <= LONGEST_QUOTE else sentence[:LONGEST_QUOTE].rstrip() + "…"


# --- text ------------------------------------------------------------------------------------------

INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


def _composed(text: str) -> str:
    """The text in NFC, without invisible characters, with one kind of line break."""
    return normalised("NFC", text).translate(INVISIBLE).replace("\r\n", "\n").strip()


def _plain(text: str) -> str:
    """As `_composed`, in NFKC: full-width, circled and mathematical letters become ordinary ones."""
    return normalised("NFKC", _composed(text))


def _length(text: str, language: Language) -> Iterator[Finding]:
    count = len(text.strip())
    if count < SHORTEST:
        yield _problem("too_short", language, count=count, limit=SHORTEST)
    elif count > LONGEST:
        yield _problem("too_long", language, count=count, limit=LONGEST)


# --- residue, personality type, clichés, blanks ----------------------------------------------------

MARKER = re.compile(
    rf"(?<![^\W_])[{''.join(MARKERS)}](?![^\W_])"
    rf"|^(?:[^\w\n]|_){{0,12}}(?!{'|'.join(sorted(WORDS))})[{''.join(MARKERS)}](?=[^\W_])",
    re.MULTILINE,
)

TAG = re.compile(
    r"""
      </?[A-Za-z_][\w:.-]*(?:\s[^<>=\n]{1,40}=[^<>\n]{0,80})?\s?/?>  # <answer>, <p class="x">, <br/>
    | </[^<>\n]{1,40}>                                       # </지원동기>
    | ^[^\S\n]*<[^<>\n]{1,40}>[^\S\n]*$                      # <지원동기> alone on a line
    | <\|[^<>\n]{1,40}\|> | <!--
    | &(?:nbsp|lt|gt|amp|quot|\#\d+);
    | \{\{[^{}\n]*\}\}
    | (?<!\d)\*\*(?!\d)|\*\*(?=\d[^*\n]*\*\*) | (?<![\w_])__(?=\S) | `
    | (?<![\w*])\*(?![\s*])[^*\n]+(?<!\s)\*(?!\*)           # *emphasis*
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
    | (?<![가-힣])귀사(?=[이의를는가에와도만로\s,.])
    | \b(?:(?:do|did|doing|try|tried|trying|give|gave|giving)\ my\ (?:very\ )?best|hard[\ -]?work(?:er|ing)
        |work(?:ed|ing)?\ (?:very\ )?hard|since\ (?:my\ )?childhood|from\ a\ young\ age
        |(?:ever\ )?since\ i\ was\ (?:a\ child|young|little)|team\ player|esteemed\ company
        |think(?:ing)?\ outside\ the\ box|(?:ideal|perfect)\ candidate)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)

BLANK = re.compile(r"\[(?!\s*(?:(?:\d+|x)\s*)?\])[^\[\]\n]{1,60}\](?!\()", re.IGNORECASE)
"""A blank to fill in. A footnote's number, a tick box and a link are not blanks."""


def _blanks(text: str, language: Language) -> Iterator[Finding]:
    if blanks := BLANK.findall(text):
        yield _problem("blanks", language, found=_list(blanks, language))


# --- repeated sentences ----------------------------------------------------------------------------

SHORTEST_REPEATED: dict[Language, int] = {"ko": 10, "en": 20}
"""Letters and digits without blanks. A shorter sentence (감사합니다) may come twice."""

SENTENCE_END = re.compile(r"(?<=[.!?。])(?=[\s\"'”’)(]|[가-힣])|\n")


def _sentences(text: str, language: Language) -> Iterator[tuple[str, str]]:
    """Pairs of a sentence's letters and digits, by which it is compared, and the sentence itself."""
    for sentence in SENTENCE_END.split(text):
        if len(re.sub(r"[\W_]", "", BLANK.sub("", sentence))) >= SHORTEST_REPEATED[language]:
            yield re.sub(r"[\W_]", "", sentence).casefold(), sentence.strip()


def _repeated(text: str, language: Language) -> Iterator[Finding]:
    said: dict[str, list[str]] = {}
    for key, sentence in _sentences(text, language):
        said.setdefault(key, []).append(sentence)
    for sentences in said.values():
        if len(sentences) > 1:
            yield _problem("repeated_sentence", language, count=len(sentences), found=_cut(sentences[0]))


# --- companies -------------------------------------------------------------------------------------

SHORT_FORMS: dict[str, tuple[str, ...]] = {
    "삼성전자": ("삼성",),
    "삼성바이오로직스": ("삼성",),
    "SK하이닉스": ("SK", "하이닉스"),
    "SK텔레콤": ("SK", "SKT"),
    "LG전자": ("LG",),
    "LG화학": ("LG",),
    "LG에너지솔루션": ("LG", "LG엔솔"),
    "현대자동차": ("현대차",),
    "KB국민은행": ("국민은행",),
    "CJ제일제당": ("CJ", "제일제당"),
    "GS칼텍스": ("칼텍스",),
    "아모레퍼시픽": ("아모레",),
    "엔씨소프트": ("NC소프트",),
    "한국전력공사": ("한국전력", "한전"),
    "Samsung Electronics": ("Samsung",),
    "Samsung Biologics": ("Samsung",),
    "SK hynix": ("SK", "Hynix"),
    "SK Telecom": ("SK", "SKT"),
    "LG Electronics": ("LG",),
    "LG Chem": ("LG",),
    "LG Energy Solution": ("LG",),
    "Hyundai Motor": ("Hyundai",),
    "KB Kookmin Bank": ("Kookmin Bank",),
    "Shinhan Bank": ("Shinhan",),
    "CJ CheilJedang": ("CJ", "CheilJedang"),
    "GS Caltex": ("Caltex",),
}
"""What people write instead of a recorded name. It is wrong for the own company, and it names another company."""

# fmt: off
LETTERS_IN_HANGUL = {
    "A": "에이", "B": "비", "C": "씨", "D": "디", "E": "이", "F": "에프", "G": "지", "H": "에이치", "I": "아이",
    "J": "제이", "K": "케이", "L": "엘", "M": "엠", "N": "엔", "O": "오", "P": "피", "Q": "큐", "R": "알", "S": "에스",
    "T": "티", "U": "유", "V": "브이", "W": "더블유", "X": "엑스", "Y": "와이", "Z": "제트",
}
# fmt: on

HUNGER = "문제|해결|퇴치|구호|구제|종식|난민|아동|어린이|인구|빈곤|가난|질병|시달|고통|굶|체험|대책|상태|현상|없는"
ORDINARY = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        # Hunger, unless the words around it are about cars or about being hired.
        "기아": rf"^(?!.*(?:자동차|전기차|차량|모빌리티|입사|공채|인재상|임직원)).*(?:"
        rf"(?:빈곤|가난|질병|전쟁|세계|지구촌|아프리카|절대)\S{{0,2}} ?@|@\S{{0,2}} ?(?:{HUNGER}))",
        # A set in volleyball, or tossing a coin.
        "토스": r"(?:배구|세터|공|동전|볼|스파이크)\S{0,4} (?:\S+ )?@|@\S? (?:올리|올려|올린|받아|연습|정확)",
        # The Korean currency.
        "한화": r"@(?:으?로)? ?(?:약|총|환산|\d|수?[십백천만]|몇)|(?:달러|유로|엔|위안)\S{0,3} ?\(?@",
        # The word 하이브리드 (hybrid), or Apache Hive.
        "하이브": r"@리드|@\S? ?(?:쿼리|테이블|메타스토어|SQL|QL)|(?:아파치|하둡|스파크)\S{0,2} ?@",
        # Cacao.
        "카카오": r"@ ?(?:함량|열매|농장|농가|닙스|버터|매스|파우더|콩|원두|빈|재배|나무|\d+ ?%)|초콜릿\S? @",
        # KTX, the express train, written in Hangul.
        "케이티": r"@엑스",
        # The old capital of Baekje.
        "웅진": r"@\S? ?(?:천도|백제|도읍|시대)",
        # The adjective, as in modern cars and modern buildings.
        "현대 자동차": r"@\S? ?(?:산업|기술|공학|역사|문화|디자인)",
        "현대 건설": r"@\S? ?(?:산업|기술|공학|역사|문화)",
        "toss": r"(?:^|[.!?\n] ?)@ (?:the|a|an|it|in|out|and)\b|coin @",
        "korean air": r"@ (?:force|quality|pollution|traffic|space|defen[cs]e|base)",
    }.items()
}
"""By name: the pattern of a context in which it is an ordinary word. `@` stands for the name."""

NEIGHBOURHOOD = 30
"""Characters before and after a name, within its sentence, that `ORDINARY` is matched against."""

PARTICLES = re.compile(
    "(?:[은는이가을를의에께와과로도만나라란인든엔측사고며지다던뿐]|에서|에게|한테|으로|로서|로써|부터|까지|처럼|보다|"
    "마저|조차|라면|야말로|답게|다운|다움|입니다|[었였][고다던]|[었였]?습니다)*"
)
"""The particles that may follow a name. Verb endings are not among them: 토스하다 is a verb.

None is a sequence of others (이고 is 이 and 고, 라는 is 라 and 는), so that each ending can be read in one way only.
"""

IN_COMPANY_NAMES = re.compile(
    "그룹|계열|본사|자동차|차$|차[은는이가를의에와도]|은행|뱅크|증권|카드|생명|화재|손해|보험|캐피탈|페이|건설|중공업|"
    "전자|전기|물산|화학|케미칼|에너|에너빌|에어로|오션|정밀|시스템|솔루션|이노|로보|밥캣|퓨얼|모비스|로템|제철|"
    "월드|마트|백화점|호텔|면세점|홈쇼핑|쇼핑|렌탈|리아|제과|칠성|웰푸드|푸드|식품|씽크빅|코웨이|출판|인사이트|"
    "베어스|자이언츠|이글스|라이온즈|타이거즈|플레이|이츠|모바일|연구소|팀|맨|앱"
)
"""What may follow a Hangul name of up to two syllables, besides a particle."""

HANGUL = re.compile("[가-힣]*")
YOUR_COMPANY = re.compile(
    r"(?<![가-힣])귀(?:사| ?회사| ?기업)(?=[이의를는가에와도만로을은과\s,.])|\byour (?:\w+ )?(?:company|firm)\b",
    re.IGNORECASE,
)

Kind = Literal["own", "own_short", "other"]


@dataclass(frozen=True)
class _Names:
    """The names to look for. `meaning` gives, by the name's `_key`, whose name it is and how it is recorded."""

    pattern: re.Pattern[str]
    meaning: dict[str, tuple[Kind, str]]
    own_spellings: frozenset[str]
    slip: re.Pattern[str]


@dataclass(frozen=True)
class _Mention:
    kind: Kind
    name: str
    spelling: str
    start: int
    end: int
    alone: bool
    """Whether only particles, 그룹 or 맨 follow it, so that it is still the same company."""

    @property
    def place(self) -> tuple[int, int]:
        return self.start, self.end


def _companies(text: str, number: int, brief: Brief) -> Iterator[Finding]:
    names = _names(brief.company.name, brief.company.name_en, brief.other_companies)
    given = _plain("\n".join([*_fact_texts(brief.facts), *_record_texts(brief.company)]))
    given_names = {_key(mention.name) for mention in _mentions(given, names) if mention.kind != "own"}
    slips = [match for match in names.slip.finditer(text) if _is_slip(match, given, names)]
    mentions = [
        mention
        for mention in _mentions(text, names)
        if not any(slip.start() <= mention.start < slip.end() for slip in slips)
    ]
    own_name = brief.company.name_en if brief.language == "en" else brief.company.name

    wrong = [mention.place for mention in mentions if _is_wrong_own(mention, names, given_names)]
    wrong += [match.span() for match in [*slips, *YOUR_COMPANY.finditer(text)]]
    if wrong:
        yield _problem("own_company", brief.language, name=own_name, found=_excerpts(text, wrong, brief.language))
    if number == 1 and not any(mention.spelling in names.own_spellings for mention in mentions):
        yield _problem("own_company", brief.language, "missing", name=own_name)
    if others := [mention.place for mention in mentions if _is_other(mention, given_names)]:
        yield _problem("other_company", brief.language, found=_excerpts(text, others, brief.language))


def _is_wrong_own(mention: _Mention, names: _Names, given_names: set[str]) -> bool:
    if mention.kind == "own_short":
        return mention.alone and _key(mention.name) not in given_names
    return mention.kind == "own" and mention.spelling not in names.own_spellings


def _is_other(mention: _Mention, given_names: set[str]) -> bool:
    """Whether it is another company, or the own group's name with an addition, that no fact and no record has."""
    if mention.kind == "own_short":
        return not mention.alone
    return mention.kind == "other" and not any(name.startswith(_key(mention.name)) for name in given_names)


def _is_slip(match: re.Match[str], given: str, names: _Names) -> bool:
    return _key(match.group()) not in names.meaning and match.group() not in given


def _excerpts(text: str, places: Iterable[tuple[int, int]], language: Language) -> str:
    return _list((_excerpt(text, start, end) for start, end in sorted(places)), language)


def _mentions(text: str, names: _Names) -> Iterator[_Mention]:
    for match in names.pattern.finditer(text):
        key = _key(match.group())
        known = names.meaning.get(key) or names.meaning.get(key.removesuffix("s"))
        if known and _is_name(match):
            yield _Mention(*known, match.group(), match.start(), match.end(), _stands_alone(match))


def _is_name(match: re.Match[str]) -> bool:
    """Whether it is a name, rather than the beginning of a longer word or an ordinary word."""
    text, spelling, tail = match.string, match.group(), _tail(match)
    if spelling.isascii() and len(_key(spelling)) <= 4 and spelling[0].islower():
        return False
    short = len(spelling) <= 2 and not spelling.isascii()
    if short and not PARTICLES.fullmatch(tail) and not IN_COMPANY_NAMES.match(tail):
        return False
    ordinary = ORDINARY.get(" ".join(spelling.casefold().split()))
    if ordinary is None:
        return True
    before = re.split(r"[.!?](?=\s)", text[max(0, match.start() - NEIGHBOURHOOD) : match.start()])
    behind = re.split(r"[.!?](?=\s)", text[match.end() : match.end() + NEIGHBOURHOOD])
    return not ordinary.search(f"{before[-1].replace(chr(10), ' ')}@{behind[0].replace(chr(10), ' ')}")


def _stands_alone(match: re.Match[str]) -> bool:
    tail = _tail(match)
    behind = match.string[match.end() + len(tail) :][:1]
    latin_touches = not tail and behind.isascii() and behind.isalnum()
    return not latin_touches and bool(PARTICLES.fullmatch(re.sub("^(?:그룹|맨)", "", tail)))


def _tail(match: re.Match[str]) -> str:
    """The Hangul that follows a name without a space."""
    tail = HANGUL.match(match.string, match.end())
    return tail.group() if tail else ""


@lru_cache(maxsize=64)
def _names(name: str, name_en: str, other_companies: tuple[str, ...]) -> _Names:
    own = [spelling for recorded in (name, name_en) for spelling in _spellings(recorded)]
    meaning: dict[str, tuple[Kind, str]] = {}
    others = [spelling for recorded in other_companies for spelling in _spellings(recorded)]
    for other in others:
        meaning |= {_key(short): ("other", short) for short in SHORT_FORMS.get(other, ()) if not _is_within(short, own)}
        meaning |= {_key(variant): ("other", other) for variant in (other, _in_hangul(other))}
    for spelling in own:
        meaning |= {_key(short): ("own_short", short) for short in SHORT_FORMS.get(spelling, ())}
    for spelling in own:
        meaning |= {_key(variant): ("own", spelling) for variant in (spelling, _in_hangul(spelling))}
    slips = [slip for spelling in own if len(_key(spelling)) >= 4 for slip in _one_letter_wrong(spelling)]
    return _Names(
        pattern=_any_name(frozenset([*own, *others])),
        meaning=meaning,
        own_spellings=frozenset(own),
        slip=_any_of(slips),
    )


def _spellings(recorded: str) -> list[str]:
    """`토스(비바리퍼블리카)` is two names, `(주)카카오` one."""
    parts = re.split(r"[()]", re.sub(r"\(주\)|주식회사", "", _plain(recorded)))
    return [part.strip() for part in parts if part.strip()]


def _in_hangul(name: str) -> str:
    """`LG전자` as 엘지전자. Two or more capitals in a row are spelled letter by letter; a single one is not."""
    return re.sub(
        r"(?<![A-Z])[A-Z]{2}(?![A-Za-z])", lambda pair: "".join(LETTERS_IN_HANGUL[each] for each in pair.group()), name
    )


def _key(spelling: str) -> str:
    return "".join(spelling.split()).casefold()


def _is_within(short: str, names: Iterable[str]) -> bool:
    return any(short.casefold() in name.casefold() for name in names)


@lru_cache(maxsize=8)
def _any_name(spellings: frozenset[str]) -> re.Pattern[str]:
    """The pattern of all names. It does not depend on the letter's company, so it is compiled once."""
    variants = {_key(each) for name in spellings for each in (name, _in_hangul(name), *SHORT_FORMS.get(name, ()))}
    return _any_of(_loosely(key) for key in sorted(variants, key=lambda key: (-len(key), key)))


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) or r"(?!)", re.IGNORECASE)


def _bounded(pattern: str, first: str, last: str, length: int) -> str:
    before = r"(?<![A-Za-z0-9@])(?<![A-Za-z0-9]\.)" if first.isascii() else r"(?<![가-힣A-Za-z0-9])"
    plural = "s?" if length >= 5 else ""
    behind = plural + r"(?![A-Za-z0-9]|&[A-Za-z]|\.(?:com|co|net)\b)" if last.isascii() else ""
    return f"{before}{pattern}{behind}"


def _loosely(key: str) -> str:
    """The pattern of a name. A name of four letters or more may have spaces in it: `삼성 전자`."""
    space = "[^\\S\\n]?" if len(key) >= 4 else ""
    return _bounded(space.join(map(re.escape, key)), key[0], key[-1], len(key))


def _one_letter_wrong(name: str) -> Iterator[str]:
    """Misspellings with one wrong letter after the first.

    In Latin names of six letters or more, also a missing or added one.
    """
    letter, hangul = "[^\\W\\d_]", "[가-힣]"
    for place, right in enumerate(name):
        head, tail = re.escape(name[:place]), re.escape(name[place + 1 :])
        if place == 0 or right == " ":
            continue
        if not name.isascii():
            wrong = [f"{head}{hangul if not right.isascii() else letter}{tail}"]
        elif len(name) >= 6:
            wrong = [f"{head}{letter}?{tail}", f"{head}{letter}{re.escape(right)}{tail}"]
        else:
            wrong = []
        for pattern in wrong:
            yield _bounded(pattern, name[0], name[-1], 0)


# --- numbers ---------------------------------------------------------------------------------------

PROVEN = re.compile(
    r"""
      \[[^\[\]\n]*\]                                                       # a blank
    | ^[^\S\n]*\(?\d{1,2}[.)](?=\s)                                        # a list's number
    | (?<![\d.,])[1-4]\s?(?:가지|번째|째|단계|요소|측면|방향|(?:things|reasons|ways|points|steps|aspects|parts)\b)
    | (?<![\d.,])[1-4](?:st|nd|rd|th)\b
    | (?<!\d)(?:4차\s?산업|1\s?:\s?1(?!\d)|1\s?대\s?1(?!\d)|24시간|24/7|365일|21세기|1인\s?(?:가구|다역)|0(?:에서|부터))
    | (?<!\d)[48]K(?![A-Za-z]) | (?:코로나|COVID)[\s-]?19
    """,
    re.MULTILINE | re.VERBOSE,
)
"""Digits that are not checked, because they claim nothing."""

DATE = re.compile(r"(?:19|20)\d\d\s?[./-]\s?\d{1,2}(?:\s?[./-]\s?\d{1,2})?(?!\d)")
SHORT_YEAR = re.compile(r"(?<!\d)(\d\d)(?=[./-]\s?\d{1,2}(?!\d)|년|학번)|['’](\d\d)(?!\d)")
NUMBER = re.compile(
    r"(?<![A-Za-z\d])(?<![A-Za-z][-_/])(?<!\d[.,])(?P<digits>\d{1,15}(?:,\d{3}){0,4}(?:\.\d{1,9})?)"
    r"(?P<times>[십백천]?[만억조]|[십백천]|[kKM](?![A-Za-z])|\s?(?:thousand|million|billion)\b)?"
    r"(?P<percent>\s?(?:%|퍼센트|프로(?![가-힣])|percent|per cent))?"
    r"(?P<rank>[등위](?=[을를이가로의은는에와과만도상\s,.)]|$))?(?P<unit>[A-Za-z]*)"
)
TIMES = {"십": 10, "백": 100, "천": 1000, "만": 10**4, "억": 10**8, "조": 10**12} | {
    "k": 1000,
    "m": 10**6,
    "thousand": 1000,
    "million": 10**6,
    "billion": 10**9,
}
# fmt: off
UNITS = frozenset({
    "kg", "g", "mg", "km", "m", "cm", "mm", "nm", "ml", "L", "ms", "s", "h", "hr", "hrs", "min", "KB", "MB", "GB", "TB",
    "Hz", "kHz", "MHz", "GHz", "fps", "W", "kW", "kWh", "V", "x", "pt", "pts", "px", "ppm", "rpm", "p",
    "st", "nd", "rd", "th",
})
# fmt: on
"""Latin letters that may touch a number. With any others it is a name (5G, 3D)."""

COUNTED = re.compile(
    r"(?<![가-힣])(열|스물|스무|서른)?\s?(한|두|세|네|다섯|여섯|일곱|여덟|아홉)?\s?"
    r"(?:명|개|가지|배|번|차례|사람|분|곳|팀|건|편|권|대|달|주|시간|살|해|학기|과목)"
)
"""Numbers in words. The facts may give a number in words and the letter in digits."""

ONES = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9}
TENS = {"열": 10, "스물": 20, "스무": 20, "서른": 30}
ENGLISH = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}


Claim = Literal["count", "percent", "rank"]


@dataclass(frozen=True)
class _Number:
    value: Decimal
    claim: Claim
    start: int
    end: int


def _numbers(text: str, brief: Brief) -> Iterator[Finding]:
    found = list(_numbers_in(PROVEN.sub(_spaces, text)))
    if not found:
        return
    given = _given_numbers(brief)
    years = {Decimal(match[1] or match[2]) for match in SHORT_YEAR.finditer(text)}
    places = [
        _excerpt(text, number.start, number.end)
        for number in found
        if number.value not in given[number.claim]
        and not (number.value in years and number.value + 2000 in given["count"])
    ]
    if places:
        yield _problem("number_not_given", brief.language, found=_list(places, brief.language))


def _numbers_in(text: str) -> Iterator[_Number]:
    text = DATE.sub(lambda date: re.sub(r"[./-]", " ", date.group()), text)
    for match in NUMBER.finditer(text):
        if match["unit"] and match["unit"] not in UNITS and not match["percent"]:
            continue
        value = Decimal(match["digits"].replace(",", ""))
        times = (match["times"] or "").strip()
        for factor in [times] if times.isascii() and times else times:
            value *= TIMES[factor.casefold()]
        claim: Claim = "percent" if match["percent"] else "rank" if match["rank"] else "count"
        yield _Number(value, claim, match.start(), match.end())


def _given_numbers(brief: Brief) -> dict[Claim, set[Decimal]]:
    """The numbers of the facts and the record, by how the letter may use them. Each may be used as a count."""
    text = _composed("\n".join([*_fact_texts(brief.facts), *_record_texts(brief.company)]))
    numbers = list(_numbers_in(text))
    counts = {number.value for number in numbers}
    counts |= {Decimal(match[1] or match[2]) + 2000 for match in SHORT_YEAR.finditer(text)}
    for experience in brief.facts.experiences:
        # In a period, 23.03 is March 2023.
        counts |= {Decimal(digits) for digits in re.findall(r"\d+", experience.period)}
    counts |= {Decimal(TENS.get(tens, 0) + ONES.get(ones, 0)) for tens, ones in COUNTED.findall(text) if tens or ones}
    counts |= {Decimal(ENGLISH[word]) for word in re.findall(r"[a-z]+", text.casefold()) if word in ENGLISH}
    return {
        "count": counts,
        "percent": {number.value for number in numbers if number.claim == "percent"},
        "rank": {number.value for number in numbers if number.claim == "rank"},
    }


def _spaces(match: re.Match[str]) -> str:
    return re.sub(r"\S", " ", match.group())


# --- what is given ---------------------------------------------------------------------------------


def _fact_texts(facts: Facts) -> Sequence[str]:
    experiences = [
        text for each in facts.experiences for text in (each.title, each.role, each.period, each.action, each.result)
    ]
    return [facts.job, *facts.education, *experiences, *facts.strengths, facts.weakness, facts.motivation]


def _record_texts(company: CompanyRecord) -> Sequence[str]:
    return [
        company.industry,
        company.industry_en,
        *company.talent_values,
        *company.talent_values_en,
        company.talent_summary,
        company.talent_summary_en,
        *company.keywords,
        *company.keywords_en,
    ]
