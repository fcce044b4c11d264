"""The sentences for a refused photo: what is wrong, and what to do next.

A table instead of translations: a stored refusal is shown in the résumé's language, whatever the language of the
request or of the worker.
"""

from __future__ import annotations

from typing import Literal

Language = Literal["ko", "en"]

SENTENCES: dict[str, dict[Language, str]] = {
    "no_face": {
        "ko": "사진에서 얼굴을 뚜렷하게 찾지 못했습니다. "
        "마스크나 손으로 가리지 않은 얼굴이 정면으로 또렷하게 나온 사진을 바로 세워서 올려 주세요.",
        "en": "We could not clearly find a face in this photo. "
        "Please upload an upright, sharp, frontal photo of your face, not covered by a mask or a hand.",
    },
    "multiple_faces": {
        "ko": "사진에 얼굴이 여러 개 있습니다. 혼자 나온 사진을 올리거나 본인만 남도록 잘라서 다시 올려 주세요.",
        "en": "There are several faces in this photo. Please upload one of yourself alone, or crop it to yourself.",
    },
    "face_too_small": {
        "ko": "얼굴이 너무 작게 나왔습니다. 더 가까이에서 찍은 사진이나 원본 크기의 사진을 올려 주세요.",
        "en": "The face is too small. Please upload a photo taken from closer up, or the photo in its original size.",
    },
    "not_frontal": {
        "ko": "얼굴이 옆을 향하거나 기울어져 있습니다. 카메라를 정면으로 바라보고 찍은 사진을 바로 세워서 올려 주세요.",
        "en": "The face is turned or tilted. Please make sure that the photo is upright "
        "and that you look straight into the camera.",
    },
    "head_cut_off": {
        "ko": "머리나 얼굴이 사진 밖으로 잘렸습니다. 머리 위와 양옆에 여백이 있고 어깨까지 나온 사진을 올려 주세요.",
        "en": "The head is cut off by the edge of the photo. "
        "Please upload one with some space above and beside the head, showing your shoulders.",
    },
    "too_dark": {
        "ko": "얼굴이 너무 어둡습니다. 창가처럼 밝은 곳에서 얼굴에 빛을 받으며 다시 찍어 주세요.",
        "en": "The face is too dark. "
        "Please take the photo again in a bright place, facing the light, such as a window.",
    },
    "face_covered": {
        "ko": "얼굴이 가려져 있습니다. "
        "마스크나 선글라스를 벗고, 손이나 머리카락이 얼굴을 가리지 않은 사진을 올려 주세요.",
        "en": "The face is covered. "
        "Please upload a photo without a mask or sunglasses, with no hand or hair before the face.",
    },
    "blurred": {
        "ko": "얼굴이 흐려서 3×4cm로 인쇄해도 알아보기 어렵습니다. 초점이 맞은 사진을 올려 주세요.",
        "en": "The face is too blurred even for a 3 × 4 cm print. Please upload a sharp photo.",
    },
    "not_a_photo": {
        "ko": "사진이 아니라 그림으로 보입니다. 본인을 찍은 사진을 올려 주세요.",
        "en": "This seems to be a drawing. Please upload a photo of yourself.",
    },
    "filtered": {
        "ko": "이미지 서비스의 안전 기준 때문에 이 사진으로는 초상을 만들 수 없습니다. 다른 사진을 올려 주세요.",
        "en": "The image service's safety rules do not allow a portrait from this photo. Please upload another one.",
    },
    "not_an_image": {
        "ko": "이 파일은 사진이 아닙니다. JPEG, PNG, WebP, HEIC 사진을 올려 주세요.",
        "en": "This file is not a photo. Please upload a JPEG, PNG, WebP or HEIC photo.",
    },
    "corrupt_image": {
        "ko": "사진 파일이 손상되어 열 수 없습니다. 원본에서 다시 저장하거나 다른 사진을 올려 주세요.",
        "en": "The photo file is damaged and cannot be opened. "
        "Please save it again from the original, or upload another one.",
    },
    "image_too_small": {
        "ko": "사진이 너무 작거나 너무 길쭉합니다. "
        "짧은 변이 200픽셀 이상이고 긴 변이 그 10배를 넘지 않는 사진을 올려 주세요.",
        "en": "The photo is too small or too narrow. Please upload one whose shorter side has at least 200 pixels "
        "and whose longer side is at most ten times as long.",
    },
    "unsupported_format": {
        "ko": "지원하지 않는 사진 형식입니다. JPEG, PNG, WebP, HEIC로 저장해서 올려 주세요.",
        "en": "This photo format is not supported. Please save it as JPEG, PNG, WebP or HEIC and upload it again.",
    },
    "too_large": {
        "ko": "사진이 너무 큽니다. 20MB 이하이고 5천만 화소(JPEG은 6천4백만 화소) 이하인 사진을 올려 주세요.",
        "en": "The photo is too large. Please upload one of at most 20 MB and 50 megapixels (JPEG: 64).",
    },
}


def sentence(code: str, language: str) -> str:
    """The sentence for one of the API's codes, in English or else Korean.

    Raises KeyError for a code that is not a refusal of a photo.
    """
    return SENTENCES[code]["en" if language == "en" else "ko"]
