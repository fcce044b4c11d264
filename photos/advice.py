"""Warnings about an accepted photo: what will show in the portrait, and what to do about it.

Every value is measured on the face at one size, that of a 3 × 4 cm print at 300 dpi, whichever provider found the face.
A warning never refuses a photo; `photos.detection.choice` does. The API's schema has the thresholds: `THRESHOLDS`.

Weakness: nothing on this machine measures well a hand before the face, a dark hat, or a painting or statue that the
detector takes for a face. So there is no warning of them, except of a hand when Rekognition is moderately sure of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from photos.anatomy import head_of
from photos.judging import sentences as reasons
from photos.refusals import Language
from photos.sharpness import PRINT_UNIT, softness
from photos.types import Alpha, Face, Pixels, StoredAdvice

HAIR_CUT = "hair_cut"
NO_GOOD_PORTRAIT = "no_good_portrait"

PATCH = (160, 190)
"""Width and height of the measured patch in pixels: forehead to chin and ear to ear at the size of the print."""

SMALL_BELOW = 160.0
"""Pixels between the temples. With fewer, a 3 × 4 cm print is softer than it could be. It has about 120 there."""
DARK_BELOW = 0.20
"""Mean luma of the face, 0–1, as in Face.brightness. At 0.13 and below the photo is refused."""
BRIGHT_FROM = 0.12
"""Share of the face that is white and has no detail."""
CAST_FROM = 2.5
"""ΔE of the face's median colour from the range of skin in ordinary light: hue 28–75°, chroma up to 42."""
GREY_BELOW = 1.2
"""Standard deviation of a* and b*, without the part that follows the lightness.

A black-and-white or toned photo and a statue of one stone have one hue. Ordinary faces measured 2.5–7.
"""
NO_TEXTURE = 0.05
"""Difference in CIE lightness from the surroundings, below which a pixel belongs to a flat area."""
LEANING_FROM = 15.0
"""Degrees."""
SHUT_BELOW = 0.15
"""Height of the more open eye over its width. 100 open pairs measured 0.22–0.39.

Weakness: the mesh draws shut eyes too open, so that some are missed.
"""
HAT_CHROMA = 22.0
"""CIE chroma above the forehead, in a hue that natural hair does not have."""
SHADED_BELOW = 0.40
"""Lightness around both eyes divided by that of the cheeks."""
THRESHOLDS: dict[str, str] = {
    "low_resolution": "관자놀이 사이 160픽셀 미만",
    "dark": "얼굴의 평균 밝기(0–1) 0.20 미만",
    "bright": "얼굴의 12 % 이상이 하얗게 날아감",
    "colour_cast": "얼굴색이 자연스러운 범위(CIE 색상각 28–75°, 채도 42 이하)에서 ΔE 2.5 이상 벗어남",
    "black_and_white": "얼굴의 색이 명암을 빼면 한 가지(a*, b*의 표준편차 1.2 미만)",
    "leaning": "15° 넘게 기울어짐",
    "hat": "이마 위가 머리카락에 없는 색(CIE 채도 22 이상)",
    "hair_cut": "사진 위쪽 끝에서 머리 높이의 10 % 이하가 잘림",
    "glasses_dark": "두 눈 둘레가 뺨의 40 %보다 어두움",
    "eyes_closed": "눈이 열린 높이가 너비의 15 % 미만",
    "hand": "얼굴이 일부 가려졌을 가능성 60 % 이상(Rekognition)",
    NO_GOOD_PORTRAIT: "모든 후보의 판정이 dont",
}
"""When each warning is given, for the schema."""

