"""Bedrock's image models: checks requests against the published limits and answers with a plain suit on a backdrop.

Kept pixels come back slightly changed, as DEFAULT outpainting and re-encoding change them. So a test fails when the
application does not paste the person's own pixels back.
"""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from aws_double.answers import Answer, invalid
from aws_double.faults import Fault

LARGEST_BODY = 25 * 1024 * 1024

Picture = NDArray[np.uint8]

TITAN_SIZES = {
    *((1024, 1024), (768, 768), (512, 512), (768, 1152), (384, 576), (1152, 768), (576, 384), (768, 1280)),
    *((384, 640), (1280, 768), (640, 384), (896, 1152), (448, 576), (1152, 896), (576, 448), (768, 1408)),
    *((384, 704), (1408, 768), (704, 384), (640, 1408), (320, 704), (1408, 640), (704, 320), (1152, 640)),
}


def paint(model: str, request: dict[str, Any], size: int, fault: Fault | None) -> Answer:
    """Raises Refusal for an unknown model or a request outside of its limits."""
    if size > LARGEST_BODY:
        raise invalid("The request body is too large")
    kind = fault.kind if fault else ""
    if "stability.stable-image-inpaint" in model:
        return _stability(request, kind)
    if "amazon.titan-image-generator" in model:
        return _titan(request, kind)
    if "amazon.nova-canvas" in model:
        return _nova(request, kind)
    raise invalid("The provided model identifier is invalid.")


# --- Stability -----------------------------------------------------------------------------------


def _stability(request: dict[str, Any], kind: str) -> Answer:
    known = "image mask prompt negative_prompt grow_mask seed style_preset output_format"
    _only(request, known.split())
    _present(request, "image", "prompt")
    _within("prompt", len(request["prompt"]), 1, 10_000)
    _within("negative_prompt", len(request.get("negative_prompt", "")), 0, 10_000)
    _within("grow_mask", request.get("grow_mask", 5), 0, 20)
    _within("seed", request.get("seed", 0), 0, 4_294_967_294)
    if request.get("output_format", "png") not in ("png", "jpeg", "webp"):
        raise invalid("output_format must be one of png, jpeg, webp")
    picture, mask = _decoded(request["image"]), _decoded(request["mask"])[..., 0]
    height, width = picture.shape[:2]
    _within("side", min(height, width), 64, 1 << 20)
    _within("pixels", height * width, 0, 9_437_184)
    _within("ratio", max(height, width) / min(height, width), 1, 2.5)
    _same_size(picture, mask)
    seed = request.get("seed", 0)
    reasons = {"filter": "Filter reason: output image", "inference_error": "Inference error"}
    images = [] if kind in ("empty", *reasons) else [_encoded(_painted(picture, mask > 127, seed), kind)]
    return Answer.of({"seeds": [seed], "finish_reasons": [reasons.get(kind)], "images": images})


# --- Titan, Nova ---------------------------------------------------------------------------------


def _titan(request: dict[str, Any], kind: str) -> Answer:
    picture, mask, config = _outpainting(request, longest_text=512, largest_seed=2_147_483_646)
    height, width = picture.shape[:2]
    _within("longest side", max(height, width), 1, 1408)
    if (config["width"], config["height"]) not in TITAN_SIZES:
        raise invalid("imageGenerationConfig: this width and height are not supported")
    return _amazon(picture, mask, config, kind)


def _nova(request: dict[str, Any], kind: str) -> Answer:
    picture, mask, config = _outpainting(request, longest_text=1024, largest_seed=858_993_459)
    height, width = picture.shape[:2]
    for side in (height, width):
        _within("side", side, 320, 4096)
        if side % 16:
            raise invalid("sides must be divisible by 16")
    _within("ratio", max(height, width) / min(height, width), 1, 4)
    _within("pixels", height * width, 0, 4_194_303)
    if not np.isin(mask, (0, 255)).all():
        raise invalid("maskImage must be pure black and white")
    return _amazon(picture, mask, config, kind)


