"""Masks by MobileSAM on a SageMaker endpoint: the four functions that a PyTorch-serving container calls.

Request: {"encode_image": Base64 of a PNG or JPEG, "input_box": [left, top, right, bottom]} in pixels of that picture as
it is stored. Answer: {"mask_image": Base64 of an RGB PNG of the same size}, subject black on white.

A container that serves by these functions answers a bad request with its own status; server.py answers with 400.
Either way SageMaker tells its caller of a ModelError.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

ENCODER = "mobile_sam_encoder.onnx"
DECODER = "mobile_sam_decoder.onnx"

LARGEST_BODY = 6_291_456
"""Bytes of a request; SageMaker's limit for an endpoint on instances. A serverless one takes 4 MB."""
LARGEST_PICTURE = 50_000_000
"""Pixels: a small file may unpack into more than there is memory for."""
LONGEST_SECONDS = 50
"""Until the models are free; SageMaker gives up on an answer after 60 s, and the work itself takes about one."""

SIDE = 1024
"""What the encoder sees, pixels."""
MEAN, DEVIATION = np.array([[123.675, 116.28, 103.53], [58.395, 57.12, 57.375]], np.float32)
"""ImageNet's, as the encoder was trained."""
ROUNDS = 3
"""Each after the first is fed the mask of the one before."""
OUTSIDE, INSIDE, BOX_LEFT_TOP, BOX_RIGHT_BOTTOM = 0, 1, 2, 3
"""SAM's labels of a point."""
CORNER = 0.04
"""Of the box's width and height: how far from a corner the point stands that is surely outside."""
REMEMBERED = 2
"""Encoded pictures, 4 MB each, in memory alone: one picture is asked about with several boxes, one after the other."""

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""
Mask = NDArray[np.bool_]
"""Height × width, true = subject."""
Embedding = NDArray[np.float32]
"""1 × 256 × 64 × 64."""


class BadRequest(ValueError):
    """The request cannot be answered; the message says why and repeats nothing of it."""


class Busy(RuntimeError):
    """Too many requests are before this one."""


@dataclass(frozen=True)
class Question:
    picture: Image.Image
    """RGB."""
    digest: str
    """sha256 of the picture's file."""
    box: Box


# --- what the container calls --------------------------------------------------------------------


def model_fn(model_dir: str) -> Sam:
    """The model out of the unpacked artifact, whose root holds the weights."""
    return Sam(Path(model_dir))


def input_fn(body: bytes | str, content_type: str) -> Question:
    """Raises BadRequest."""
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise BadRequest("the content type must be application/json")
    if len(body) > LARGEST_BODY:
        raise BadRequest(f"the body is larger than {LARGEST_BODY} bytes")
    try:
        request = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("the body is not JSON") from error
    if not isinstance(request, dict) or not {"encode_image", "input_box"} <= request.keys():
        raise BadRequest("the body must be an object with encode_image and input_box")
    file = _from_base64(request["encode_image"])
    picture = _decoded(file)
    return Question(picture, hashlib.sha256(file).hexdigest(), _box(request["input_box"], picture))


def predict_fn(question: Question, model: Sam) -> Mask:
    """Raises Busy."""
    return model.segment(question)


def output_fn(mask: Mask, accept: str) -> str:
    """JSON, whatever is accepted: the answer has no other form."""
    grey = Image.fromarray(np.where(mask, 0, 255).astype(np.uint8))
    file = io.BytesIO()
    grey.convert("RGB").save(file, "PNG", compress_level=3)
    return json.dumps({"mask_image": base64.b64encode(file.getvalue()).decode()})


# --- the request ---------------------------------------------------------------------------------


def _from_base64(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError) as error:
        raise BadRequest("encode_image is not Base64") from error


def _decoded(file: bytes) -> Image.Image:
    try:
        picture = Image.open(io.BytesIO(file), formats=("PNG", "JPEG"))
    # Pillow names no class of its own for all that a broken file can do to it.
    except Exception as error:
        raise BadRequest("encode_image is neither PNG nor JPEG") from error
    if picture.width * picture.height > LARGEST_PICTURE:
        raise BadRequest(f"the picture has more than {LARGEST_PICTURE} pixels")
    try:
        return picture.convert("RGB")
    except Exception as error:
        raise BadRequest("encode_image is broken") from error


