"""The checks: what each one finds, and what it must leave alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letters.brief import LONGEST, SHORTEST, Brief, CompanyRecord, Experience, Facts, Language
from letters.checks import SENTENCES, Finding, check, check_letter


def company(name: str, name_en: str, summary: str = "도전하는 사람을 찾습니다.") -> CompanyRecord:
    return CompanyRecord(
        slug="company",
        name=name,
        name_en=name_en,
        industry="전자",
        industry_en="Electronics",
        talent_values=("도전", "소통"),
        talent_values_en=("Challenge", "Communication"),
        talent_summary=summary,
        talent_summary_en="Looks for people who take on challenges.",
        keywords=("도전", "소통"),
        keywords_en=("challenge", "communication"),
    )


COMPANIES = {
    name: company(name, name_en)
    for name, name_en in {
        "삼성전자": "Samsung Electronics",
        "SK하이닉스": "SK hynix",
        "SK텔레콤": "SK Telecom",
        "LG전자": "LG Electronics",
        "현대자동차": "Hyundai Motor",
        "현대건설": "Hyundai Engineering & Construction",
        "기아": "Kia",
        "한화": "Hanwha",
        "두산": "Doosan",
        "웅진": "Woongjin",
        "KT": "KT",
        "네이버": "NAVER",
        "카카오": "Kakao",
        "카카오뱅크": "KakaoBank",
        "롯데": "Lotte",
        "하이브": "HYBE",
        "이마트": "Emart",
        "대한항공": "Korean Air",
        "토스(비바리퍼블리카)": "Toss (Viva Republica)",
        "한국철도공사(코레일)": "Korea Railroad Corporation (KORAIL)",
    }.items()
}


def brief(name: str = "삼성전자", language: Language = "ko", facts: Facts | None = None) -> Brief:
    return Brief(
        language=language,
        company=COMPANIES[name],
        traits=("전략",),
        traits_en=("strategy",),
        facts=facts or Facts(),
        other_companies=tuple(
            each for other, record in COMPANIES.items() if other != name for each in (record.name, record.name_en)
        ),
    )


def details(problems: Sequence[Finding], check_name: str) -> list[str]:
    return [problem.detail for problem in problems if problem.check == check_name]


def found(check_name: str, text: str, asked: Brief | None = None, number: int = 2) -> str:
    """What one check says of a text: all its details, empty if it is content."""
    return " ".join(details(check(text, number, asked or brief()), check_name))


# --- length ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("characters", "expected"),
    [
        (0, ["too_short"]),
        (SHORTEST - 1, ["too_short"]),
        (SHORTEST, []),
        (LONGEST, []),
        (LONGEST + 1, ["too_long"]),
    ],
)
def test_length_counts_spaces_but_not_around_the_text(characters: int, expected: list[str]) -> None:
    # Given a text of so many characters, spaces among them, with empty lines around it
    text = ("가 나" * LONGEST)[: max(characters - 1, 0)] + "다" * min(characters, 1)

    # When it is checked
    problems = check(f"\n {text} \n\n", 2, brief())

    # Then only what is outside of 700 to 1,000 is reported, with the count
    assert [problem.check for problem in problems if problem.check.startswith("too_")] == expected
    assert all(f"{characters}자" in detail for name in expected for detail in details(problems, name))


def test_an_empty_item_is_only_too_short() -> None:
    # Given an item that was never written, When it is checked, Then nothing else is said of it
    assert [problem.check for problem in check(" \n", 1, brief())] == ["too_short"]


# --- residue ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "갹",
        "저는 도전했습니다.\n냑\n그리고",
        "갹 저는 도전했습니다.",
        "갹: 저는",
        "갹저는 도전했습니다.",
        "**댝**",
        "[먁] 저는",
        "### 냑",
        "「갹」",
        "2. 냑\n저는",
        "도전했습니다. 먁",
        "\ufeff댝\r\n저는",
    ],
)
def test_marker_left_in_the_text(text: str) -> None:
    # Given a marker that stands as one, When checked, Then it is reported
    assert found("marker_residue", text)


@pytest.mark.parametrize(
    "text",
    [
        "갹출한 회비를 관리했습니다.",
        "회비를 갹출했습니다.",
        "코냑을 수입했습니다.",
        "갹출",
        "삼먁삼보리심",
        "  갹금을 모아",
    ],
)
def test_marker_syllable_within_a_word_stays(text: str) -> None:
    # Given a word with the syllable, When checked, Then it is content
    assert not found("marker_residue", text)


@pytest.mark.parametrize(
    "text",
    [
        "<answer>저는</answer>",
        "저는 도전했습니다.</p>",
        '<p class="item">저는',
        "첫째<br/>둘째",
        "<br>",
        "<지원동기>\n저는 도전했습니다.",
        "도전했습니다.</지원동기>",
        "＜answer＞ 저는",
        "<|im_end|>",
        "도전&nbsp;소통",
        "{{회사명}}에 지원합니다.",
        "**도전**을 중시합니다.",
        "**30% 절감**을 이뤘습니다.",
        "__도전__을 중시합니다.",
        "*도전*을 중시합니다.",
        "# 지원동기",
        "### 성장과정",
        "#지원동기",
        "`python`을 썼습니다.",
        "> 인용",
        "앞 문단\n---\n뒤 문단",
        "[블로그](https://example.com)에",
    ],
)
def test_tag_or_markdown_left_in_the_text(text: str) -> None:
    # Given a tag or Markdown, When checked, Then it is reported
    assert found("tag_residue", text)


@pytest.mark.parametrize(
    "text",
    [
        "책 <어린 왕자>를 읽고 배웠습니다.",
        "《데미안》과 〈기생충〉을 좋아합니다.",
        "a < b이고 c > d인 경우",
        "응답 시간 < 100ms를 목표로",
        "- 첫째, 도전했습니다.",
        "C#과 F#을 썼습니다.",
        "#1 자리를 지켰습니다.",
        "2**10을 계산했습니다.",
        "3 * 4 * 5",
        "R&D 부서에서",
        "[프로젝트 이름]을 맡았습니다.",
        "snake_case__name 규칙",
        "도전 → 성장",
    ],
)
def test_signs_of_ordinary_writing_stay(text: str) -> None:
    # Given signs that people write, When checked, Then they are content
    assert not found("tag_residue", text)


# --- personality type ------------------------------------------------------------------------------

HANGUL_TYPES = (
    "인티제 인팁 엔티제 엔팁 인프제 인프피 엔프제 엔프피 잇티제 잇프제 엣티제 엣프제 잇팁 잇프피 엣팁 엣프피".split()  # noqa: SIM905
)
LATIN_TYPES = [f"{a}{b}{c}{d}" for a in "IE" for b in "NS" for c in "TF" for d in "JP"]


@pytest.mark.parametrize("kind", [*LATIN_TYPES, *HANGUL_TYPES])
@pytest.mark.parametrize("sentence", ["저는 {}라서 계획을 세웁니다.", "{}", "제 유형은 ‘{}’입니다.", "{}형 인재로서"])
def test_each_of_the_sixteen_types_shows(kind: str, sentence: str) -> None:
    # Given a type in Latin or Hangul in a sentence, When checked, Then it is reported
    assert found("personality_type", sentence.format(kind))


@pytest.mark.parametrize(
    "text",
    [
        "MBTI는",
        "mbti 검사",
        "제MBTI는",
        "M.B.T.I",
        "M B T I",
        "ＭＢＴＩ",
        "엠비티아이",
        "엠 비 티 아이",
        "enfp입니다",
        "Enfp",
        "E N F P",
        "E-N-F-P",
        "e.n.f.p",
        "E/N/F/P",
        "E·N·F·P",
        "ＥＮＦＰ",
        "ＥＮ\u200bＦＰ",
        "𝐄𝐍𝐅𝐏",
        "ENFP-T",
        "(INTJ)",
        "I am one of those INTJs.",
        "As an ISTP, I",
        "Myers-Briggs",
        "마이어스-브릭스 검사",
        "이엔에프피라서",
        "아이에스티제이입니다",
        "에스프피",
        "저는 파워 J라서",
        "저는엔프피라서",
    ],
)
def test_personality_type_in_other_spellings(text: str) -> None:
    # Given another way to write it, When checked, Then it is reported
    assert found("personality_type", text)


@pytest.mark.parametrize(
    "text",
    [
        "포인트제를 도입했습니다.",
        "포인트제도",
        "디자인팁을 나눴습니다.",
        "온라인팁과 페이스팁",
        "엔티티 관계도를 그렸습니다.",
        "에스프레소를 내렸습니다.",
        "인프라를 구축했습니다.",
        "인티제작소와 협업했습니다.",
        "이 엔티 피해를 줄였습니다.",
        "T형 인재를 지향합니다.",
        "estimate, intensive",
        "painting and sentpost",
        "EN 규격과 FP 지표",
        "the best job in TJ Media",
        "256 MB, TI 칩",
        "외향적인 편입니다.",
        "팁을 정리했습니다.",
        "ESTABLISH",
        "대문자 E로 표기했습니다.",
    ],
)
def test_words_that_look_like_a_type_stay(text: str) -> None:
    # Given an unrelated word, When checked, Then it is content
    assert not found("personality_type", text)


# --- other companies -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("카카오", "카카오에 지원합니다."),
        ("카카오", "(주)카카오의 문화"),
        ("카카오", "㈜카카오에서"),
        ("카카오뱅크", "카카오뱅크에서 일했습니다."),
        ("카카오페이", "카카오페이를 분석했습니다."),
        ("카카오", "도전했습니다.카카오는"),
        ("네이버", "‘네이버’처럼"),
        ("NAVER", "NAVER의 검색"),
        ("naver", "저는 naver를 좋아합니다."),
        ("KT", "KT에 입사해"),
        ("KT", "저는KT의 인재상에"),
        ("케이티", "케이티에 입사해"),
        ("SK텔레콤", "SK텔레콤에서"),
        ("SKT", "SKT의 인재상"),
        ("SK 하이닉스", "SK 하이닉스의"),
        ("하이닉스", "하이닉스에 지원"),
        ("에스케이하이닉스", "에스케이하이닉스에"),
        ("기아", "기아에 입사해 전기차를 만들고 싶습니다."),
        ("기아", "기아의 인재상에 맞게"),
        ("기아", "기아는 모빌리티 문제를 해결합니다."),
        ("기아자동차", "기아자동차에서"),
        ("기아", "현대자동차·기아의 협력"),
        ("토스", "토스에서 성장하고 싶습니다."),
        ("토스뱅크", "토스뱅크를 써 보고"),
        ("비바리퍼블리카", "비바리퍼블리카에 지원"),
        ("코레일", "코레일의 안전"),
        ("두산", "두산의 인재상"),
        ("두산", "두산이 찾는"),
        ("한화", "한화에 지원합니다."),
        ("한화", "한화로 이직"),
        ("한화", "한화그룹의"),
        ("롯데월드", "롯데월드에서"),
        ("현대 자동차", "현대 자동차에 지원합니다."),
        ("현대차", "현대차의 도전"),
        ("하이브", "하이브의 음악"),
        ("이마트24", "이마트24에서"),
        ("대한항공", "대한항공의 서비스"),
        ("Toss", "I want to work at Toss."),
        ("Kia", "Kia's design"),
        ("KOREAN AIR", "KOREAN AIR flies"),
        ("Hyundai Motors", "I admire Hyundai Motors."),
        ("lotte", "the lotte way"),
        ("Viva Republica", "Viva Republica builds"),
        ("Ｋakao", "Ｋakao의"),
    ],
)
def test_another_company_is_named(name: str, text: str) -> None:
    # Given a letter for 삼성전자 whose facts name no company, When another is named
    detail = found("other_company", text)

    # Then it is reported where it stands
    assert name.replace("Ｋ", "K") in detail


@pytest.mark.parametrize(
    "text",
    [
        "KTX를 타고",
        "케이티엑스를 타고",
        "KT&G 공장",
        "무게는 5 kt입니다.",
        "기아 문제를 해결하는 봉사를 했습니다.",
        "기아를 해결하고자",
        "빈곤과 기아를 줄이려",
        "기아에 시달리는 아이들",
        "기아대책에서 봉사했습니다.",
        "아프리카의 기아",
        "아동 기아 퇴치",
        "토스트를 구웠습니다.",
        "토스터를 고쳤습니다.",
        "동료에게 업무를 토스했습니다.",
        "배구에서 토스를 맡았습니다.",
        "토스를 올리는 세터",
        "백두산에 올랐습니다.",
        "두 산을 넘었습니다.",
        "한화로 약 300만 원",
        "한화 1,000만 원",
        "100달러(한화 13만 원)",
        "친화력과 인한화법",
        "한화면에 담았습니다.",
        "하이브리드 앱을",
        "하이브 쿼리를 짰습니다.",
        "카카오 함량이 높은 초콜릿",
        "카카오닙스를",
        "하이마트에서 일했습니다.",
        "샤롯데를 읽었습니다.",
        "현대 자동차 산업의 흐름",
        "현대 건설 기술을 배웠습니다.",
        "웅진 백제의 역사",
        "hong@naver.com",
        "www.naver.com에서",
        "I toss ideas around.",
        "Toss the ball and run.",
        "the Korean Air Force",
        "Korean air quality",
        "skt",
        "현대 사회에서",
        "삼성전자에 지원합니다. Samsung Electronics is great.",
    ],
)
def test_ordinary_words_are_no_companies(text: str) -> None:
    # Given words that contain or equal a company's name, When checked, Then no company is seen
    assert not found("other_company", text)


@pytest.mark.parametrize(
    ("own", "text", "reported"),
    [
        ("SK텔레콤", "SK텔레콤에서", False),
        ("SK텔레콤", "SK하이닉스에서", True),
        ("카카오", "카카오의 문화", False),
        ("카카오", "카카오뱅크의 문화", True),
        ("카카오뱅크", "카카오뱅크의 문화", False),
        ("카카오뱅크", "카카오의 문화", True),
        ("KT", "KT에서 SKT로", True),
        ("KT", "KT에서", False),
        ("기아", "기아의 전기차", False),
        ("기아", "현대자동차의 전기차", True),
        ("현대건설", "현대건설의 현장", False),
        ("현대건설", "현대자동차의 현장", True),
        ("LG전자", "LG유플러스에 지원합니다.", True),
        ("LG전자", "LG이노텍에 지원합니다.", True),
        ("삼성전자", "삼성생명에 지원합니다.", True),
        ("삼성전자", "삼성SDI에 지원합니다.", True),
        ("토스(비바리퍼블리카)", "토스에서 비바리퍼블리카로", False),
    ],
)
def test_names_within_names(own: str, text: str, reported: bool) -> None:
    # Given a company whose name holds, or is held by, another's, When checked, Then the longer name decides
    assert bool(found("other_company", text, brief(own))) is reported


@pytest.mark.parametrize(
    ("facts", "text", "reported"),
    [
        (Facts(experiences=(Experience(title="네이버 부스트캠프"),)), "네이버 부스트캠프에서", False),
        (Facts(motivation="카카오뱅크 앱을 보고"), "카카오뱅크 앱과 카카오를", False),
        (Facts(experiences=(Experience(role="LG전자 인턴"),)), "엘지전자 인턴으로", False),
        (Facts(experiences=(Experience(title="네이버 부스트캠프"),)), "카카오에서", True),
        (Facts(strengths=("KTX를 자주 탑니다",)), "KT에서", True),
        (Facts(motivation="기아 문제를 해결하고 싶다"), "기아의 전기차", True),
        (Facts(motivation="삼성전자 공모전"), "삼성전자 공모전에서", False),
    ],
)
def test_the_persons_own_facts_may_name_a_company(facts: Facts, text: str, reported: bool) -> None:
    # Given facts, When the text names a company, Then only one that the facts do not name is reported
    assert bool(found("other_company", text, brief(facts=facts))) is reported


def test_the_own_name_in_the_facts_excuses_no_other() -> None:
    # Given facts that name the own company, whose name begins with another's
    asked = brief("카카오뱅크", facts=Facts(motivation="카카오뱅크 앱을 쓰다가"))

    # When the other one is named, Then it is reported
    assert "카카오의" in found("other_company", "카카오의 문화", asked)


def test_the_companys_record_may_name_another() -> None:
    # Given a record that names a sister company
    record = replace(brief("기아"), company=company("기아", "Kia", summary="현대자동차와 함께 움직입니다."))

    # When the letter does, too, Then it is no slip
    assert not found("other_company", "현대자동차와 함께 움직이는 기아에서", record)


def test_a_company_that_a_curator_added_is_found_too() -> None:
    # Given a company the checks have no special knowledge of, with signs of its own in its name
    asked = replace(brief(), other_companies=("(주)한빛소프트+", "Hanbit (C++)", ""))

    # When it is named, Then it is found, and nothing else is
    assert "한빛소프트+" in found("other_company", "한빛소프트+의 문화", asked)
    assert not found("other_company", "주 5일 일하는 곳", asked)


# --- the own company -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "text", "wrong"),
    [
        ("삼성전자", "삼성 전자에 지원합니다.", "삼성 전자"),
        ("삼성전자", "삼성전지에 지원합니다.", "삼성전지"),
        ("삼성전자", "삼성에 지원합니다.", "삼성에"),
        ("삼성전자", "귀사에 지원합니다.", "귀사에"),
        ("삼성전자", "귀사의 인재상", "귀사의"),
        ("삼성전자", "귀 회사에서", "귀 회사"),
        ("삼성전자", "삼성맨이 되어", "삼성맨"),
        ("삼성전자", "samsung electronics에", "samsung electronics"),
        ("삼성전자", "At Samsung Electronic I", "Samsung Electronic"),
        ("삼성전자", "At Samsumg Electronics I", "Samsumg Electronics"),
        ("삼성전자", "your esteemed company", "your esteemed company"),
        ("현대자동차", "현대 자동차에서", "현대 자동차"),
        ("현대자동차", "현대차에서", "현대차"),
        ("LG전자", "엘지전자에서", "엘지전자"),
        ("LG전자", "LG 전자에서", "LG 전자"),
        ("SK하이닉스", "SK하이닉슨에서", "SK하이닉슨"),
        ("SK하이닉스", "하이닉스에서", "하이닉스"),
        ("SK하이닉스", "SK Hynix에서", "SK Hynix"),
    ],
)
def test_own_name_written_otherwise(own: str, text: str, wrong: str) -> None:
    # Given another spelling of the own name, When checked
    detail = found("own_company", text, brief(own))

    # Then it is reported with the right one, and not as another company
    assert wrong in detail
    assert COMPANIES[own].name in detail
    assert not found("other_company", text, brief(own))


@pytest.mark.parametrize(
    ("own", "text"),
    [
        ("삼성전자", "삼성전자에 지원합니다."),
        ("삼성전자", "삼성전자의 Samsung Electronics"),
        ("삼성전자", "외근 후 귀사했습니다."),
        ("삼성전자", "흡혈귀사진을"),
        ("삼성전자", "삼성동에서 삼성역까지"),
        ("현대자동차", "현대 자동차 산업의 흐름"),
        ("현대자동차", "현대 사회의"),
        ("이마트", "이 마트에서"),
        ("두산", "두 산을 넘어"),
        ("기아", "기아 문제를 해결"),
        ("토스(비바리퍼블리카)", "토스에서 배우고"),
        ("한국철도공사(코레일)", "코레일에서 배우고"),
        ("KT", "KT에서 배우고"),
    ],
)
def test_own_name_written_well(own: str, text: str) -> None:
    # Given the recorded name or an unrelated word, When checked, Then nothing is said
    assert not found("own_company", text, brief(own))


def test_a_short_form_that_the_facts_use_is_fine() -> None:
    # Given a person who learnt at the group's academy, When the text says so, Then it is no short form
    asked = brief(facts=Facts(education=("삼성 청년 SW 아카데미",)))
    assert not found("own_company", "삼성 청년 SW 아카데미에서 배웠습니다.", asked)


@pytest.mark.parametrize(
    ("own", "text", "number", "missing"),
    [
        ("삼성전자", "이 회사에 지원합니다.", 1, True),
        ("삼성전자", "이 회사에 지원합니다.", 3, False),
        ("삼성전자", "삼성 전자에 지원합니다.", 1, True),
        ("삼성전자", "삼성전자에 지원합니다.", 1, False),
        ("삼성전자", "Samsung Electronics에 지원합니다.", 1, False),
        ("기아", "기아 문제를 해결했습니다.", 1, True),
        ("기아", "기아의 전기차", 1, False),
        ("토스(비바리퍼블리카)", "토스에 지원합니다.", 1, False),
    ],
)
def test_the_first_item_names_the_company(own: str, text: str, number: int, missing: bool) -> None:
    # Given an item, When the own company's full name does not stand in it, Then only the first item lacks it
    said = details(check(text, number, brief(own)), "own_company")
    assert any("정확한 이름이 나오지 않습니다" in detail for detail in said) is missing


# --- numbers ---------------------------------------------------------------------------------------

GIVEN = Facts(
    job="백엔드 개발자",
    education=("한빛대학교 컴퓨터공학과 (2019-2023)",),
    experiences=(
        Experience(
            title="주문 시스템 개선",
            role="세 명 중 팀장",
            period="23.03~24.02",
            action="쿼리 1,500개를 정리하고 응답 시간을 120ms에서 80ms로 줄임",
            result="비용 30% 절감, 가입자 3만 명, 매출 2.5배, 사내 공모전 5위",
        ),
    ),
)


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("40% 줄였습니다.", ["40%"]),
        ("1200개를 정리했습니다.", ["1200개"]),
        ("2021년에 시작했습니다.", ["2021년"]),
        ("1등을 했습니다.", ["1등"]),
        ("공모전 1위", ["1위"]),
        ("12명과 5개월 동안", ["12명", "5개월"]),
        ("가입자 5만 명", ["5만"]),
        ("3명이 3천 명을", ["3천"]),
        ("80% 줄였습니다.", ["80%"]),
        ("3년 경력", []),
        ("13가지 방법", ["13가지"]),
        ("토익 900점", ["900점"]),
        ("만족도 100%", ["100%"]),
        ("２０명과 함께", ["２０명"]),
        ("40 percent and 7 people", ["40 percent", "7 people"]),
        ("합니다.9명이", ["9명"]),
        ("3위를 했습니다.", ["3위"]),
        ("2등과 3등", ["2등", "3등"]),
    ],
)
def test_numbers_that_were_not_given(text: str, reported: list[str]) -> None:
    # Given facts with numbers, When the text has others, Then exactly those are reported
    detail = found("number_not_given", text, brief(facts=GIVEN))
    assert bool(detail) is bool(reported)
    assert all(number in detail for number in reported)


@pytest.mark.parametrize(
    "text",
    [
        "30% 절감했습니다.",
        "30 % 절감했습니다.",
        "30퍼센트 절감",
        "saved 30 percent",
        "1500개, 1,500개",
        "30,000명의 가입자",
        "3만 명의 가입자",
        "2.5배로 늘었습니다.",
        "120ms에서 80ms로",
        "2023년 3월부터 2024년 2월까지",
        "2023.03부터 2024.02까지",
        "23년 3월",
        "’23년",
        "2019년에 입학했습니다.",
        "3명 중 팀장",
        "공모전에서 5위를 했습니다.",
        "3가지를 배웠습니다. 2번째는 1단계입니다.",
        "the 1st of 4 reasons",
        "24시간 고민하고 365일",
        "4차 산업혁명과 21세기",
        "1:1 상담, 1대1 상담",
        "5G와 3D, B2B, UTF-8, GPT-4, HTML5",
        "4K 영상",
        "코로나19와 COVID-19",
        "1. 첫째\n2. 둘째\n(3) 셋째",
        "[예: 45% 개선]",
        "① 첫째 ② 둘째 m²",
        "한 가지, 열 명, 수십 번",
        "숫자가 없습니다.",
    ],
)
def test_given_and_idiomatic_numbers_stay(text: str) -> None:
    # Given facts with numbers, When the text repeats them or counts idly, Then it is content
    assert not found("number_not_given", text, brief(facts=GIVEN))


def test_numbers_of_the_companys_record_are_given() -> None:
    # Given a record that counts its principles, When the text does, Then the number stands
    record = replace(brief("기아"), company=company("기아", "Kia", summary="열다섯 가지 원칙과 7대 가치"))
    assert not found("number_not_given", "15가지 원칙과 7대 가치", record)


# --- blanks, clichés, repetition -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "blanks"),
    [
        ("[프로젝트 이름]에서 [수치 입력]을 달성", ["[프로젝트 이름]", "[수치 입력]"]),
        ("［기간］ 동안", ["[기간]"]),
        ("at [company name]", ["[company name]"]),
        ("각주 [1]과 [x], 목록[]", []),
        ("[블로그](https://example.com)", []),
        ("(괄호)와 {중괄호}", []),
    ],
)
def test_blanks_are_listed(text: str, blanks: list[str]) -> None:
    # Given blanks, When checked, Then each is listed
    detail = found("blanks", text)
    assert bool(detail) is bool(blanks)
    assert all(blank in detail for blank in blanks)


@pytest.mark.parametrize(
    "text",
    [
        "열심히 하겠습니다.",
        "최선을 다하겠습니다.",
        "최선을 다해",
        "준비된 인재입니다.",
        "어릴 때부터",
        "어렸을 때부터",
        "어릴 적부터",
        "귀사에 뼈를 묻겠습니다.",
        "뼈를 묻을 각오로",
        "I will do my best.",
        "I am a hard-working person.",
        "Ever since I was a child",
    ],
)
def test_cliches(text: str) -> None:
    # Given a cliché, When checked, Then it is pointed out
    assert found("cliche", text)


@pytest.mark.parametrize(
    "text", ["최선의 방법을 찾았습니다.", "어릴 때 이사했습니다.", "외근 후 귀사했습니다.", "hard disk"]
)
def test_plain_expressions_are_no_cliches(text: str) -> None:
    # Given an expression that looks alike, When checked, Then it is content
    assert not found("cliche", text)


SENTENCE = "저는 원인을 데이터로 찾아 동료와 함께 해결했습니다."
ENGLISH = "I looked for the cause in the data and solved it with my team."


@pytest.mark.parametrize(
    ("text", "repeated"),
    [
        (f"{SENTENCE} 그 뒤로도 이어 갔습니다. {SENTENCE}", True),
        (f"{SENTENCE}\n\n{SENTENCE[:-1]}!", True),
        (f"{SENTENCE}{SENTENCE}", True),
        (f"{ENGLISH} Then I rested. {ENGLISH.upper()}", True),
        (f"{SENTENCE} {ENGLISH}", False),
        ("감사합니다. 감사합니다.", False),
        ("[프로젝트 이름과 기간]\n[프로젝트 이름과 기간]", False),
        ("응답 시간을 2.5초에서 줄였습니다. 응답 시간을 3.5초에서 줄였습니다.", False),
    ],
)
def test_a_sentence_twice_in_an_item(text: str, repeated: bool) -> None:
    # Given a text, When a sentence of some length comes twice, Then it is said once
    said = details(check(text, 2, brief()), "repeated_sentence")
    assert len(said) == int(repeated)


def test_a_sentence_in_two_items_is_the_later_items_problem() -> None:
    # Given items of which 3 and 4 repeat item 1, one of them twice
    texts = {
        4: f"{SENTENCE} {SENTENCE}",
        1: f"처음입니다. {SENTENCE}",
        2: "다른 이야기를 길게 적었습니다.",
        3: SENTENCE,
    }

    # When the letter is checked
    problems = check_letter(texts, brief())

    # Then the later ones say so, once each, and name the first
    assert sorted(problems) == [3, 4]
    for number in (3, 4):
        (problem,) = problems[number]
        assert problem.check == "repeated_sentence"
        assert "1번 항목(지원동기)" in problem.detail


def test_missing_items_repeat_nothing() -> None:
    # Given a letter half written, When checked, Then there is nothing to say
    assert check_letter({1: "", 2: "", 3: SENTENCE, 4: ""}, brief()) == {}


# --- whole letters ---------------------------------------------------------------------------------

CLEAN = {
    "ko": "저는 삼성전자에서 [직무 이름]으로 일하고 싶습니다. 도전을 중시하는 곳에서 배운 것을 넓히려 합니다.\n\n"
    "주문 시스템을 개선할 때 쿼리 1,500개를 정리했고, 비용을 30% 줄였습니다. 세 명이 역할을 나눠 맡았습니다.",
    "en": "I want to work as a [job title] at Samsung Electronics. I hope to broaden what I have learnt.\n\n"
    "When I improved the ordering system, I sorted out 1,500 queries and cut costs by 30%.",
}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_honest_text_has_only_blanks_to_fill(language: Language) -> None:
    # Given a text made of facts, the record and a blank, When checked
    problems = check(CLEAN[language], 1, brief(language=language, facts=GIVEN))

    # Then nothing but its length and its blank is noted
    assert [problem.check for problem in problems] == ["too_short", "blanks"]


BAD = (
    "갹\n<b>As an INTJ</b>, I always do my best at Kakao and at your company [name]. I led 77 people there every day. "
    "I led 77 people there every day."
)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_details_are_in_the_letters_language(language: Language) -> None:
    # Given a text with every fault, When checked
    problems = check(BAD, 1, brief(language=language)) + check("가" * 2000, 2, brief(language=language))

    # Then every check speaks, and in one language
    assert {problem.check for problem in problems} == {key for key in SENTENCES["ko"] if "." not in key} - {"more"}
    first_letters = {problem.detail.split(":")[0] for problem in problems}
    assert all(any("가" <= letter <= "힣" for letter in said) is (language == "ko") for said in first_letters)


def test_both_languages_say_the_same_things() -> None:
    # Given the sentences, When compared, Then none lacks its translation
    assert SENTENCES["ko"].keys() == SENTENCES["en"].keys()


def test_a_long_list_is_cut_with_a_count() -> None:
    # Given many blanks, When listed, Then the detail stays short and says how many are left
    detail = found("blanks", " ".join(f"[빈칸 {letter}]" for letter in "가나다라마바사아자차"))
    assert "[빈칸 바]" in detail
    assert "외 4곳" in detail


def test_the_text_is_never_taken_for_a_format_or_a_pattern() -> None:
    # Given braces, backslashes and percent signs, When checked, Then the text is only quoted
    assert found("blanks", "[{0} \\1 %s {name}]").endswith("[{0} \\1 %s {name}]")


@given(st.text(max_size=200), st.sampled_from([1, 2]), st.sampled_from(["ko", "en"]))
@settings(max_examples=100, deadline=None)
def test_any_text_can_be_checked(text: str, number: int, language: Language) -> None:
    # Given any text at all, also as a fact, When checked, Then there are problems, never an error
    asked = brief(language=language, facts=Facts(motivation=text))
    assert all(problem.detail for problem in check(text, number, asked))
    check_letter({1: text, 2: text}, asked)


def test_letters_that_equal_others_only_in_another_case_are_no_error() -> None:
    # Given letters whose capitals and small forms differ between alphabets, When checked, Then nothing breaks
    assert check("KİA Kıa KAKAO ſK hynİx HANWHA", 1, brief())


@pytest.mark.parametrize(
    "text",
    [
        "<" * 20000,
        "[" * 20000,
        "*" * 20000,
        "1," * 10000,
        "가" * 20000,
        "e n f " * 4000,
        "<a " + "=" * 20000,
        f"가{chr(10) * 20000}가",
    ],
)
def test_hostile_texts_take_no_long_time(text: str) -> None:
    # Given a long text made to make patterns backtrack, When checked
    started = time.perf_counter()
    check(text, 1, brief())

    # Then it takes a moment, not minutes (the bound is generous: machines are shared)
    assert time.perf_counter() - started < 3