def _outpainting(
    request: dict[str, Any], *, longest_text: int, largest_seed: int
) -> tuple[Picture, Picture, dict[str, Any]]:
    _only(request, ["taskType", "outPaintingParams", "imageGenerationConfig"])
    if request.get("taskType") != "OUTPAINTING":
        raise invalid("taskType: only OUTPAINTING is known here")
    params, config = request["outPaintingParams"], request["imageGenerationConfig"]
    _only(params, ["text", "negativeText", "image", "maskImage", "outPaintingMode"])
    _only(config, ["numberOfImages", "cfgScale", "seed", "width", "height", "quality"])
    _present(params, "text", "image", "maskImage")
    _within("text", len(params["text"]), 1, longest_text)
    _within("negativeText", len(params.get("negativeText", "none")), 1, longest_text)
    if params.get("outPaintingMode", "DEFAULT") not in ("DEFAULT", "PRECISE"):
        raise invalid("outPaintingMode must be DEFAULT or PRECISE")
    _within("numberOfImages", config.get("numberOfImages", 1), 1, 5)
    _within("cfgScale", config.get("cfgScale", 8), 1.1, 10)
    _within("seed", config.get("seed", 42), 0, largest_seed)
    picture, mask = _decoded(params["image"]), _decoded(params["maskImage"])[..., 0]
    _same_size(picture, mask)
    return picture, mask, config


def _amazon(picture: Picture, mask: Picture, config: dict[str, Any], kind: str) -> Answer:
    """Paints the white part of the mask. The answer has the size of the sent picture."""
    count = config.get("numberOfImages", 1)
    left = {"filter": 0, "empty": 0, "filter_some": count - 1}.get(kind, count)
    seed = config.get("seed", 42)
    images = [_encoded(_painted(picture, mask > 127, seed + number), kind) for number in range(left)]
    error = "All of the generated images have been blocked by our content filters." if "filter" in kind else None
    return Answer.of({"images": images, "error": error})


# --- pictures ------------------------------------------------------------------------------------


def _painted(picture: Picture, anew: NDArray[np.bool_], seed: int) -> Picture:
    height, width = picture.shape[:2]
    # OpenCV's order: blue, green, red.
    canvas = np.full_like(picture, (238, 214, 190))
    suit = ((66, 39, 31), (71, 66, 64), (34, 31, 31))[seed % 3]
    shoulders = np.array([(0.04, 1.0), (0.10, 0.80), (0.36, 0.68), (0.64, 0.68), (0.90, 0.80), (0.96, 1.0)]) * (
        width,
        height,
    )
    cv2.fillPoly(canvas, [shoulders.astype(np.int32)], suit)
    altered = np.clip(picture.astype(np.int16) + 5, 0, 255).astype(np.uint8)
    return np.where(anew[..., None], canvas, altered).astype(np.uint8)


def _encoded(picture: Picture, kind: str) -> str:
    if kind == "wrong_size":
        picture = picture[: picture.shape[0] // 2]
    return base64.b64encode(cv2.imencode(".png", picture)[1].tobytes()).decode()


def _decoded(text: str) -> Picture:
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise invalid("a picture that is not Base64") from None
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if pixels is None:
        raise invalid("a picture that cannot be decoded")
    return np.asarray(pixels, np.uint8)


# --- limits --------------------------------------------------------------------------------------


def _only(members: dict[str, Any], known: list[str]) -> None:
    for name in members:
        if name not in known:
            raise invalid(f"#: extraneous key [{name}] is not permitted")


def _present(members: dict[str, Any], *names: str) -> None:
    for name in names:
        if not members.get(name):
            raise invalid(f"#: required key [{name}] not found")


def _within(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise invalid(f"{name}: {value} is not between {least} and {most}")


def _same_size(picture: Picture, mask: Picture) -> None:
    if picture.shape[:2] != mask.shape[:2]:
        raise invalid("The mask must have the size of the image")
