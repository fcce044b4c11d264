"""Checks a prompt before a curator can save it.

Models neither shorten nor correct a prompt, so a wrong one is refused.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from photos.outpainting.prompts import LONGEST, LOOK, longest, placeholders

FEWEST_WORDS = 3
"""With fewer words it cannot describe a portrait."""

_FOREIGN = re.compile(r"[^\x20-\x7e]+")
_WORD = re.compile(r"[A-Za-z]{2,}")


def one_line(text: str) -> str:
    """The text with each run of white space replaced by one space. White space means nothing to a model."""
    return " ".join(text.split())


def faults_of_text(text: str, *, wears_look: bool) -> list[ValidationError]:
    """All faults of a prompt. `wears_look`: whether it must have the outfit's placeholder."""
    return [*_faults_of_placeholders(text, wears_look=wears_look), *_faults(text, longest(text), FEWEST_WORDS)]


def faults_of_negative(negative: str) -> list[ValidationError]:
    """All faults of a negative prompt."""
    if "{" in negative or "}" in negative:
        return [ValidationError(_("피할 것에는 {look} 같은 자리표시를 쓸 수 없습니다."), code="placeholder")]
    return _faults(negative, len(negative), 1)


def _faults(text: str, characters: int, fewest: int) -> list[ValidationError]:
    faults = []
    if foreign := _FOREIGN.findall(text):
        message = _("이미지 모델은 영어만 알아듣습니다. 영어 글자와 문장 부호로 바꿔 주세요: %(found)s")
        faults.append(ValidationError(message, params={"found": " ".join(foreign)[:40]}, code="foreign"))
    elif len(_WORD.findall(text)) < fewest:
        message = _("모델이 알아들을 영어 낱말이 %(fewest)d개는 있어야 합니다.")
        faults.append(ValidationError(message, params={"fewest": fewest}, code="wordless"))
    if characters > LONGEST:
        message = _("모델에 보낼 글이 %(count)d자입니다. %(longest)d자까지 보낼 수 있으니 줄여 주세요.")
        faults.append(ValidationError(message, params={"count": characters, "longest": LONGEST}, code="too_long"))
    return faults


def _faults_of_placeholders(text: str, *, wears_look: bool) -> list[ValidationError]:
    try:
        found = placeholders(text)
    except ValueError:
        return [ValidationError(_("중괄호의 짝이 맞지 않습니다. 중괄호는 {look}에만 씁니다."), code="braces")]
    unknown = [name for name in found if name != LOOK]
    if unknown or "{{" in text or "}}" in text:
        named = ", ".join(f"{{{name}}}" for name in unknown) or "{{ }}"
        message = _("쓸 수 없는 자리표시입니다: %(found)s. {look}만 쓸 수 있습니다.")
        return [ValidationError(message, params={"found": named}, code="placeholder")]
    if wears_look and not found:
        message = _("{look}을 넣어 주세요. 없으면 고른 정장과 셔츠·블라우스가 그림에 나오지 않습니다.")
        return [ValidationError(message, code="look_missing")]
    if found and not wears_look:
        message = _("‘내 옷 그대로’에는 넣을 옷이 없습니다. {look}을 빼 주세요.")
        return [ValidationError(message, code="look_unwanted")]
    return []
