"""Stability AI's Stable Image Inpaint on Bedrock.

Stable Outpaint takes no mask, so it cannot be used instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from photos.outpainting import Words
from photos.payloads import png_in_base64
from photos.types import Alpha, Pixels
from workers.errors import BadAnswer, Misconfigured

LONGEST_TEXT = 10_000
"""Characters."""


class Stability:
    images_per_call = 1
    size = (768, 1152)
    """Sides of at least 64, at most 9,437,184 pixels, 1:2.5 to 2.5:1 are legal. So the canvas is sent as it is."""
    read_seconds = 120.0

    def mask(self, keep: Alpha) -> Alpha:
        """White is painted anew, black is kept, grey is painted in part. So the soft edge of the hair stays soft."""
        return np.asarray(255 - keep, np.uint8)

    def request(self, picture: Pixels, keep: Alpha, words: Words, seed: int, images: int) -> dict[str, Any]:
        if max(len(words.text), len(words.negative)) > LONGEST_TEXT:
            raise Misconfigured(f"the prompt is longer than {LONGEST_TEXT} characters")
        if images != 1:
            raise ValueError("one image per call")
        return {
            "image": png_in_base64(picture),
            "mask": png_in_base64(self.mask(keep)),
            "prompt": words.text,
            "negative_prompt": words.negative,
            # The mask is exact already; growing it would eat into the hair.
            "grow_mask": 0,
            "seed": seed,
            "style_preset": "photographic",
            "output_format": "png",
        }

    def images(self, answer: dict[str, Any]) -> list[str]:
        """A filtered picture is answered with HTTP 200 and a reason."""
        reasons = answer.get("finish_reasons") or [None]
        if any(reason and not reason.startswith("Filter reason") for reason in reasons):
            raise BadAnswer("the model could not paint")
        if any(reasons):
            return []
        if not answer.get("images"):
            raise BadAnswer("an answer without pictures")
        return list(answer["images"])
