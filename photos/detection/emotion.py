"""The emotion that a face shows, as far as a small network can tell: a broad smile or calm. No other is given.

The network is mini-Xception (Arriaga et al. 2017, arXiv:1710.07557), a TensorFlow.js graph of seven kinds of
operation on 64 × 64 grey pixels. NumPy runs it in a few milliseconds, so no converter is needed.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.types import Emotion, Pixels

Tensor = NDArray[np.float32]

CONFIDENCE_AT_LEAST = {"HAPPY": 0.85, "CALM": 0.70}
"""The emotions that are shown, and from which confidence.

The network was trained on FER-2013, whose labels of anger, sadness and fear are unreliable. Such guesses would hurt.
"""

CROPS = (0.0, 0.1, 0.2)
"""Shares of the face left out at the top. The answer varies with the crop, so all three must agree."""

_CLASSES = ("ANGRY", "DISGUSTED", "FEAR", "HAPPY", "SAD", "SURPRISED", "CALM")
_SIDE = 64


class Mood:
    """Thread-safe."""

    def __init__(self, graph: Path, weights: Path) -> None:
        model = json.loads(graph.read_text())
        self._constants = _constants(model["weightsManifest"][0]["weights"], weights.read_bytes())
        self._nodes = [node for node in model["modelTopology"]["node"] if node["op"] not in {"Const", "Placeholder"}]

    def of(self, upright: Pixels, bounds: tuple[float, float, float, float]) -> tuple[Emotion, ...]:
        """One emotion or none, of the upright face in these bounds in pixels, forehead to chin."""
        left, top, right, bottom = (max(0, round(edge)) for edge in bounds)
        crops = [upright[top + round((bottom - top) * share) : bottom, left:right] for share in CROPS]
        mean = np.mean([self._probabilities(crop) for crop in crops], axis=0)
        probabilities = dict(zip(_CLASSES, mean.tolist(), strict=True))
        return tuple(
            Emotion(type=kind, confidence=round(probabilities[kind], 3))
            for kind, least in CONFIDENCE_AT_LEAST.items()
            if probabilities[kind] >= least
        )

    def _probabilities(self, face: Pixels) -> Tensor:
        grey = cv2.resize(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        tensors: dict[str, Tensor] = {"input_1": (grey.astype(np.float32) / 127.5 - 1)[:, :, None]}
        for node in self._nodes:
            inputs = [tensors[name] if name in tensors else self._constants[name] for name in node["input"]]
            tensors[node["name"]] = _run(node, inputs)
        return tensors["Identity"]


def _constants(entries: list[dict[str, Any]], data: bytes) -> dict[str, Tensor]:
    constants, offset = {}, 0
    for entry in entries:
        values = np.frombuffer(data, entry["dtype"], count=int(np.prod(entry["shape"])), offset=offset)
        constants[entry["name"]] = values.reshape(entry["shape"])
        offset += values.nbytes
    return constants


def _run(node: dict[str, Any], inputs: list[Tensor]) -> Tensor:
    """One operation on height × width × channels, as TensorFlow defines it."""
    match node["op"]:
        case "_FusedConv2D":
            result = _convolve(inputs[0], inputs[1], *_geometry(node)) + inputs[2]
            fused = {base64.b64decode(name) for name in node["attr"]["fused_ops"]["list"]["s"]}
            return np.maximum(result, 0) if b"Relu" in fused else result
        case "DepthwiseConv2dNative":
            windows = _windows(inputs[0], inputs[1].shape[0], *_geometry(node))
            return np.asarray(np.einsum("hwcij,ijc->hwc", windows, inputs[1][..., 0], optimize=True))
        case "MaxPool":
            size = int(node["attr"]["ksize"]["list"]["i"][1])
            return np.asarray(_windows(inputs[0], size, *_geometry(node), fill=-np.inf).max(axis=(3, 4)))
        case "AddV2":
            return inputs[0] + inputs[1]
        case "Relu":
            return np.maximum(inputs[0], 0)
        case "Mean":
            return np.asarray(inputs[0].mean(axis=(0, 1)))
        case "Softmax":
            exponentials = np.exp(inputs[0] - inputs[0].max())
            return np.asarray(exponentials / exponentials.sum())
        case "Identity":
            return inputs[0]
        case other:
            raise ValueError(f"emotion.json holds an operation that is not known here: {other}")


def _geometry(node: dict[str, Any]) -> tuple[int, bool]:
    """Stride, and whether the border is padded."""
    padding = base64.b64decode(node["attr"]["padding"]["s"])
    return int(node["attr"]["strides"]["list"]["i"][1]), padding == b"SAME"


def _convolve(image: Tensor, kernel: Tensor, stride: int, padded: bool) -> Tensor:
    windows = _windows(image, kernel.shape[0], stride, padded)
    height, width = windows.shape[:2]
    columns = windows.transpose(0, 1, 3, 4, 2).reshape(height * width, -1)
    return (columns @ kernel.reshape(-1, kernel.shape[3])).reshape(height, width, -1)


def _windows(image: Tensor, size: int, stride: int, padded: bool, fill: float = 0.0) -> Tensor:
    """Rows × columns × channels × size × size."""
    if padded:
        pads = [_padding(length, size, stride) for length in image.shape[:2]]
        image = np.pad(image, (*pads, (0, 0)), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(image, (size, size), axis=(0, 1))[::stride, ::stride]


def _padding(length: int, size: int, stride: int) -> tuple[int, int]:
    """As TensorFlow's SAME: an odd pixel goes to the end."""
    total = max((-(-length // stride) - 1) * stride + size - length, 0)
    return total // 2, total - total // 2
