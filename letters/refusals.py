"""The sentences for a letter that could not be written: why, and what to do next.

A table instead of translations, as in `photos.refusals`: the sentence has the letter's language, not the request's.
"""

from __future__ import annotations

from letters.brief import Language

SENTENCES: dict[str, dict[Language, str]] = {
    "filtered": {
        "ko": "글쓰기 서비스의 안전 기준 때문에 이 내용으로는 자기소개서를 끝까지 쓸 수 없었습니다. "
        "적어 주신 내용을 고친 뒤 자기소개서를 새로 받아 주세요.",
        "en": "The writing service's safety rules did not allow the whole letter with these facts. "
        "Please change what you told us, then have a new letter written.",
    },
    "failed": {
        "ko": "자기소개서를 끝까지 쓰지 못했습니다. 이미 쓴 항목은 그대로 있습니다. 다시 시도해 주세요.",
        "en": "The letter could not be finished. The items already written are kept. Please try again.",
    },
}


def sentence(code: str, language: str) -> str:
    """Why the letter is incomplete, in the letter's language."""
    return SENTENCES.get(code, SENTENCES["failed"])["en" if language == "en" else "ko"]
