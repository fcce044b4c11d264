"""MobileSAM by onnxruntime. A picture is encoded once; each prompt after that is cheap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from photos.types import Pixels

Point = tuple[float, float]
Logits = NDArray[np.float32]
"""Height × width, > 0 = inside."""

SIDE = 1024
"""Side of the encoder's input in pixels."""
ANSWER_SHRINK = 2
"""How many times coarser than the picture the answer's grid is. SAM's own masks are four times coarser."""


@dataclass(frozen=True)
class Prompt:
    """A prompt in pixels of the picture."""

    inside: Sequence[Point]
    outside: Sequence[Point]
    box: tuple[float, float, float, float] | None = None
    """Left, top, right, bottom."""


class Sam:
    """One encoded picture that answers prompts. Not thread-safe."""

    def __init__(
        self, encoder: onnxruntime.InferenceSession, decoder: onnxruntime.InferenceSession, picture: Pixels
    ) -> None:
        self._decoder = decoder
        self._height, self._width = picture.shape[:2]
        self._scale = SIDE / max(self._height, self._width)
        size = (round(self._width * self._scale), round(self._height * self._scale))
        resized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        square = np.zeros((SIDE, SIDE, 3), np.float32)
        # ImageNet's mean and deviation, with which the encoder was trained.
        square[: size[1], : size[0]] = (resized - (123.675, 116.28, 103.53)) / (58.395, 57.12, 57.375)
        self._embedding = encoder.run(None, {"input": square.transpose(2, 0, 1)[None]})[0]

    def ask(self, prompt: Prompt, rounds: int = 2) -> Logits:
        """The answer at the picture's size. Each round after the first gets the mask of the one before."""
        points = [*prompt.inside, *prompt.outside]
        labels = [1.0] * len(prompt.inside) + [0.0] * len(prompt.outside)
        if prompt.box is None:
            # SAM expects a padding point when there is no box.
            points.append((0.0, 0.0))
            labels.append(-1.0)
        else:
            points += [prompt.box[:2], prompt.box[2:]]
            labels += [2.0, 3.0]
        inputs: dict[str, Any] = {
            "image_embeddings": self._embedding,
            "point_coords": (np.asarray(points, np.float32) * np.float32(self._scale))[None],
            "point_labels": np.asarray(labels, np.float32)[None],
            "orig_im_size": np.asarray((self._height // ANSWER_SHRINK, self._width // ANSWER_SHRINK), np.float32),
            "mask_input": np.zeros((1, 1, 256, 256), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
        }
        for _ in range(rounds):
            masks, _, inputs["mask_input"] = self._decoder.run(None, inputs)
            inputs["has_mask_input"] = np.ones(1, np.float32)
        return np.asarray(cv2.resize(masks[0, 0], (self._width, self._height), interpolation=cv2.INTER_LINEAR))