SENTENCES: dict[str, dict[Language, str]] = {
    "low_resolution": {
        "ko": "얼굴이 작아 인쇄하면 흐릴 수 있습니다. 더 가까이에서 찍거나 원본 크기의 사진을 올려 주세요.",
        "en": "The face is small and may print soft. Please take it from closer up, or upload the original size.",
    },
    "dark": {
        "ko": "얼굴이 어둡습니다. 밝은 곳에서 다시 찍으면 더 좋습니다.",
        "en": "The face is dark. A photo taken in brighter light would come out better.",
    },
    "bright": {
        "ko": "얼굴 일부가 하얗게 날아갔습니다. 직사광선을 피해 다시 찍으면 더 좋습니다.",
        "en": "Parts of the face are blown out. A photo taken out of direct light would come out better.",
    },
    "colour_cast": {
        "ko": "조명 때문에 얼굴빛이 자연스럽지 않습니다. 햇빛이나 흰 조명 아래에서 찍어 주세요.",
        "en": "The light tints the face. Please take the photo in daylight or under white light.",
    },
    "black_and_white": {
        "ko": "흑백 사진입니다. 얼굴은 흑백으로, 옷은 색으로 나옵니다. 컬러 사진을 올려 주세요.",
        "en": "The photo is black and white: the face stays grey beside coloured clothes. Please upload one in colour.",
    },
    "leaning": {
        "ko": "고개가 기울어 있어 바로 세웠습니다. 똑바로 보고 찍은 사진이 더 자연스럽습니다.",
        "en": "The head leans and was straightened. A photo with the head upright looks more natural.",
    },
    "hat": {
        "ko": "머리에 쓴 것이 있는 것 같습니다. 증명사진에는 모자를 벗고 찍은 사진을 올려 주세요.",
        "en": "There seems to be something on the head. Please upload a photo without a hat.",
    },
    "hair_cut": {
        "ko": "머리 윗부분이 조금 잘렸습니다. 머리 위에 여백이 있는 사진이 더 좋습니다.",
        "en": "The top of the hair is slightly cut off. A photo with space above the head would be better.",
    },
    "glasses_dark": {
        "ko": "눈이 어둡게 가려져 있습니다. 선글라스를 벗고 찍은 사진을 올려 주세요.",
        "en": "The eyes are hidden in the dark. Please upload a photo without sunglasses.",
    },
    "eyes_closed": {
        "ko": "눈을 감은 것 같습니다. 눈을 뜬 사진을 올려 주세요.",
        "en": "The eyes seem closed. Please upload a photo with open eyes.",
    },
    "hand": {
        "ko": "손이나 물건이 얼굴을 가린 것 같습니다. 얼굴이 다 보이는 사진을 올려 주세요.",
        "en": "A hand or an object seems to cover part of the face. Please upload one that shows the whole face.",
    },
    NO_GOOD_PORTRAIT: {
        "ko": "이 사진으로는 제출할 만한 증명사진이 나오지 않았습니다. "
        "밝은 단색 벽 앞에서 어깨까지 나오게 정면으로 찍은 사진을 올려 주세요.",
        "en": "None of the portraits from this photo is good enough to hand in. "
        "Please upload a frontal photo that shows your shoulders, taken before a plain bright wall.",
    },
}


@dataclass(frozen=True)
class Advice:
    code: str
    """A key of SENTENCES."""
    about: str = ""
    """For `no_good_portrait`: the judge's worst reason."""

    def as_json(self) -> StoredAdvice:
        return {"code": self.code, "about": self.about}


@dataclass(frozen=True)
class Quality:
    """The measures of a face. The thresholds above explain them."""

    white: float
    cast: float
    softness: float
    """See `photos.sharpness.softness`."""
    flat: float
    """Share of the face without texture. Drawings have such areas; photographs have grain everywhere."""
    hues: float
    """The larger standard deviation of a* and b* over the face, without the part that follows the lightness."""
    hat: float
    shade: float


def sentence(advice: StoredAdvice, language: str) -> str:
    """The sentence for stored advice, in English or else Korean."""
    spoken: Language = "en" if language == "en" else "ko"
    said = SENTENCES[advice["code"]][spoken]
    if about := advice.get("about"):
        return f"{reasons.sentence(about, spoken)} {said}"
    return said


def about(quality: Quality, face: Face, width: int) -> list[Advice]:
    """The warnings for the chosen face of a picture of `width` pixels, the most serious first."""
    grey = quality.hues < GREY_BELOW
    found = {
        "eyes_closed": face.eyes_open is not None and face.eyes_open < SHUT_BELOW,
        "glasses_dark": face.sunglasses or quality.shade < SHADED_BELOW,
        "hand": face.partly_covered,
        "hat": quality.hat >= HAT_CHROMA and not grey,
        "black_and_white": grey,
        "colour_cast": quality.cast >= CAST_FROM and not grey,
        "dark": face.brightness < DARK_BELOW,
        "bright": quality.white >= BRIGHT_FROM,
        "low_resolution": face.temple_width * width < SMALL_BELOW,
        "leaning": abs(face.roll) > LEANING_FROM,
    }
    return [Advice(code) for code, is_so in found.items() if is_so]


