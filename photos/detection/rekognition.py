"""Faces by Amazon Rekognition's DetectFaces. Docs: https://docs.aws.amazon.com/rekognition/latest/APIReference/"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from aws import clients
from aws.prices import price
from photos.payloads import jpeg_within
from photos.pictures import decode
from photos.types import Emotion, Face, FaceBox, Gender, Pixels
from workers.engine.receipts import charge
from workers.errors import BadAnswer

READ_SECONDS = 15
"""Seconds. An answer usually takes about one."""
LARGEST_BYTES = 5 * 1024 * 1024
"""Of a picture in the request itself. The service's limit."""

GENDER_SURE = 0.90
EMOTION_SURE = 0.60
OCCLUDED_SURE = 0.90
PARTLY_COVERED_SURE = 0.60
SUNGLASSES_SURE = 0.90
EYES_SHUT_SURE = 0.90
"""Confidences, 0–1, from which a guess is shown or used.

Below them Rekognition's answer was seen to vary with the crop. Chosen by judgement, not measured.
"""

LANDMARKS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
"""Rekognition names the sides from the viewer's position: its left eye is the person's right eye."""
LUMA = (0.2126, 0.7152, 0.0722)
"""Rec. 709."""
TEMPLES = ("upperJawlineLeft", "upperJawlineRight")


class RekognitionDetector:
    name = "rekognition"
    model = "detect-faces"

    def detect(self, picture: bytes) -> list[Face]:
        """Raises the engine's error classes.

        Boxes and points are ratios, so a picture may be shrunk before it is sent.
        """
        pixels = decode(picture)
        sent = picture if len(picture) <= LARGEST_BYTES else jpeg_within(pixels, LARGEST_BYTES)[0]
        with clients.translated():
            client = clients.client("rekognition", read_timeout=READ_SECONDS)
            answer = client.detect_faces(Image={"Bytes": sent}, Attributes=["ALL"])
        charge(price(self.model, calls=1))
        try:
            return [_face(detail, pixels) for detail in answer["FaceDetails"]]
        except (KeyError, TypeError) as error:
            raise BadAnswer("an answer without the faces' details") from error


def _face(detail: dict[str, Any], pixels: Pixels) -> Face:
    points = {point["Type"]: (float(point["X"]), float(point["Y"])) for point in detail["Landmarks"]}
    box = _box(detail["BoundingBox"])
    pose = detail["Pose"]
    ages = detail.get("AgeRange")
    return Face(
        box=box,
        confidence=round(detail["Confidence"] / 100, 3),
        landmarks=tuple(points[name] for name in LANDMARKS),
        yaw=float(pose["Yaw"]),
        pitch=float(pose["Pitch"]),
        roll=float(pose["Roll"]),
        temple_width=_temple_width(points, box, pixels.shape[0] / pixels.shape[1]),
        brightness=min(_luma(box, pixels), detail["Quality"]["Brightness"] / 100),
        occluded=_is_sure(detail.get("FaceOccluded"), OCCLUDED_SURE),
        partly_covered=_is_sure(detail.get("FaceOccluded"), PARTLY_COVERED_SURE),
        # Rekognition says only open or shut, so the value is that of wide open or of shut eyes.
        eyes_open=0.0 if _is_sure_not(detail.get("EyesOpen"), EYES_SHUT_SURE) else None,
        sunglasses=_is_sure(detail.get("Sunglasses"), SUNGLASSES_SURE),
        age_range=(int(ages["Low"]), int(ages["High"])) if ages else None,
        gender=_gender(detail.get("Gender")),
        emotions=_emotions(detail.get("Emotions", [])),
    )


def _box(box: dict[str, float]) -> FaceBox:
    """Clamped to 0–1: a face at the border has edges outside."""
    left, top = max(0.0, box["Left"]), max(0.0, box["Top"])
    right, bottom = min(1.0, box["Left"] + box["Width"]), min(1.0, box["Top"] + box["Height"])
    return FaceBox(left=left, top=top, width=max(0.0, right - left), height=max(0.0, bottom - top))


def _temple_width(points: dict[str, tuple[float, float]], box: FaceBox, height_by_width: float) -> float:
    if not all(name in points for name in TEMPLES):
        return box.width
    (left, upper), (right, lower) = (points[name] for name in TEMPLES)
    return float(np.hypot(right - left, (lower - upper) * height_by_width))


def _luma(box: FaceBox, pixels: Pixels) -> float:
    """Mean luma of the box. Rekognition's own score has no published scale, so the darker of the two counts."""
    height, width = pixels.shape[:2]
    top, left = min(int(box.top * height), height - 1), min(int(box.left * width), width - 1)
    inside = pixels[top : top + max(1, int(box.height * height)), left : left + max(1, int(box.width * width))]
    return float(np.dot(cv2.mean(inside)[:3], LUMA) / 255)


def _is_sure(guess: dict[str, Any] | None, least: float) -> bool:
    return bool(guess and guess["Value"] and guess["Confidence"] / 100 >= least)


def _is_sure_not(guess: dict[str, Any] | None, least: float) -> bool:
    return bool(guess and not guess["Value"] and guess["Confidence"] / 100 >= least)


def _gender(guess: dict[str, Any] | None) -> Gender | None:
    if not _is_sure(guess, GENDER_SURE) or guess is None:
        return None
    presented: Gender = "female" if guess["Value"] == "Female" else "male"
    return presented


def _emotions(guesses: list[dict[str, Any]]) -> tuple[Emotion, ...]:
    """The emotions above the threshold, most confident first."""
    found = [
        Emotion(type=guess["Type"], confidence=round(guess["Confidence"] / 100, 3))
        for guess in guesses
        if guess["Type"] != "UNKNOWN" and guess["Confidence"] / 100 >= EMOTION_SURE
    ]
    return tuple(sorted(found, key=lambda emotion: emotion.confidence, reverse=True))
