"""Which words in an experience speak of which values, so that a value is said of a case that fits it."""

from __future__ import annotations

import re

from letters.writers.offline_prose.sanitise import Case

CUES: dict[str, str] = {
    "책임감": r"끝까지|마무리|책임|인수|교대|점검|빠지지|마감|deadline|responsib|handover",
    "도전": r"처음|도전|새로|시도|신규|낯선|대회|공모전|창업|first|new|challenge|contest",
    "열정": r"밤새|자발|동아리|취미|좋아|몰두|동호회|club|passion",
    "창의": r"아이디어|기획|시안|디자인|창작|콘텐츠|발상|idea|design|creat",
    "혁신": r"개선|바꾸|바꿔|자동화|도입|전환|개편|혁신|automat|redesign|improv",
    "소통": r"설명|설득|발표|듣|인터뷰|질문|대화|회의|소통|interview|present|explain|listen",
    "고객": r"고객|손님|사용자|이용자|불편|민원|판매|매장|응대|customer|user|client",
    "협력": r"팀|함께|협업|협력|조율|나누어|동료|역할을|team|together|collaborat|coordinat",
    "정직": r"정직|사실대로|정산|회계|감사|공개|솔직|honest|audit",
    "신뢰": r"약속|신뢰|믿|빠지지|꾸준|trust|promise",
    "배려": r"봉사|멘토|아동|학생|어르신|도움|도와|배려|돌봄|volunteer|mentor|child",
    "존중": r"다문화|외국인|의견|갈등|존중|차이|respect|conflict",
    "전문성": r"연구|실험|설계|구현|개발|자격|전공|논문|기술|research|develop|engineer|implement|built",
    "탁월": r"수상|최우수|1등|최고|상위|대상|award|prize|best",
    "글로벌": r"해외|외국|영어|교환|글로벌|국제|번역|abroad|international|english",
    "성과": r"매출|성과|목표|달성|증가|향상|%|배로|sales|target|achiev|increas",
    "끈기": r"매일|매주|꾸준|반복|개월|열 달|1년|2년|끈기|계속|daily|weekly|every",
    "원칙": r"점검|기준|절차|규칙|안전|목록|매뉴얼|유통기한|표준|checklist|rule|safety|manual",
    "자발성": r"스스로|자발|먼저 나|제안|주도|자진|자체|propos|initiat|volunteer",
    "실행력": r"실행|진행|운영|추진|바로|시험|출시|launch|ran|execut|organi[sz]",
    "속도": r"단축|빠르|시간을 줄|대기 시간|효율|일정|줄였|줄었|faster|shorten|reduc",
    "개선": r"개선|고치|고쳤|피드백|수정|다시|보완|feedback|fix|revis",
    "성장": r"배우|배웠|공부|학습|독학|수료|스터디|learn|stud",
    "문제해결": r"분석|원인|데이터|기록|통계|문제|오류|해결|실험|analy|data|cause|bug|debug",
    "본질": r"근본|원인|구조|전체|전략|설계|system|structure|strateg",
    "우선순위": r"일정|순서|계획|우선|시간표|목록|schedul|plan|priorit",
    "유연성": r"다른 분야|융합|전환|적응|변경|adapt|switch",
    "긍정": r"응원|격려|감사|분위기|즐겁|encourag|cheer",
    "나눔": r"봉사|나눔|기부|지역|사회|환경|재활용|멘토|volunteer|donat|communit|recycl",
    "공정": r"공정|배분|기준|평가|심사|fair|judg",
    "직언": r"제안|설득|반대|건의|협상|persuad|negotiat",
    "현장": r"현장|공장|매장|방문|직접|생산|site|factory|field",
}
"""Keyed by the first keyword of each group of acts."""


def relevance(first_keyword: str, case: Case | None) -> int:
    """How many of the value's cues the experience holds."""
    if case is None or first_keyword not in CUES:
        return 0
    text = " ".join([case.title, case.role, *case.action, *case.result])
    return len({found.lower() for found in re.findall(CUES[first_keyword], text, re.IGNORECASE)})
