"""Suit and background by an image model on Amazon Bedrock. The model's id decides the dialect."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from django.conf import settings

from aws import clients
from aws.prices import price
from photos.computing import computing
from photos.framing import Size
from photos.outpainting import CandidateRequest, Painted, Style, paste_kept
from photos.outpainting.dialects import Dialect
from photos.outpainting.dialects import dialect as dialect_of
from photos.payloads import picture_from_base64
from photos.types import FramedHead, Pixels
from workers.engine.receipts import charge
from workers.errors import BadAnswer


class BedrockOutpainter:
    name = "bedrock"
    waits = True

    def __init__(self) -> None:
        self.model: str = settings.BEDROCK_IMAGE_MODEL_ID
        self._dialect = dialect_of(self.model, settings.BEDROCK_IMAGE_DIALECT)
        self.size = self._dialect.size
        self.images_per_call = self._dialect.images_per_call

    def outpaint(self, framed: FramedHead, style: Style, requests: Sequence[CandidateRequest]) -> list[Painted | None]:
        """One call.

        It sends the first request's wording and seed: a model that gives several pictures takes only one.
        """
        if not style.looks:
            framed = replace(framed, keep=np.maximum(framed.keep, framed.person))
        first = requests[0]
        with computing():
            body = self._dialect.request(framed.pixels, framed.keep, first.words, first.seed, len(requests))
        answer = self._dialect.images(_invoke(self.model, body, self._dialect))[: len(requests)]
        charge(price(self.model, images=len(answer)))
        with computing():
            painted = [_on_canvas(framed, _checked(picture_from_base64(each), self.size)) for each in answer]
        return [*painted, *[None] * (len(requests) - len(painted))]


def _on_canvas(framed: FramedHead, picture: Pixels) -> Painted:
    return Painted(paste_kept(framed, picture), cover=None)


def _invoke(model: str, body: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    with clients.translated():
        client = clients.client("bedrock-runtime", read_timeout=dialect.read_seconds, region=settings.BEDROCK_REGION)
        answer = client.invoke_model(
            modelId=model, contentType="application/json", accept="application/json", body=json.dumps(body)
        )
        content = answer["body"].read()
    try:
        parsed = json.loads(content)
    except ValueError as error:
        raise BadAnswer("an answer that is not JSON") from error
    if not isinstance(parsed, dict):
        raise BadAnswer("an answer of another form")
    return parsed


def _checked(picture: Pixels, size: Size) -> Pixels:
    """The picture at the canvas's size. A picture of another shape would be distorted, so it raises BadAnswer."""
    (width, height), (painted_height, painted_width) = size, picture.shape[:2]
    if abs(painted_width * height - painted_height * width) > 0.01 * painted_height * width:
        raise BadAnswer(f"a picture of {painted_width} × {painted_height} where {width} × {height} was asked for")
    if (painted_width, painted_height) == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)