def _box(value: Any, picture: Image.Image) -> Box:
    if not isinstance(value, list) or len(value) != 4 or not all(_is_place(each) for each in value):
        raise BadRequest("input_box must be four numbers: left, top, right, bottom")
    left, top, right, bottom = value
    if not (0 <= left < right <= picture.width and 0 <= top < bottom <= picture.height):
        raise BadRequest(f"input_box must lie inside the picture's {picture.width} × {picture.height} pixels")
    return left, top, right, bottom


def _is_place(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# --- the model -----------------------------------------------------------------------------------


class Sam:
    """MobileSAM by onnxruntime. Any number of threads may ask; one at a time computes, on every core."""

    def __init__(self, directory: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        # The arena would keep the encoder's peak, several hundred MB, for good.
        options.enable_cpu_mem_arena = False
        self._encoder, self._decoder = (
            onnxruntime.InferenceSession(str(directory / name), options, providers=["CPUExecutionProvider"])
            for name in (ENCODER, DECODER)
        )
        self._embeddings: OrderedDict[str, Embedding] = OrderedDict()
        self._free = threading.Lock()

    def segment(self, question: Question) -> Mask:
        """What stands in the box. Raises Busy when its turn does not come in time."""
        if not self._free.acquire(timeout=LONGEST_SECONDS):
            raise Busy("too many requests at once")
        try:
            logits = self._decoded(self._embedding(question), question)
        finally:
            self._free.release()
        whole = Image.fromarray(logits).resize(question.picture.size, Image.Resampling.BILINEAR)
        return np.asarray(whole) > 0

    def _embedding(self, question: Question) -> Embedding:
        if question.digest not in self._embeddings:
            self._embeddings[question.digest] = self._encoded(question.picture)
            if len(self._embeddings) > REMEMBERED:
                self._embeddings.popitem(last=False)
        return self._embeddings[question.digest]

    def _encoded(self, picture: Image.Image) -> Embedding:
        width, height = _seen_size(picture)
        small = np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), np.float32)
        square = np.zeros((SIDE, SIDE, 3), np.float32)
        square[:height, :width] = (small - MEAN) / DEVIATION
        return np.asarray(self._encoder.run(None, {"input": square.transpose(2, 0, 1)[None]})[0])

    def _decoded(self, embedding: Embedding, question: Question) -> NDArray[np.float32]:
        """Logits at the size that the encoder saw, > 0 = subject.

        The prompt is the box, as a point inside its middle, and as points outside its upper corners, which neither a
        face nor a person fills. With the box alone SAM often takes what is behind; without the corners it took flags
        and walls with two of nine portraits. What fills its box to the upper corners is answered badly.
        """
        left, top, right, bottom = question.box
        inset, below = CORNER * (right - left), CORNER * (bottom - top)
        prompt = {
            ((left + right) / 2, (top + bottom) / 2): INSIDE,
            (left + inset, top + below): OUTSIDE,
            (right - inset, top + below): OUTSIDE,
            (left, top): BOX_LEFT_TOP,
            (right, bottom): BOX_RIGHT_BOTTOM,
        }
        width, height = _seen_size(question.picture)
        inputs = {
            "image_embeddings": embedding,
            "point_coords": np.array([list(prompt)], np.float32) * np.float32(SIDE / max(question.picture.size)),
            "point_labels": np.array([list(prompt.values())], np.float32),
            "orig_im_size": np.array((height, width), np.float32),
            "mask_input": np.zeros((1, 1, 256, 256), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
        }
        for _ in range(ROUNDS):
            masks, _, inputs["mask_input"] = self._decoder.run(None, inputs)
            inputs["has_mask_input"] = np.ones(1, np.float32)
        return np.asarray(masks[0, 0])


def _seen_size(picture: Image.Image) -> tuple[int, int]:
    """Width and height of the picture inside the encoder's square."""
    scale = SIDE / max(picture.size)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
