"""The embedded world's outpainter: rendered clothes around the real head, composed without any model.

Weaknesses, beside a diffusion model: there are few cuts, and a throat that the photo does not show is filled with the
colour of the skin around it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photos.framing import CANVAS
from photos.outpainting import CandidateRequest, Look, Painted, Style, wardrobe
from photos.outpainting.composing import UNIT_CM, Wearer, compose
from photos.types import FramedHead

INVENTED_CM = 2.0
"""How much of a throat may be filled in above a neckline, in cm."""
STRONGEST_LIGHT = 0.3
"""The difference between the face's sides, as a logarithm, at which all light on the clothes comes from one side."""


class StudioCompositor:
    name = "studio"
    model = "studio-compositor-2"
    size = CANVAS
    images_per_call = 3
    waits = False

    def outpaint(self, framed: FramedHead, style: Style, requests: Sequence[CandidateRequest]) -> list[Painted | None]:
        if not style.looks:
            return [own_clothes(framed, style.background) for _ in requests]
        wearer = Wearer.of(framed, style.gender)
        return [dressed(wearer, style.look(request.number), style.background) for request in requests]


def own_clothes(framed: FramedHead, background: tuple[int, int, int]) -> Painted:
    """The whole person in their own clothes before a plain background. No provider is called."""
    pixels = framed.pixels.astype(np.float32)
    share = (framed.person.astype(np.float32) / 255)[..., None]
    mixed = background + (pixels - np.asarray(background, np.float32)) * share
    return Painted(np.asarray(np.rint(np.clip(mixed, 0, 255)), np.uint8), framed.person)


def worn(look: Look, shown: float) -> str:
    """The wardrobe's name of the cut for a throat of which the photo shows `shown` eye distances.

    It is the first cut that needs at most `INVENTED_CM` of skin filled in, else the one that needs least.
    """
    depths = {}
    for family in look.families:
        name = f"{family}_{look.colour}"
        fit = wardrobe.fit(name)
        depths[name] = fit.depth / fit.pixels_per_cm
    allowed = shown * UNIT_CM + INVENTED_CM
    return next((name for name, depth in depths.items() if depth <= allowed), min(depths, key=depths.__getitem__))


def dressed(wearer: Wearer, look: Look, background: tuple[int, int, int]) -> Painted:
    """A candidate in this look, in the cut that fits the throat, lit from the side from which the face is."""
    light = float(np.clip(wearer.light / STRONGEST_LIGHT, -1, 1))
    composed = compose(wearer, wardrobe.load(worn(look, wearer.neck.shown), light), background)
    return Painted(composed.pixels, composed.cover, composed.layers)
