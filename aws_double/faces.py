"""Rekognition DetectFaces. Detects faces if the project's weights are installed, else reports one in the middle."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

import cv2
import numpy as np

from aws_double.answers import Answer, invalid
from photos.detection.local import LocalDetector
from photos.types import Face
from workers.errors import Misconfigured

LARGEST_BYTES = 5 * 1024 * 1024
SMALLEST_SIDE = 80


def detect(request: dict[str, Any], scripted: list[dict[str, Any]] | None) -> Answer:
    """`scripted` FaceDetails replace detection."""
    try:
        data = base64.b64decode(request["Image"]["Bytes"], validate=True)
    except (KeyError, ValueError):
        raise invalid("Request has invalid parameters", "InvalidParameterException") from None
    if len(data) > LARGEST_BYTES:
        raise invalid("Request has invalid image size", "ImageTooLargeException")
    if not data.startswith((b"\xff\xd8", b"\x89PNG")):
        raise invalid("Request has invalid image format", "InvalidImageFormatException")
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise invalid("Request has invalid image format", "InvalidImageFormatException")
    if min(pixels.shape[:2]) < SMALLEST_SIDE:
        raise invalid("Request has invalid image size", "InvalidParameterException")
    details = found(data) if scripted is None else scripted
    if request.get("Attributes") != ["ALL"]:
        few = ("BoundingBox", "Confidence", "Landmarks", "Pose", "Quality")
        details = [{name: detail[name] for name in few} for detail in details]
    return Answer.of({"FaceDetails": details})


@cache
def _detector() -> LocalDetector:
    return LocalDetector()


def found(data: bytes) -> list[dict[str, Any]]:
    try:
        faces = _detector().detect(data)
    except Misconfigured:
        return [face_detail()]
    return [_from_face(face) for face in faces]


def face_detail(
    left: float = 0.35, top: float = 0.25, width: float = 0.3, height: float = 0.32, **changes: Any
) -> dict[str, Any]:
    """A plausible FaceDetail: a frontal face in a picture that is slightly higher than wide."""

    def at(x: float, y: float) -> tuple[float, float]:
        return left + x * width, top + y * height

    points = {
        "eyeLeft": at(0.3, 0.38),
        "eyeRight": at(0.7, 0.38),
        "nose": at(0.5, 0.58),
        "mouthLeft": at(0.34, 0.76),
        "mouthRight": at(0.66, 0.76),
        "upperJawlineLeft": at(0.02, 0.38),
        "upperJawlineRight": at(0.98, 0.38),
        "chinBottom": at(0.5, 1.0),
    }
    detail = {
        "BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height},
        "AgeRange": {"Low": 24, "High": 32},
        "Gender": {"Value": "Female", "Confidence": 99.3},
        "Emotions": [
            {"Type": "CALM", "Confidence": 4.0},
            {"Type": "HAPPY", "Confidence": 95.0},
            {"Type": "UNKNOWN", "Confidence": 99.0},
        ],
        "Landmarks": [{"Type": name, "X": x, "Y": y} for name, (x, y) in points.items()],
        "Pose": {"Roll": -1.2, "Yaw": 2.5, "Pitch": 4.0},
        "Quality": {"Brightness": 82.0, "Sharpness": 90.0},
        "Confidence": 99.98,
        "FaceOccluded": {"Value": False, "Confidence": 99.0},
    }
    return {**detail, **changes}


def _from_face(face: Face) -> dict[str, Any]:
    box = face.box
    names = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
    points = dict(zip(names, face.landmarks, strict=True))
    middle = (points["eyeLeft"][0] + points["eyeRight"][0]) / 2
    level = (points["eyeLeft"][1] + points["eyeRight"][1]) / 2
    points["upperJawlineLeft"] = (middle - face.temple_width / 2, level)
    points["upperJawlineRight"] = (middle + face.temple_width / 2, level)
    low, high = face.age_range or (20, 40)
    return face_detail(
        box.left,
        box.top,
        box.width,
        box.height,
        AgeRange={"Low": low, "High": high},
        Gender={"Value": "Male" if face.gender == "male" else "Female", "Confidence": 99.0 if face.gender else 55.0},
        Emotions=[{"Type": emotion.type, "Confidence": emotion.confidence * 100} for emotion in face.emotions],
        Landmarks=[{"Type": name, "X": x, "Y": y} for name, (x, y) in points.items()],
        Pose={"Roll": face.roll, "Yaw": face.yaw, "Pitch": face.pitch},
        Quality={"Brightness": min(100.0, face.brightness * 160), "Sharpness": 90.0},
        Confidence=face.confidence * 100,
        FaceOccluded={"Value": face.occluded, "Confidence": 95.0},
    )
