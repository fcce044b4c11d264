"""The sentences of the consent that say where this installation sends a person's photo and story."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HERE_ONLY = _("사진과 글은 모두 이 서비스의 컴퓨터 안에서만 다루고, 다른 회사나 다른 나라로 보내지 않아요.")
PHOTO_HERE = _("사진은 이 서비스의 컴퓨터 안에서만 처리해요.")
PHOTO_SENT = _(
    "얼굴이 나온 사진을 Amazon Web Services(AWS)라는 회사의 컴퓨터로 보내, 얼굴을 찾고 정장과 배경을 입혀요. "
    "처리하는 곳: %(places)s."
)
LETTER_HERE = _("자기소개서는 이 서비스의 컴퓨터 안에서만 써요.")
LETTER_SENT = _(
    "자기소개서를 쓰려고 고른 회사 이름과 인재상, 내가 적은 이야기, 성향을 나타내는 낱말을 AWS의 글쓰기 모델에 보내요. "
    "사진은 보내지 않고, 이름과 번호도 내가 이야기에 적지 않으면 가지 않아요. 처리하는 곳: %(places)s."
)
KEPT_ELSEWHERE = _("사진과 증명사진은 이 서비스가 쓰는 파일 저장소(S3)에 보관해요.")

KOREA, UNITED_STATES, JAPAN, EUROPE, AUSTRALIA = _("한국"), _("미국"), _("일본"), _("유럽"), _("호주")
ASIA_PACIFIC, WORLD = _("아시아·태평양의 여러 나라"), _("세계 여러 나라")
ELSEWHERE = _("한국이 아닌 나라일 수 있어요")

PROFILES = {
    "us": UNITED_STATES,
    "jp": JAPAN,
    "eu": EUROPE,
    "au": AUSTRALIA,
    "apac": ASIA_PACIFIC,
    "global": WORLD,
}
"""The prefix of an inference profile's id, and its area. The profile computes in any region of it: docs/aws.md."""

REGIONS = {
    "ap-northeast-2": KOREA,
    "ap-northeast-1": JAPAN,
    "ap-northeast-3": JAPAN,
    "ap-southeast-2": AUSTRALIA,
    "ap-southeast-4": AUSTRALIA,
    "us-": UNITED_STATES,
    "eu-": EUROPE,
}


def sentences() -> list[str]:
    """The sentences that the person reads before they agree."""
    photo, letter = _photo_places(), _letter_places()
    kept = bool(settings.AWS_STORAGE_BUCKET_NAME)
    if not (photo or letter or kept):
        return [str(HERE_ONLY)]
    return [
        str(PHOTO_SENT) % {"places": _listed(photo)} if photo else str(PHOTO_HERE),
        str(LETTER_SENT) % {"places": _listed(letter)} if letter else str(LETTER_HERE),
        *([str(KEPT_ELSEWHERE)] if kept else []),
    ]


def _photo_places() -> list[Promise]:
    places = []
    if "aws" in (settings.FACE_BACKEND, settings.MASK_BACKEND):
        places.append(_region(_own_region()))
    if settings.OUTPAINT_BACKEND == "aws":
        places.append(_model(settings.BEDROCK_IMAGE_MODEL_ID))
    return places


def _letter_places() -> list[Promise]:
    return [_model(settings.BEDROCK_TEXT_MODEL_ID)] if settings.LETTER_BACKEND == "aws" else []


def _model(model_id: str) -> Promise:
    return PROFILES.get(model_id.split(".")[0]) or _region(settings.BEDROCK_REGION or _own_region())


def _region(region: str) -> Promise:
    return next((place for prefix, place in REGIONS.items() if region.startswith(prefix)), ELSEWHERE)


@cache
def _own_region() -> str:
    """The region of boto3's configuration; "" where none is set."""
    from botocore.session import get_session  # Large, and needed only in the AWS world.

    return get_session().get_config_variable("region") or ""


def _listed(places: list[Promise]) -> str:
    return ", ".join(dict.fromkeys(str(place) for place in places))
