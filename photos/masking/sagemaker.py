"""Masks by the Segment Anything Model on a SageMaker endpoint; its request and answer are described in docs/aws.md.

Weakness: the endpoint accepts only a box as prompt, which is ambiguous. In a trial with deploy/sagemaker_sam on nine
portraits, masks of faces and heads were good, but hair below the jaw or far above the head was lost, and masks of whole
persons sometimes lacked a shoulder.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

import cv2
import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from aws import clients
from aws.prices import price
from photos.anatomy import Head, head_of
from photos.masking import Masked
from photos.masking.matting import Plane, guided, steepen
from photos.payloads import jpeg_within
from photos.types import Alpha, Face, MaskScope, Pixels
from workers.engine.receipts import charge
from workers.errors import BadAnswer, Rejected

READ_SECONDS = 70
"""Seconds. A container must answer within 60 s."""
LARGEST_BODY = 4_000_000
"""Bytes of a request: the limit of serverless endpoints.

Endpoints on instances allow 6,291,456, which masks do not need.
"""
LARGEST_PICTURE = (LARGEST_BODY - 4096) * 3 // 4
"""Bytes before Base64, which turns three into four, with room for the JSON around it."""

HEAD_REACH = (-1.9, -2.6, 1.9, 0.6)
"""The head's box in eye distances: left, top and right from the eyes' middle, bottom from the chin."""
PERSON_REACH = (-4.5, -2.6, 4.5)
"""The box of the person likewise: left, top, right. Its bottom is the picture's lower edge."""
NARROWER = 0.85
"""Share of the box's width for the second try.

A few pixels may decide whether the model finds the person or the background.
"""
FACE_CORE = (0.6, 0.7, 0.85)
"""An ellipse that is certainly face, in eye distances: its middle below the eyes, half its width, half its height."""
LARGEST_REST = 0.8
"""Largest share of the box that a person fills. A mask that fills more is of the background."""
EDGE_RADIUS = 0.06
"""Eye distances within which the mask's hard edge is fitted to the picture's edges."""
CUT_OFF_SHARE = 0.35
"""Share of the head's width along which it may touch the picture's border, as in `photos.masking.local`."""
HEAD_WIDTH = 2.2
"""The usual head's width in eye distances."""

Box = tuple[int, int, int, int]
"""Left, top, right, bottom, in pixels of the sent picture."""
Mask = NDArray[np.bool_]
"""Height × width of the sent picture, true = subject."""


class SageMakerMasker:
    name = "sagemaker"

    def __init__(self) -> None:
        self.model: str = settings.SAM_ENDPOINT_NAME

    def mask(self, picture: Pixels, face: Face, scope: MaskScope) -> Masked:
        """One call for the scope's box, and another for the whole person if the scope is smaller.

        Raises Rejected("head_cut_off") and the engine's other error classes.
        """
        encoded, sent = jpeg_within(picture, LARGEST_PICTURE)
        head = head_of(face, sent.shape[1], sent.shape[0])
        endpoint = _Endpoint(self.model, encoded, sent, head)
        person = endpoint.segment(_person_box(head, sent))
        match scope:
            case MaskScope.FACE:
                keep = endpoint.segment(_face_box(face, sent))
            case MaskScope.HEAD:
                keep = endpoint.segment(_head_box(head, sent))
            case MaskScope.PERSON:
                keep = person
        # A head's mask may include a piece of the background. Both masks rarely include the same piece.
        keep = np.minimum(keep, person)
        _refuse_cut_off(keep, head, sent)
        return Masked(keep=_alpha(keep, picture), person=_alpha(person, picture))


@dataclass(frozen=True)
class _Endpoint:
    """The endpoint, with one picture to segment."""

    name: str
    encoded: bytes
    sent: Pixels
    head: Head

    def segment(self, box: Box) -> Plane:
        """The subject in the box, 1 = subject, soft where the picture's edge is soft.

        Raises BadAnswer when neither this box nor a narrower one gives a mask that contains the face.
        """
        for asked in (box, _narrowed(box)):
            subject = self._with_face(self._ask(asked), asked)
            if subject is not None:
                radius = max(2, round(EDGE_RADIUS * self.head.unit))
                return steepen(guided(self.sent, subject.astype(np.float32), radius, 1e-4), 0.1, 0.9)
        raise BadAnswer("the mask does not hold the face")

    def _ask(self, box: Box) -> Mask:
        request = {settings.SAM_IMAGE_FIELD: base64.b64encode(self.encoded).decode(), "input_box": list(box)}
        with clients.translated():
            client = clients.client("sagemaker-runtime", read_timeout=READ_SECONDS)
            answer = client.invoke_endpoint(
                EndpointName=self.name,
                ContentType="application/json",
                Accept="application/json",
                Body=json.dumps(request),
            )
            body = answer["Body"].read()
        charge(price(self.name, calls=1))
        return _subject(body, self.sent)

    def _with_face(self, subject: Mask, box: Box) -> Mask | None:
        """The component that contains the face, without holes; None when there is none.

        For a box around a person the model often answers with the background in it. Then the rest of the box is used.
        """
        core = _core(self.head, self.sent)
        if subject[core].mean() > 0.5:
            return _piece_at(subject, core)
        left, top, right, bottom = box
        rest = np.zeros_like(subject)
        rest[top:bottom, left:right] = ~subject[top:bottom, left:right]
        piece = _piece_at(rest, core)
        return piece if piece.sum() < LARGEST_REST * (right - left) * (bottom - top) else None


