"""The SAM endpoint: MobileSAM if the project's weights are installed, else an ellipse in the box."""

from __future__ import annotations

import base64
import threading
from functools import cache, lru_cache
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from aws_double.answers import Answer, invalid
from aws_double.faults import Fault
from photos import weights

LARGEST_BODY = 6_291_456
SIDE = 1024


def segment(request: dict[str, Any], size: int, field: str, plain: bool, fault: Fault | None) -> Answer:
    """`size`: bytes of the request's body. `plain`: always use the ellipse."""
    if size > LARGEST_BODY:
        raise invalid(f"Payload size exceeds {LARGEST_BODY} bytes", "ValidationError")
    if set(request) != {field, "input_box"}:
        raise invalid(f"the container expects {field} and input_box", "ValidationError")
    data = base64.b64decode(request[field])
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise invalid("no picture", "ValidationError")
    height, width = pixels.shape[:2]
    left, top, right, bottom = request["input_box"]
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise invalid("the box lies outside the picture", "ValidationError")
    box = (left, top, right, bottom)
    subject = _ellipse(height, width, box) if plain or not _weights_there() else _sam(data, box)
    mask = np.where(subject, 0, 255).astype(np.uint8)
    kind = fault.kind if fault else ""
    if kind == "inverted":
        mask = 255 - mask
    if kind == "none":
        mask[:] = 255
    if kind == "wrong_size":
        mask = mask[: height // 2]
    encoded = cv2.imencode(".png", cv2.cvtColor(mask, cv2.COLOR_GRAY2BGR))[1].tobytes()
    return Answer.of({} if kind == "empty" else {"mask_image": base64.b64encode(encoded).decode()})


def _ellipse(height: int, width: int, box: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    left, top, right, bottom = box
    y, x = np.mgrid[:height, :width]
    across = (x - (left + right) / 2) / ((right - left) / 2)
    down = (y - (top + bottom) / 2) / ((bottom - top) / 2)
    return np.asarray(across**2 + down**2 <= 1)


def _weights_there() -> bool:
    try:
        weights.path("mobile_sam_encoder.onnx")
        weights.path("mobile_sam_decoder.onnx")
    except weights.WeightsMissing:
        return False
    return True


_one_at_a_time = threading.Lock()


@cache
def _sessions() -> tuple[onnxruntime.InferenceSession, onnxruntime.InferenceSession]:
    names = ("mobile_sam_encoder.onnx", "mobile_sam_decoder.onnx")
    encoder, decoder = (
        onnxruntime.InferenceSession(str(weights.path(name)), providers=["CPUExecutionProvider"]) for name in names
    )
    return encoder, decoder


@lru_cache(maxsize=4)
def _encoded(data: bytes) -> tuple[NDArray[np.float32], int, int]:
    """The encoded picture with its height and width. Cached, because several calls use one picture."""
    bgr = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
    height, width = bgr.shape[:2]
    scale = SIDE / max(height, width)
    size = (round(width * scale), round(height * scale))
    rgb = cv2.cvtColor(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
    square = np.zeros((SIDE, SIDE, 3), np.float32)
    square[: size[1], : size[0]] = (rgb - np.array((123.675, 116.28, 103.53))) / (58.395, 57.12, 57.375)
    return _sessions()[0].run(None, {"input": square.transpose(2, 0, 1)[None]})[0], height, width


def _sam(data: bytes, box: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """Prompts with the box and its middle, and feeds the mask back twice. The box alone often selects the
    background."""
    left, top, right, bottom = box
    points = [[((left + right) / 2, (top + bottom) / 2), (left, top), (right, bottom)]]
    with _one_at_a_time:
        embedding, height, width = _encoded(data)
        prompt = {
            "image_embeddings": embedding,
            "point_coords": np.array(points, np.float32) * np.float32(SIDE / max(height, width)),
            "point_labels": np.array([[1, 2, 3]], np.float32),
            "orig_im_size": np.array((height, width), np.float32),
            "mask_input": np.zeros((1, 1, 256, 256), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
        }
        for _ in range(3):
            masks, _, prompt["mask_input"] = _sessions()[1].run(None, prompt)
            prompt["has_mask_input"] = np.ones(1, np.float32)
    return np.asarray(masks[0, 0] > 0)
