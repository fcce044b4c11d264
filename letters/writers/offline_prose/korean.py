"""Korean particles and verb endings, chosen by the sound that the word before them ends in."""

from __future__ import annotations

import re

FIRST_SYLLABLE, LAST_SYLLABLE = "가", "힣"
FINALS = 28
NIEUN, RIEUL, BIEUP, SSANG_SIOT = 4, 8, 17, 20
"""Places of ㄴ ㄹ ㅂ ㅆ among the 28 finals of a Hangul syllable (0: none), as Unicode orders them."""

AFTER_CONSONANT_AND_VOWEL = {
    "은": ("은", "는"),
    "이": ("이", "가"),
    "을": ("을", "를"),
    "과": ("과", "와"),
    "아": ("아", "야"),
    "이라": ("이라", "라"),
    "이라는": ("이라는", "라는"),
    "이라고": ("이라고", "라고"),
    "이었습니다": ("이었습니다", "였습니다"),
    "이며": ("이며", "며"),
    "이나": ("이나", "나"),
    "이었고": ("이었고", "였고"),
    "이라면": ("이라면", "라면"),
}
"""The particle as frames name it, and its two forms."""

CONSONANT_LETTERS, RIEUL_LETTERS = frozenset("LMNR"), frozenset("LR")
"""Latin letters whose Korean names (엘, 엠, 엔, 알) end in a consonant, in ㄹ."""

CONSONANT_DIGITS, RIEUL_DIGITS = frozenset("013678"), frozenset("178")

CONSONANT_WORDS = frozenset({"web", "lab", "app", "tip", "job"})
RIEUL_WORDS = frozenset({"oil"})

OPENING, CLOSING = "([（", ")]）"
SILENT_TAIL = re.compile(r"(?<![^0-9A-Za-z가-힣%])[^0-9A-Za-z가-힣%]+$")
LATIN_TAIL = re.compile(r"(?<![A-Za-z])[A-Za-z]+$")
LONGEST_ACRONYM = 4


def final_of(text: str) -> int:
    """The final consonant that `text` is read with, 0 for none.

    A trailing parenthesis is not read (the rule of the National Institute of Korean Language), except when
    nothing stands before it, as in the blanks `[…]`. For Latin words only a consonant or ㄹ is told from a vowel.
    Weakness: English words are judged by their spelling and some are misjudged.
    """
    spoken = _without_parenthesis(text.rstrip("‘’“”'\".,!? ")) or text
    spoken = SILENT_TAIL.sub("", spoken)
    if not spoken:
        return 0
    last = spoken[-1]
    if FIRST_SYLLABLE <= last <= LAST_SYLLABLE:
        return (ord(last) - ord(FIRST_SYLLABLE)) % FINALS
    if last.isdigit():
        return _final(last in CONSONANT_DIGITS, last in RIEUL_DIGITS)
    tail = LATIN_TAIL.search(spoken)
    return _final_of_latin(tail.group()) if tail else 0


def _without_parenthesis(text: str) -> str:
    whole = text.rstrip()
    opening = max(whole.rfind(sign) for sign in OPENING)
    inner = whole[opening + 1 : -1]
    if opening < 0 or whole[-1] not in CLOSING or any(sign in inner for sign in CLOSING):
        return text
    return whole[:opening].rstrip()


def _final(consonant: bool, rieul: bool) -> int:
    return RIEUL if rieul else NIEUN if consonant else 0


def _final_of_latin(word: str) -> int:
    lower = word.lower()
    spelled = word.isupper() and (len(word) <= LONGEST_ACRONYM or not set(lower) & set("aeiou"))
    if spelled or len(word) == 1:
        return _final(word[-1].upper() in CONSONANT_LETTERS, word[-1].upper() in RIEUL_LETTERS)
    if lower in RIEUL_WORDS or re.search(r"(l|[^aeiou]le)$", lower):
        return RIEUL
    if lower in CONSONANT_WORDS or re.search(r"([mn]|ng|[aeiou]{1,2}[pkt]|ck|[aeiou]c|[aeiou](ne|me))$", lower):
        return NIEUN
    return 0


class Word(str):
    """A noun phrase. In a frame, `{word:은}` attaches the right form of the particle."""

    __slots__ = ()

    def __format__(self, particle: str) -> str:
        if not particle:
            return str(self)
        return f"{self!s}{particle_for(self, particle)}"


def particle_for(text: str, particle: str) -> str:
    """Raises KeyError for a particle that is not in the table."""
    final = final_of(text)
    if particle in ("으로", "으로서", "으로는"):
        return particle if final not in (0, RIEUL) else particle[1:]
    with_consonant, with_vowel = AFTER_CONSONANT_AND_VOWEL[particle]
    return with_consonant if final else with_vowel


class Stem(str):
    """A verb phrase without its ending. In a frame, `{stem:는}` conjugates it."""

    __slots__ = ()

    def __format__(self, ending: str) -> str:
        final = final_of(self)
        if ending.startswith("는") and final == RIEUL:
            return f"{self[:-1]}{with_final(self[-1], 0)}{ending}"
        return f"{self!s}{ending}"


def with_final(syllable: str, final: int) -> str:
    """The same syllable with another final consonant."""
    offset = ord(syllable) - ord(FIRST_SYLLABLE)
    return chr(ord(FIRST_SYLLABLE) + offset - offset % FINALS + final)
