"""Whom the work of an industry reaches in the end: an interpretation, not a fact about any company."""

from __future__ import annotations

from random import Random

KOREAN: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "반도체",
        ("작은 부품에 기대어 일하는 사람", "반도체가 들어간 제품을 쓰는 사람", "고장 없이 기기를 쓰고 싶은 사람"),
    ),
    ("가전", ("집 안에서 제품을 켜는 사람", "살림의 수고를 덜고 싶은 사람", "매일 손이 닿는 제품을 쓰는 가족")),
    ("전자", ("제품을 처음 손에 쥐는 사람", "기기를 매일 쓰는 사람", "전자 제품을 믿고 고르는 사람")),
    ("자동차", ("운전석에 앉는 사람", "차를 타고 집으로 돌아가는 사람", "길 위에서 시간을 보내는 사람")),
    ("배터리", ("충전을 기다리는 사람", "배터리를 믿고 쓰는 사람", "저장한 에너지로 하루를 움직이는 사람")),
    (
        "철강",
        ("철로 지은 구조물에 기대어 사는 사람", "단단한 재료를 믿고 쓰는 고객", "무거운 소재를 다루는 현장의 동료"),
    ),
    ("화학", ("생활용품 속 소재를 쓰는 사람", "소재를 받아 제품을 만드는 고객", "안전한 물질을 바라는 사람")),
    ("정유", ("주유구 앞에 선 운전자", "에너지를 끊김 없이 쓰고 싶은 사람", "안전한 공급을 기다리는 사람")),
    ("방산", ("안전한 내일을 바라는 사람", "에너지와 금융을 믿고 맡기는 고객", "큰 책임을 나누어 지는 동료")),
    ("기계", ("기계 옆에서 일하는 사람", "설비를 믿고 돌리는 현장의 작업자", "에너지를 매일 쓰는 사람")),
    ("조선", ("배 위에서 일하는 사람", "먼바다로 나가는 사람", "크고 무거운 것을 다루는 현장의 동료")),
    ("건설", ("건물 안에서 살아갈 사람", "현장에서 함께 일하는 사람", "오래 남을 시설을 쓰는 사람")),
    ("통신", ("끊기지 않는 연결을 기다리는 사람", "전화 한 통을 기다리는 사람", "연결을 믿고 일하는 사람")),
    ("플랫폼", ("화면 앞에서 답을 찾는 사람", "서비스를 매일 여는 이용자", "플랫폼 위에서 일하고 이야기하는 사람")),
    ("커머스", ("문 앞에서 상자를 여는 고객", "주문 버튼을 누르는 사람", "장을 볼 시간이 모자란 사람")),
    ("핀테크", ("돈의 흐름을 쉽게 알고 싶은 사람", "송금 화면 앞에서 망설이는 이용자", "금융을 어렵게 느끼는 사람")),
    ("게임", ("게임을 켜고 쉬는 사람", "즐거움을 찾아 플레이하는 사람", "다음 장면을 기대하는 이용자")),
    ("은행", ("돈을 믿고 맡기는 고객", "창구와 화면 앞에 선 고객", "내일의 살림을 계획하는 고객")),
    ("금융", ("돈을 믿고 맡기는 사람", "살림을 꾸리는 사람", "금융을 이용하는 사람")),
    ("식품", ("식탁 앞에 앉는 사람", "먹거리를 믿고 고르는 사람", "끼니를 준비하는 사람")),
    ("유통", ("장바구니를 채우는 고객", "매장에서 물건을 고르는 사람", "물건을 믿고 사는 고객")),
    ("화장품", ("거울 앞에 선 고객", "피부에 닿는 제품을 고르는 사람", "자신을 돌보는 고객")),
    ("항공", ("비행기에 오르는 승객", "먼 길을 떠나는 승객", "하늘길을 믿고 오르는 사람")),
    ("바이오", ("약을 기다리는 환자", "건강을 되찾으려는 사람", "약의 품질을 믿는 사람")),
    ("제약", ("약을 믿고 먹는 사람", "아픈 몸으로 하루를 보내는 사람", "건강을 믿고 맡기는 사람")),
    ("엔터", ("무대와 화면을 기다리는 팬", "콘텐츠에서 위로를 찾는 사람", "작품을 만나는 사람")),
    ("전력", ("집과 일터에서 불을 켜는 사람", "전기가 끊기지 않기를 바라는 사람", "전기에 기대어 하루를 사는 사람")),
    ("철도", ("열차를 타는 사람", "제시간에 도착하기를 바라는 승객", "선로 위를 오가는 사람")),
    ("교육", ("배움을 이어 가는 사람", "배움에 기대를 거는 아이와 부모", "서비스로 일과 배움을 잇는 고객")),
    ("물류", ("물건을 기다리는 사람", "정해진 시간에 물건을 받아야 하는 고객", "현장에서 짐을 옮기는 사람")),
    ("보험", ("뜻밖의 일을 걱정하는 사람", "약속을 믿고 가입한 고객", "어려운 순간에 연락하는 고객")),
    ("의료", ("치료를 기다리는 환자", "건강을 믿고 맡기는 사람", "아픈 사람 곁의 가족")),
    (
        "에너지",
        ("에너지를 끊김 없이 쓰고 싶은 사람", "안전한 공급을 기다리는 사람", "에너지에 기대어 하루를 사는 사람"),
    ),
    ("소프트웨어", ("화면 앞에서 일을 처리하는 사용자", "시스템을 믿고 일하는 사람", "오류 없이 쓰고 싶은 사용자")),
    ("IT", ("화면 앞에서 일을 처리하는 사용자", "시스템을 믿고 일하는 사람", "오류 없이 쓰고 싶은 사용자")),
    ("호텔", ("하루를 쉬어 가는 손님", "낯선 곳에서 짐을 푸는 사람", "다시 찾아올 손님")),
    ("여행", ("낯선 곳으로 떠나는 사람", "여행을 기다리는 고객", "쉼을 찾는 사람")),
)

