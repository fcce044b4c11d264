"""Amazon Titan Image Generator, and Nova Canvas, which has the same form."""

from __future__ import annotations

from typing import Any

import numpy as np

from photos.outpainting import Words
from photos.payloads import png_in_base64
from photos.types import Alpha, Pixels
from workers.errors import BadAnswer, Misconfigured

WHOLE = 240
"""The alpha from which a pixel is kept. Less is painted, so that no old background shows between hairs.

A little below 255, because a mask that was made smaller holds averages."""


class Titan:
    images_per_call = 3
    size = (384, 576)
    """The answer has the size of the picture that is sent, for inpainting and outpainting alike."""
    read_seconds = 120.0
    longest_text = 512
    """Characters of each text."""
    largest_seed = 2_147_483_646

    def mask(self, keep: Alpha) -> Alpha:
        """Black is kept, white is painted.

        That is so for OUTPAINTING; this family's INPAINTING has the opposite polarity.
        """
        return np.where(keep >= WHOLE, 0, 255).astype(np.uint8)

    def request(self, picture: Pixels, keep: Alpha, words: Words, seed: int, images: int) -> dict[str, Any]:
        if max(len(words.text), len(words.negative)) > self.longest_text:
            raise Misconfigured(f"the prompt is longer than {self.longest_text} characters")
        width, height = self.size
        return {
            "taskType": "OUTPAINTING",
            "outPaintingParams": {
                "text": words.text,
                "negativeText": words.negative,
                "image": png_in_base64(picture),
                "maskImage": png_in_base64(self.mask(keep)),
                # It blends the seam and may change kept pixels there; they are pasted back afterwards.
                "outPaintingMode": "DEFAULT",
            },
            "imageGenerationConfig": {
                "numberOfImages": images,
                "cfgScale": 8,
                "seed": seed % (self.largest_seed + 1),
                "width": width,
                "height": height,
            },
        }

    def images(self, answer: dict[str, Any]) -> list[str]:
        """A content filter answers with HTTP 200, `error`, and the pictures that passed, if any."""
        images = list(answer.get("images") or [])
        if not images and not answer.get("error"):
            raise BadAnswer("an answer without pictures")
        return images


class NovaCanvas(Titan):
    size = (768, 1152)
    """Sides of 320–4096 in multiples of 16, fewer than 4,194,304 pixels, 1:4 to 4:1 are legal.

    So the canvas is sent as it is.
    """
    read_seconds = 300.0
    longest_text = 1024
    largest_seed = 858_993_459