def _subject(body: bytes, sent: Pixels) -> Mask:
    """The subject in the answer's picture, which is black on white. Raises BadAnswer for anything else."""
    try:
        encoded = base64.b64decode(json.loads(body)["mask_image"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise BadAnswer("an answer without a mask") from error
    grey = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_GRAYSCALE) if encoded else None
    if grey is None:
        raise BadAnswer("a mask that is no picture")
    if grey.shape != sent.shape[:2]:
        raise BadAnswer(f"a mask of {grey.shape} for a picture of {sent.shape[:2]}")
    return np.asarray(grey < 128)


def _core(head: Head, sent: Pixels) -> Mask:
    below, half_width, half_height = FACE_CORE
    drawn = np.zeros(sent.shape[:2], np.uint8)
    middle = tuple(round(place) for place in head.at(0, below))
    axes = (max(1, round(half_width * head.unit)), max(1, round(half_height * head.unit)))
    cv2.ellipse(drawn, middle, axes, head.roll, 0, 360, 255, cv2.FILLED)
    return np.asarray(drawn > 0)


def _piece_at(mask: Mask, core: Mask) -> Mask:
    """The connected component that covers most of the core, with its holes filled."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    largest = int(np.bincount(labels[core & mask], minlength=1).argmax()) if (core & mask).any() else -1
    piece = (labels == largest).astype(np.uint8)
    outlines, _ = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(piece, outlines, -1, 1, cv2.FILLED)
    return np.asarray(piece > 0)


# --- boxes ---------------------------------------------------------------------------------------


def _face_box(face: Face, sent: Pixels) -> Box:
    height, width = sent.shape[:2]
    box = face.box
    return _clamped(
        box.left * width, box.top * height, (box.left + box.width) * width, (box.top + box.height) * height, sent
    )


def _head_box(head: Head, sent: Pixels) -> Box:
    left, top, right, under_chin = HEAD_REACH
    depths = (top, head.chin + under_chin)
    corners = np.array([head.at(across, below) for across in (left, right) for below in depths])
    (left, top), (right, bottom) = corners.min(0).tolist(), corners.max(0).tolist()
    return _clamped(left, top, right, bottom, sent)


def _person_box(head: Head, sent: Pixels) -> Box:
    left, top, right = (reach * head.unit for reach in PERSON_REACH)
    x, y = head.eyes
    return _clamped(x + left, y + top, x + right, sent.shape[0], sent)


def _narrowed(box: Box) -> Box:
    """The box made narrower about its middle, with the same height."""
    left, top, right, bottom = box
    taken = round((right - left) * (1 - NARROWER) / 2)
    return left + taken, top, right - taken, bottom


def _clamped(left: float, top: float, right: float, bottom: float, sent: Pixels) -> Box:
    height, width = sent.shape[:2]
    return max(0, round(left)), max(0, round(top)), min(width, round(right)), min(height, round(bottom))


# --- the mask ------------------------------------------------------------------------------------


def _refuse_cut_off(keep: Plane, head: Head, sent: Pixels) -> None:
    """Raises Rejected("head_cut_off") when the head touches the border. Shoulders and arms may leave the picture.

    No head fills both upper corners of its box. A mask that does is of the background, so the photo is not refused for
    it.
    """
    left, top, right, _ = _head_box(head, sent)
    chin = max(top + 1, int(head.at(0, head.chin)[1]))
    solid = keep[top:chin, left:right] > 0.5
    if solid[0, 0] and solid[0, -1]:
        raise BadAnswer("the mask holds the background")
    touching = (
        int(solid[0].sum()) if top == 0 and not head.shows_its_hair else 0,
        int(solid[:, 0].sum()) if left == 0 else 0,
        int(solid[:, -1].sum()) if right == sent.shape[1] else 0,
    )
    if max(touching) > CUT_OFF_SHARE * HEAD_WIDTH * head.unit:
        raise Rejected("the head touches the picture's border", code="head_cut_off")


def _alpha(plane: Plane, picture: Pixels) -> Alpha:
    size = (picture.shape[1], picture.shape[0])
    return np.rint(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) * 255).astype(np.uint8)