ANY_KOREAN = ("결과물을 실제로 쓰는 사람", "서비스를 믿고 맡기는 고객", "일의 끝에서 도움을 받는 사람")

ENGLISH: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "semiconductor",
        ("the people whose devices rest on very small parts", "everyone who expects a device simply to work"),
    ),
    ("electronic", ("the person who holds the product every day", "the household that relies on the product")),
    ("automobile", ("the person behind the wheel", "everyone who wants to come home safely")),
    ("batter", ("the people who trust a battery with their safety", "the person waiting for a charge")),
    ("steel", ("the people who live and work inside what steel holds up", "the makers who depend on sound material")),
    ("chemical", ("the people who use materials they never see", "the makers who depend on safe materials")),
    ("refining", ("the people who need energy without interruption", "the driver at the pump")),
    ("defence", ("the people who want a safe tomorrow", "the people who entrust large matters to others")),
    ("machinery", ("the people who work beside the machine", "the site that has to keep running")),
    ("ship", ("the crew that goes to sea", "the colleagues who handle heavy work safely")),
    ("construction", ("the people who will live in the building", "the people who work on the site")),
    ("telecom", ("the person waiting for a connection that holds", "everyone whose day runs on a connection")),
    ("platform", ("the person looking for an answer on a screen", "the people who open the service every day")),
    ("commerce", ("the customer who opens the box at the door", "the person with no time left to shop")),
    ("fintech", ("the person who wants to understand their own money", "the user who finds finance difficult")),
    ("game", ("the person who plays to rest", "the player who waits for the next scene")),
    ("bank", ("the customer who entrusts their savings", "the people planning their next year")),
    ("retail", ("the customer filling a basket", "the person choosing what to bring home")),
    ("food", ("the people who sit down at the table", "the person who prepares a meal")),
    ("cosmetic", ("the customer in front of the mirror", "the person choosing what touches their skin")),
    ("airline", ("the passenger who steps on board", "everyone who travels far and wants to arrive safely")),
    ("bio", ("the patient who waits for a medicine", "the people whose health depends on careful work")),
    ("pharma", ("the person who trusts a medicine", "the patient and the family beside them")),
    ("entertainment", ("the audience that waits for a work", "the people who find comfort in a song or a scene")),
    ("power", ("the homes and workplaces that switch on a light", "everyone who counts on electricity")),
    ("railway", ("the passenger who needs to arrive on time", "the people who trust the train with their safety")),
    ("education", ("the person who keeps learning", "the families who expect something from learning")),
)

ANY_ENGLISH = (
    "the people who use the result",
    "the customer who trusts the service",
    "the person helped at the end of the work",
)


def beneficiary(industry: str, english: bool, random: Random) -> str:
    """A noun phrase. The part of the industry's name that is listed first in it counts."""
    bank, rest = (ENGLISH, ANY_ENGLISH) if english else (KOREAN, ANY_KOREAN)
    named = [
        (industry.lower().index(part.lower()), phrases) for part, phrases in bank if part.lower() in industry.lower()
    ]
    phrases = min(named, key=lambda found: found[0])[1] if named else rest
    return random.choice(phrases)
