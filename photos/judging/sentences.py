"""The sentences about a candidate, one for each measure that may speak against it.

A table like that of photos.refusals, for the same reason: a verdict is shown in the résumé's language.
"""

from __future__ import annotations

from photos.refusals import Language

SENTENCES: dict[str, dict[Language, str]] = {
    "hair_lost": {"ko": "머리카락 일부가 잘려 나갔습니다.", "en": "Part of the hair is missing."},
    "clothes_left": {
        "ko": "원래 입고 있던 옷이 목이나 어깨 곁에 남아 있습니다.",
        "en": "Remains of your own clothes show at the neck.",
    },
    "background_left": {
        "ko": "원래 배경이 머리 둘레에 남아 있습니다.",
        "en": "Remains of the old background show around the head.",
    },
    "odd_patch": {
        "ko": "머리 곁에 머리카락도 얼굴도 아닌 조각이 있습니다.",
        "en": "A patch beside the head is neither hair nor skin.",
    },
    "frame_left": {
        "ko": "사진의 둥근 테두리나 네모 테두리가 함께 남았습니다.",
        "en": "The round or square frame of the photo was kept.",
    },
    "floating_piece": {"ko": "몸에서 떨어진 조각이 떠 있습니다.", "en": "A piece floats apart from the person."},
    "flat_crown": {"ko": "머리 윗부분이 반듯하게 잘려 있습니다.", "en": "The top of the hair ends in a straight line."},
    "top_touched": {"ko": "머리가 사진 위쪽 끝에 닿습니다.", "en": "The head touches the upper edge."},
    "edge_ragged": {"ko": "머리 윤곽이 들쭉날쭉합니다.", "en": "The outline of the head is ragged."},
    "edge_smeared": {"ko": "머리 윤곽이 번져 있습니다.", "en": "The outline of the head is smeared."},
    "halo": {"ko": "머리 둘레에 다른 색 테가 보입니다.", "en": "A rim of another colour runs around the head."},
    "neck_gap": {"ko": "목과 옷깃 사이로 배경이 비칩니다.", "en": "The background shows between neck and collar."},
    "skin_step": {"ko": "얼굴과 목의 색이 다릅니다.", "en": "Face and neck differ in colour."},
    "bust_in_air": {"ko": "몸이 사진 아래 끝까지 이어지지 않습니다.", "en": "The body ends above the lower edge."},
    "mirrored": {
        "ko": "옷의 아랫부분이 거울처럼 되풀이됩니다.",
        "en": "The lower part of the clothes is a mirror image.",
    },
    "background_colour": {
        "ko": "배경색이 고른 색과 다릅니다.",
        "en": "The background has another colour than asked for.",
    },
    "background_uneven": {"ko": "배경이 고르지 않습니다.", "en": "The background is not even."},
    "head_size": {"ko": "얼굴 크기가 증명사진 규격에서 벗어납니다.", "en": "The face is not of an ID photo's size."},
    "head_place": {"ko": "얼굴 자리가 증명사진 규격에서 벗어납니다.", "en": "The face is not at an ID photo's place."},
    "faces_missing": {"ko": "얼굴이 얼굴로 보이지 않습니다.", "en": "No face can be made out."},
    "faces_extra": {"ko": "얼굴이 하나 더 보입니다.", "en": "There is another face in the picture."},
    "face_moved": {"ko": "얼굴 생김새가 원본과 다릅니다.", "en": "The features are not those of your photo."},
    "face_changed": {"ko": "얼굴이 원본과 다르게 그려졌습니다.", "en": "The face was painted over."},
    "face_soft": {"ko": "얼굴이 흐려서 인쇄하면 뭉개져 보입니다.", "en": "The face is too soft for print."},
    "skin_unnatural": {"ko": "얼굴빛이 자연스럽지 않습니다.", "en": "The colour of the face is not natural."},
    "face_dark": {"ko": "얼굴이 어둡습니다.", "en": "The face is dark."},
    "face_blown": {"ko": "얼굴이 하얗게 날아갔습니다.", "en": "Parts of the face are blown out."},
    "grain_step": {"ko": "옷이 얼굴보다 훨씬 거칠어 보입니다.", "en": "The clothes are far grainier than the face."},
    "light_step": {"ko": "옷과 얼굴의 빛 방향이 다릅니다.", "en": "Clothes and face are lit from different sides."},
}


def sentence(code: str, language: str) -> str:
    """The sentence for a measure, in English or else Korean. Raises KeyError for an unknown measure."""
    return SENTENCES[code]["en" if language == "en" else "ko"]
