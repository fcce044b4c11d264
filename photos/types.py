"""The types that the photo steps share, in both worlds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

Gender = Literal["female", "male"]
Pixels = NDArray[np.uint8]
"""Height × width × 3, sRGB, 0–255."""
Alpha = NDArray[np.uint8]
"""Height × width, 0–255. 255 = keep: the person's own pixel stays. The canonical polarity of every mask here."""


class MaskScope(StrEnum):
    """Which part of the person is kept."""

    FACE = "face"
    """The face alone."""
    HEAD = "head"
    """Face, hair and the visible neck."""
    PERSON = "person"
    """The whole person in their own clothes."""


class BoxJson(TypedDict):
    """A `FaceBox` as JSON."""

    left: float
    top: float
    width: float
    height: float


class EmotionJson(TypedDict):
    """An `Emotion` as JSON."""

    type: str
    confidence: float


class StoredFace(TypedDict):
    """A `Face` as the photo's row and the artifact of detection hold it. The fields mean what they mean there."""

    box: BoxJson
    confidence: float
    landmarks: list[list[float]]
    yaw: float
    pitch: float
    roll: float
    temple_width: float
    brightness: float
    occluded: bool
    partly_covered: bool
    eyes_open: float | None
    sunglasses: bool
    age_range: list[int] | None
    gender: Gender | None
    emotions: list[EmotionJson]


class StoredAdvice(TypedDict):
    """A `photos.advice.Advice` as the photo's row holds it."""

    code: str
    about: NotRequired[str]


@dataclass(frozen=True)
class FaceBox:
    """Ratios of the normalised picture, 0–1, clamped."""

    left: float
    top: float
    width: float
    height: float

    @property
    def area(self) -> float:
        return self.width * self.height


@dataclass(frozen=True)
class Emotion:
    type: str
    """Upper case, Rekognition's words: HAPPY CALM SAD ANGRY SURPRISED CONFUSED DISGUSTED FEAR."""
    confidence: float
    """0–1."""


@dataclass(frozen=True)
class Face:
    """One face as a detector saw it. Guesses are None or empty when the provider is not sure."""

    box: FaceBox
    confidence: float
    landmarks: tuple[tuple[float, float], ...]
    """Right eye, left eye, nose tip, right and left mouth corner as (x, y) ratios; "right" is the person's."""
    yaw: float
    """Degrees, 0 = frontal, positive when the face turns to the viewer's right."""
    pitch: float
    """Degrees, positive when the face looks down."""
    roll: float
    """Degrees, positive when the head leans clockwise for the viewer."""
    temple_width: float
    """Ratio of the picture's width between the temples."""
    brightness: float
    """Mean luma of the face, 0–1."""
    occluded: bool = False
    partly_covered: bool = False
    """Whether a hand or the like may cover a part; less certain than `occluded`."""
    eyes_open: float | None = None
    """Height of the more open eye over its width; None when it is not measured."""
    sunglasses: bool = False
    age_range: tuple[int, int] | None = None
    gender: Gender | None = None
    emotions: tuple[Emotion, ...] = ()

    def as_json(self) -> StoredFace:
        """A plain form that `from_json` reads back."""
        box = self.box
        return {
            "box": {"left": box.left, "top": box.top, "width": box.width, "height": box.height},
            "confidence": self.confidence,
            "landmarks": [list(point) for point in self.landmarks],
            "yaw": self.yaw,
            "pitch": self.pitch,
            "roll": self.roll,
            "temple_width": self.temple_width,
            "brightness": self.brightness,
            "occluded": self.occluded,
            "partly_covered": self.partly_covered,
            "eyes_open": self.eyes_open,
            "sunglasses": self.sunglasses,
            "age_range": list(self.age_range) if self.age_range else None,
            "gender": self.gender,
            "emotions": [{"type": emotion.type, "confidence": emotion.confidence} for emotion in self.emotions],
        }

    @classmethod
    def from_json(cls, data: StoredFace) -> Face:
        """A face stored before a field existed has that field's default."""
        values: dict[str, Any] = {
            **data,
            "box": FaceBox(**data["box"]),
            "landmarks": tuple((x, y) for x, y in data["landmarks"]),
            "age_range": (data["age_range"][0], data["age_range"][1]) if data["age_range"] else None,
            "emotions": tuple(Emotion(**emotion) for emotion in data["emotions"]),
        }
        return cls(**values)


@dataclass(frozen=True)
class FramedHead:
    """The head straightened and scaled once by the ID-photo rule, on the canvas that providers paint around."""

    pixels: Pixels
    """The whole picture warped onto the canvas. Outside the picture it is the background colour."""
    keep: Alpha
    """The kept pixels on the canvas, 255 = keep, soft at hair."""
    person: Alpha
    """The whole person's matte on the canvas (own clothes), 255 = person."""
    face: Face
    """The face in the canvas's own ratios."""
    enlargement: float = 1.0
    """Canvas pixels per pixel of the picture. Above 1 the head is soft, and painted parts should be as soft."""
