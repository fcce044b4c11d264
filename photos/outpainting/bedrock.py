"""Suit and background by an image model on Amazon Bedrock; the model's dialect is chosen by its id."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from django.conf import settings

from photos.outpainting import Style, paste_kept
from photos.outpainting.dialects import Dialect, dialect
from photos.outpainting.prompts import Words, words
from photos.payloads import picture_from_base64
from photos.types import FramedHead, Pixels
from workers import aws_clients
from workers.errors import BadAnswer, Filtered

FIRST_SEED = 42
"""The original's. Our seeds count from it, since some models take 0 for "any"."""
NEW_SEED = 1000
"""Added for the one other try that a withheld picture gets."""


class BedrockOutpainter:
    name = "bedrock"

    def __init__(self) -> None:
        self.model: str = settings.BEDROCK_IMAGE_MODEL_ID
        self._dialect = dialect(self.model, settings.BEDROCK_IMAGE_DIALECT)
        self.images_per_call = self._dialect.images_per_call

    def outpaint(self, framed: FramedHead, style: Style, seeds: Sequence[int]) -> list[Pixels]:
        """One call for every `images_per_call` seeds. Raises Filtered and the engine's other error classes."""
        if not style.looks:
            framed = replace(framed, keep=np.maximum(framed.keep, framed.person))
        batches = [seeds[first : first + self.images_per_call] for first in range(0, len(seeds), self.images_per_call)]
        painted = [picture for batch in batches for picture in self._batch(framed, style, batch)]
        return [paste_kept(framed, picture) for picture in painted]

    def _batch(self, framed: FramedHead, style: Style, seeds: Sequence[int]) -> list[Pixels]:
        said = words(style, seeds[0])
        pictures = self._call(framed, said, seeds[0], len(seeds))
        if len(pictures) < len(seeds):
            pictures += self._call(framed, said, seeds[0] + NEW_SEED, len(seeds) - len(pictures))
        if len(pictures) < len(seeds):
            raise Filtered("the image model withheld a picture, with another seed too")
        return pictures

    def _call(self, framed: FramedHead, said: Words, seed: int, images: int) -> list[Pixels]:
        """At most `images` pictures; fewer where a content filter withheld some."""
        size = self._dialect.size
        request = self._dialect.request(
            np.asarray(cv2.resize(framed.pixels, size, interpolation=cv2.INTER_AREA), np.uint8),
            np.asarray(cv2.resize(framed.keep, size, interpolation=cv2.INTER_AREA), np.uint8),
            said,
            FIRST_SEED + seed,
            images,
        )
        answer = _invoke(self.model, request, self._dialect)
        return [_checked(picture_from_base64(each), size) for each in self._dialect.images(answer)[:images]]


def _invoke(model: str, request: dict[str, Any], spoken: Dialect) -> dict[str, Any]:
    with aws_clients.translated():
        client = aws_clients.client("bedrock-runtime", read_timeout=spoken.read_seconds, region=settings.BEDROCK_REGION)
        answer = client.invoke_model(
            modelId=model, contentType="application/json", accept="application/json", body=json.dumps(request)
        )
        body = answer["body"].read()
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise BadAnswer("an answer that is not JSON") from error
    if not isinstance(parsed, dict):
        raise BadAnswer("an answer of another form")
    return parsed


def _checked(picture: Pixels, size: tuple[int, int]) -> Pixels:
    """Another size is mended by the paste, another shape would be another picture."""
    (width, height), (painted_height, painted_width) = size, picture.shape[:2]
    if abs(painted_width * height - painted_height * width) > 0.01 * painted_height * width:
        raise BadAnswer(f"a picture of {painted_width} × {painted_height} where {width} × {height} was asked for")
    return picture
