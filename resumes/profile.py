"""Validates and normalises what a person writes about themselves: name, phone, MBTI, facts."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from letters.brief import Experience, Facts
from letters.characters import normalised

MBTI = re.compile(r"[EI][NS][FT][JP]")
MOBILE = re.compile(r"01[016789][0-9]{7,8}")
"""Korean mobile numbers: 010 with eight digits, the older 011 016 017 018 019 with seven or eight."""
LONGEST_NAME = 40
LONGEST_TEXT = 3000
LONGEST_FACTS = 8000
"""Characters of all facts together. A letter uses a fraction of them, and each check of a letter reads them all."""
MOST_ENTRIES = 20


def name(value: str) -> str:
    """The name in composed form, one space between words. Raises ValidationError."""
    composed = " ".join(normalised("NFC", value).split())
    if not 1 <= len(composed) <= LONGEST_NAME:
        raise serializers.ValidationError(_("이름은 1자에서 40자까지 적어 주세요."), code="length")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co") for character in composed) or not any(
        character.isalnum() for character in composed
    ):
        raise serializers.ValidationError(_("이름에 쓸 수 없는 글자가 있습니다."), code="characters")
    return composed


def phone(value: str) -> str:
    """A Korean mobile number as 010-1234-5678, from any usual spelling. Raises ValidationError."""
    plain = normalised("NFKC", value)
    if not re.fullmatch(r"[0-9\s()+.\-–—‐‑−·/]+", plain):
        raise _not_a_mobile()
    digits = re.sub(r"\D", "", plain)
    if plain.strip().lstrip("(").startswith("+") or digits.startswith(("82", "0082")):
        digits = re.sub(r"^(?:00)?82", "", digits)
        digits = digits if digits.startswith("0") else "0" + digits
    if not MOBILE.fullmatch(digits) or (digits.startswith("010") and len(digits) != 11):
        raise _not_a_mobile()
    return f"{digits[:3]}-{digits[3:-4]}-{digits[-4:]}"


def _not_a_mobile() -> serializers.ValidationError:
    return serializers.ValidationError(_("휴대폰 번호를 010-1234-5678처럼 적어 주세요."), code="phone")


def masked_phone(value: str) -> str | None:
    """010-****-5678; None when no number was given."""
    if not value:
        return None
    first, middle, last = value.split("-")
    return f"{first}-{'*' * len(middle)}-{last}"


def mbti(value: str) -> str:
    """The type in capitals. Raises ValidationError."""
    plain = normalised("NFKC", value).strip().upper()
    if not MBTI.fullmatch(plain):
        raise serializers.ValidationError(_("MBTI는 ENFP처럼 네 글자로 적어 주세요."), code="mbti")
    return plain


def facts(value: Any) -> dict[str, Any]:
    """The facts in the API's form; every part is optional. Raises ValidationError."""
    if not isinstance(value, dict):
        raise serializers.ValidationError(_("사실(facts)은 JSON 객체로 보내 주세요."), code="facts")
    texts = ("job", "weakness", "motivation")
    lists = ("education", "strengths")
    unknown = sorted(set(value) - {*texts, *lists, "experiences"})
    if unknown:
        raise serializers.ValidationError(
            _("알 수 없는 항목입니다: %(names)s") % {"names": _shown(unknown)}, code="unknown"
        )
    clean: dict[str, Any] = {key: _text(key, value[key]) for key in texts if value.get(key) is not None}
    for key in lists:
        if value.get(key) is not None:
            clean[key] = [_line(key, entry) for entry in _list(key, value[key])]
    if value.get("experiences") is not None:
        clean["experiences"] = [_experience(entry) for entry in _list("experiences", value["experiences"])]
    if _characters(clean) > LONGEST_FACTS:
        raise serializers.ValidationError(_("사실(facts)은 모두 합쳐 8,000자까지 적을 수 있습니다."), code="too_long")
    return clean


def _characters(value: Any) -> int:
    """The number of characters in all texts of the facts, without the keys."""
    if isinstance(value, str):
        return len(value)
    return sum(map(_characters, value.values() if isinstance(value, dict) else value))


def typed_facts(stored: dict[str, Any]) -> Facts:
    """The stored facts as `letters.brief.Facts`."""
    return Facts(
        job=stored.get("job", ""),
        education=tuple(stored.get("education", ())),
        experiences=tuple(Experience(**experience) for experience in stored.get("experiences", ())),
        strengths=tuple(stored.get("strengths", ())),
        weakness=stored.get("weakness", ""),
        motivation=stored.get("motivation", ""),
    )


def _shown(names: list[str]) -> str:
    """A person's own keys for an error message, shortened, without characters that cannot be shown."""
    return ", ".join(names).encode("utf-8", "replace").decode()[:200]


def _text(key: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise serializers.ValidationError(_("%(name)s: 글로 적어 주세요.") % {"name": key}, code="text")
    text = normalised("NFC", str(value)).replace("\x00", "").strip()
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise serializers.ValidationError(_("%(name)s: 쓸 수 없는 글자가 있습니다.") % {"name": key}, code="characters")
    if len(text) > LONGEST_TEXT:
        raise serializers.ValidationError(_("%(name)s: 3,000자까지 적을 수 있습니다.") % {"name": key}, code="too_long")
    return text


def _list(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise serializers.ValidationError(_("%(name)s: 목록으로 보내 주세요.") % {"name": key}, code="list")
    if len(value) > MOST_ENTRIES:
        raise serializers.ValidationError(_("%(name)s: 20개까지 적을 수 있습니다.") % {"name": key}, code="too_many")
    return value


def _line(key: str, value: Any) -> str:
    """One entry as a line of text. A school may come as an object of several texts."""
    if isinstance(value, dict):
        return " ".join(part for part in (_text(key, part) for part in value.values() if part is not None) if part)
    return _text(key, value)


def _experience(value: Any) -> dict[str, str]:
    names = ("title", "role", "period", "action", "result")
    if not isinstance(value, dict) or set(value) - set(names):
        raise serializers.ValidationError(
            _("experiences: %(names)s만 적을 수 있습니다.") % {"names": ", ".join(names)}, code="experience"
        )
    return {key: _text(key, value[key]) for key in names if value.get(key) is not None}
