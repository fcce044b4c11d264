"""What a painting model is told, by style and by presented gender. Data: the wording may change, the code need not.

Three complaints about earlier wordings stand behind it: gaudy suits, everyday clothes, patterned backgrounds.
"""

from __future__ import annotations

from dataclasses import dataclass

from photos.outpainting import Style
from photos.types import Gender


@dataclass(frozen=True)
class Words:
    text: str
    negative: str


SITTER: dict[Gender | None, str] = {
    "female": "a young Korean woman",
    "male": "a young Korean man",
    None: "a young Korean person",
}
SUIT = (
    "Studio ID portrait photograph of {sitter} facing the camera, dressed for a job interview in {look}, "
    "well cut formal business wear in one plain colour, smooth pale blue backdrop, soft even light"
)
OWN_CLOTHES = (
    "Studio ID portrait photograph of {sitter} facing the camera, plain simple clothing, "
    "smooth pale blue backdrop, soft even light"
)

_NEVER = (
    "scarf, accessories, necklace, earrings, brooch, hat, bag, patterned backdrop, scenery, frame, text, hands, "
    "second person, drawing, blurred"
)
_NEVER_WITH_SUIT = f"{_NEVER}, casual clothes, gaudy colours, sequins, embroidery"
NEGATIVE: dict[Gender | None, str] = {
    "female": f"beard, moustache, bow tie, {_NEVER_WITH_SUIT}",
    "male": f"beard, long stubble, bow tie, {_NEVER_WITH_SUIT}",
    None: f"beard, bow tie, {_NEVER_WITH_SUIT}",
}
OWN_CLOTHES_NEGATIVE = f"beard, {_NEVER}"


def words(style: Style, seed: int) -> Words:
    """The wording for one call; the seed picks the look, as everywhere."""
    sitter = SITTER[style.gender]
    if not style.looks:
        return Words(OWN_CLOTHES.format(sitter=sitter), OWN_CLOTHES_NEGATIVE)
    look = style.looks[seed % len(style.looks)]
    return Words(SUIT.format(sitter=sitter, look=look.words), NEGATIVE[style.gender])
