"""The shipped prompts, by style and presented gender. Curators may replace them.

They were written against three faults of earlier prompts: gaudy suits, everyday clothes, patterned backgrounds.
"""

from __future__ import annotations

import string

from photos.outpainting import LOOKS, OWN_CLOTHES, PLAIN_STYLES, Style, Words
from photos.types import Gender

LOOK = "look"
"""The only placeholder: the outfit, which depends on style, garment and candidate."""
LONGEST = 512
"""Characters of each text with the outfit filled in: Titan's limit, the lowest of all models."""
GENDERS: tuple[Gender | None, ...] = ("female", "male", None)

_SITTER: dict[Gender | None, str] = {
    "female": "a young Korean woman",
    "male": "a young Korean man",
    None: "a young Korean person",
}
_SUIT = (
    "Studio ID portrait photograph of {sitter} facing the camera, dressed for a job interview in {{look}}, "
    "well cut formal business wear in one plain colour, smooth pale blue backdrop, soft even light"
)
_OWN_CLOTHES = (
    "Studio ID portrait photograph of {sitter} facing the camera, plain simple clothing, "
    "smooth pale blue backdrop, soft even light"
)

_NEVER = (
    "scarf, accessories, necklace, earrings, brooch, hat, bag, patterned backdrop, scenery, frame, text, hands, "
    "second person, drawing, blurred"
)
_NEVER_WITH_SUIT = f"{_NEVER}, casual clothes, gaudy colours, sequins, embroidery"
_NEGATIVE: dict[Gender | None, str] = {
    "female": f"beard, moustache, bow tie, {_NEVER_WITH_SUIT}",
    "male": f"beard, long stubble, bow tie, {_NEVER_WITH_SUIT}",
    None: f"beard, bow tie, {_NEVER_WITH_SUIT}",
}

DEFAULTS: dict[tuple[str, Gender | None], Words] = {
    (slug, gender): (
        Words(_OWN_CLOTHES.format(sitter=_SITTER[gender]), f"beard, {_NEVER}")
        if slug == OWN_CLOTHES
        else Words(_SUIT.format(sitter=_SITTER[gender]), _NEGATIVE[gender])
    )
    for slug in PLAIN_STYLES
    for gender in GENDERS
}
"""By plain style and presented gender; None where the detector was not sure."""
SEEDS = (42, 43, 44)
"""One for each candidate. A call for several pictures gets the first."""

NEW_SEED = 1000
"""Added to the seed for each further try of a candidate."""
LARGEST_SEED = 858_993_459 - 3 * NEW_SEED
"""Nova Canvas's limit, the lowest of all models, less room for three further tries."""


def filled(words: Words, style: Style, number: int) -> Words:
    """The wording with the outfit of the candidate of this number (from 0)."""
    if not style.looks:
        return words
    return Words(words.text.format(**{LOOK: style.look(number).words}), words.negative)


def placeholders(text: str) -> list[str]:
    """The contents of all braces, also those that are not names. Raises ValueError for unbalanced braces."""
    return [
        name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
        for _, name, form, conversion in string.Formatter().parse(text)
        if name is not None
    ]


def longest(text: str) -> int:
    """Characters of the text with the longest outfit filled in."""
    outfit = max((look.words for look in LOOKS), key=len)
    return len(text.replace(f"{{{LOOK}}}", outfit))