def hair_is_cut(keep: Alpha, face: Face) -> bool:
    """Whether the kept head touches the picture's upper edge along more than a fifth of an eye distance."""
    height, width = keep.shape
    return int((keep[0] > 127).sum()) > 0.2 * head_of(face, width, height).unit


def measured(picture: Pixels, face: Face) -> Quality:
    """Measure the face at the size of a print, turned upright. Takes about 5 ms."""
    patch, across, below = _patch(picture, face)
    lab = np.asarray(cv2.cvtColor(patch.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    inner = (np.abs(across) < 0.75) & (below > -0.3) & (below < 1.2)
    cheeks = (np.abs(np.abs(across) - 0.55) < 0.2) & (np.abs(below - 0.62) < 0.18)
    eyes = (np.abs(np.abs(across) - 0.5) < 0.28) & (np.abs(below - 0.06) < 0.2)
    above = (np.abs(across) < 0.45) & (below > -1.3) & (below < -1.05)
    a, b = lab[..., 1], lab[..., 2]
    lightness = lab[..., 0]
    return Quality(
        white=float((patch[inner].min(axis=1) >= 250).mean()),
        cast=_cast(float(np.median(a[inner])), float(np.median(b[inner]))),
        softness=softness(lightness, inner),
        flat=float((np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), 1.0))[inner] < NO_TEXTURE).mean()),
        hues=max(_beside_lightness(plane[inner], lightness[inner]) for plane in (a, b)),
        hat=_odd_chroma(float(np.median(a[above])), float(np.median(b[above]))),
        shade=float(np.percentile(lightness[eyes], 75) / max(float(np.median(lightness[cheeks])), 1.0)),
    )


def _patch(picture: Pixels, face: Face) -> tuple[Pixels, NDArray[np.float32], NDArray[np.float32]]:
    """The upright face at PRINT_UNIT, and each pixel's position on the head in eye distances (across, below)."""
    height, width = picture.shape[:2]
    head = head_of(face, width, height)
    scale = PRINT_UNIT / head.unit
    middle = np.array((PATCH[0] / 2, 1.35 * PRINT_UNIT))
    matrix = np.column_stack((np.stack((head.right, head.down)) * scale, middle))
    matrix[:, 2] -= matrix[:, :2] @ head.eyes
    if scale < 0.9:
        # Blur before shrinking, against aliasing. Only the part around the face needs it.
        x, y = head.eyes
        reach = 4 * head.unit
        left, top = max(0, int(x - reach)), max(0, int(y - reach))
        picture = picture[top : int(y + reach), left : int(x + reach)]
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.42 / scale), np.uint8)
        matrix[:, 2] += matrix[:, :2] @ (left, top)
    patch = cv2.warpAffine(picture, matrix, PATCH, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    row, column = np.mgrid[: PATCH[1], : PATCH[0]].astype(np.float32)
    across, below = (column - middle[0]) / PRINT_UNIT, (row - middle[1]) / PRINT_UNIT
    return np.asarray(patch, np.uint8), across.astype(np.float32), below.astype(np.float32)


def _beside_lightness(plane: NDArray[np.float32], lightness: NDArray[np.float32]) -> float:
    terms = np.stack((lightness, np.ones_like(lightness)), axis=1)
    slope, *_ = np.linalg.lstsq(terms, plane, rcond=None)
    return float((plane - terms @ slope).std())


def _cast(a: float, b: float) -> float:
    hue, chroma = float(np.degrees(np.arctan2(b, a))), float(np.hypot(a, b))
    off = max(28 - hue, hue - 75, 0.0)
    return max(chroma - 42, 0.0) + chroma * float(np.radians(min(off, 60.0)))


def _odd_chroma(a: float, b: float) -> float:
    """The chroma; 0 for hues of hair and skin, CIE 20–100°."""
    hue = float(np.degrees(np.arctan2(b, a)))
    return 0.0 if 20 <= hue <= 100 else float(np.hypot(a, b))
