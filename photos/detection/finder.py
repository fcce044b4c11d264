"""Finds faces on this machine: CenterFace gives boxes, the mesh gives the shape and whether it is a face."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from photos import weights
from photos.detection.centerface import CenterFace
from photos.detection.mesh import LOGIT_AT_LEAST, FaceMesh, Mesh
from photos.types import Face, FaceBox, Pixels
from workers.errors import Misconfigured

OPEN_FACE_SCORE = 0.80
"""The score of CenterFace below which an upright face counts as covered.

Open faces measured 0.82–0.95 (tight crops from 0.75), faces with the lower half painted over 0.56–0.81. Weakness: it
was set on few pictures. Sunglasses pass, and a lying face may count as covered.
"""

FOUND_AT_SECOND_SIGHT = LOGIT_AT_LEAST + 4
"""The logit for a face that is found only in a changed picture.

It is higher, since changed pictures give false faces.
"""

SOFT_SIDE = 420
"""Longest side in pixels at which spots of light are too small to disturb the detector."""


class FaceFinder:
    """One picture at a time, since it uses every core. Raises Misconfigured when the weights are missing."""

    def __init__(self) -> None:
        try:
            finder, mesh = (weights.path(name) for name in ("centerface.onnx", "face_landmark.tflite"))
        except weights.WeightsMissing as error:
            raise Misconfigured(str(error)) from error
        self.lock = threading.Lock()
        self._finder = CenterFace(finder)
        self._mesh = FaceMesh(mesh)

    def meshes(self, pixels: Pixels) -> list[tuple[float, Mesh]]:
        """Score and mesh of every face, largest first. If there is none, versions of it in other light are tried.

        The caller must hold `lock`.
        """
        if found := self._seen(pixels, pixels, LOGIT_AT_LEAST):
            return found
        for change in SECOND_SIGHTS:
            if found := self._seen(change(pixels), pixels, FOUND_AT_SECOND_SIGHT):
                return found
        return []

    def faces(self, pixels: Pixels) -> list[Face]:
        """The faces, largest first, without guesses of age, gender and emotion."""
        height, width = pixels.shape[:2]
        with self.lock:
            return [face_of(score, mesh, width, height) for score, mesh in self._seen(pixels, pixels, LOGIT_AT_LEAST)]

    def _seen(self, changed: Pixels, pixels: Pixels, least: float) -> list[tuple[float, Mesh]]:
        scale = pixels.shape[1] / changed.shape[1]
        boxes = sorted(self._finder.find(changed), key=lambda each: each.width * each.height, reverse=True)
        seen = []
        for box in boxes:
            x, y = box.centre
            mesh = self._mesh.fit(pixels, (x * scale, y * scale), box.height * scale, box.angle)
            if mesh.logit < least and changed is not pixels:
                # The light may mislead the mesh too.
                again = self._mesh.fit(
                    _same_size(changed, pixels), (x * scale, y * scale), box.height * scale, box.angle
                )
                mesh = again if again.logit > mesh.logit else mesh
            if mesh.logit >= least:
                seen.append((box.score, mesh))
        return seen


@cache
def finder() -> FaceFinder:
    """The finder of this process, shared by detection and the judge."""
    return FaceFinder()


def face_of(score: float, mesh: Mesh, width: int, height: int) -> Face:
    left, right = np.clip((mesh.bounds[0] / width, mesh.bounds[2] / width), 0, 1).tolist()
    top, bottom = np.clip((mesh.bounds[1] / height, mesh.bounds[3] / height), 0, 1).tolist()
    return Face(
        box=FaceBox(left=left, top=top, width=right - left, height=bottom - top),
        confidence=round(score, 3),
        landmarks=tuple((x, y) for x, y in (mesh.landmarks / (width, height)).tolist()),
        yaw=mesh.yaw,
        pitch=mesh.pitch,
        roll=mesh.roll,
        temple_width=mesh.temple_width / width,
        brightness=mesh.brightness,
        occluded=score < OPEN_FACE_SCORE,
        eyes_open=round(mesh.eyes_open, 3),
    )


def _same_size(changed: Pixels, pixels: Pixels) -> Pixels:
    if changed.shape == pixels.shape:
        return changed
    size = (pixels.shape[1], pixels.shape[0])
    return np.asarray(cv2.resize(changed, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _equalised(pixels: Pixels) -> Pixels:
    """The picture with its local contrast equalised (CLAHE), for faces half in the sun."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(6, 6)).apply(lab[..., 0])
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


def _soft(pixels: Pixels) -> Pixels:
    """A small, smoothed picture. Shadows of leaves disappear; a face remains."""
    scale = min(1.0, SOFT_SIDE / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.medianBlur(small, 5), np.uint8)


def _darker_above(pixels: Pixels) -> Pixels:
    """The picture with its lights darkened and its shadows lightened, for white hair and overexposed skin."""
    lut = (255 * (np.linspace(0, 1, 256) ** 0.7) * 0.78).astype(np.uint8)
    return np.asarray(cv2.LUT(_equalised(pixels), lut), np.uint8)


SECOND_SIGHTS: tuple[Callable[[Pixels], Pixels], ...] = (_equalised, _soft, _darker_above)
