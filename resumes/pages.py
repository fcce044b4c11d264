"""The applicant's page: one template, filled in the browser from the API and the event stream."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from letters.brief import LONGEST, SHORTEST

MBTI_TYPES = tuple(
    first + second + third + fourth for first in "IE" for second in "NS" for third in "TF" for fourth in "JP"
)

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # The chosen photo is shown from the browser's own memory before it is sent.
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline, nothing from elsewhere. A storage that answers media with a redirect to its own origin must be added
to `img-src`."""

TEXTS = {
    "photo.queued": _("순서를 기다리고 있어요"),
    "photo.detecting": _("사진에서 얼굴을 찾고 있어요"),
    "photo.masking": _("머리와 배경을 나누고 있어요"),
    "photo.painting": _("정장과 배경을 입히고 있어요"),
    "photo.done": _("사진이 완성됐어요. 마음에 드는 한 장을 고르세요."),
    "photo.rejected": _("이 사진으로는 만들 수 없어요"),
    "photo.failed": _("사진을 만들지 못했어요"),
    "photo.candidate": _("{number}번 사진"),
    "letter.queued": _("글쓰기 순서를 기다리고 있어요"),
    "letter.writing": _("{title} 항목을 쓰고 있어요"),
    "letter.starting": _("첫 문장을 고르고 있어요"),
    "letter.checking": _("글자 수와 회사 이름을 확인하고 있어요"),
    "letter.done": _("자기소개서 초안이 완성됐어요"),
    "letter.failed": _("자기소개서를 끝까지 쓰지 못했어요"),
    "letter.cancelled": _("쓰기를 멈췄어요"),
    "letter.heading": _("{company} 자기소개서"),
    "letter.saved": _("고친 내용을 저장했어요"),
    "letter.copied": _("자기소개서를 복사했어요"),
    "letter.characters": _("{count}자"),
    "waiting": _("대기 {position}번째 · 약 {seconds}초"),
    "guess.age": _("{low}–{high}세쯤"),
    "guess.mood": _("{mood} 표정"),
    "guess.both": _("{age}, {mood}으로 보여요"),
    "guess.one": _("{guess}으로 보여요"),
    "mood.HAPPY": _("기분 좋은"),
    "mood.CALM": _("차분한"),
    "mood.SAD": _("생각에 잠긴"),
    "mood.ANGRY": _("단호한"),
    "mood.SURPRISED": _("놀란"),
    "mood.CONFUSED": _("아리송한"),
    "mood.DISGUSTED": _("찡그린"),
    "mood.FEAR": _("긴장한"),
    "company.choose": _("{company} 자기소개서 쓰기"),
    "company.matched": _("나와 맞는 점"),
    "facts.saved": _("저장했어요. 다음에 쓰는 글부터 반영돼요."),
    "form.name": _("이름을 1–40자로 적어 주세요."),
    "form.phone": _("휴대폰 번호를 적어 주세요. 예: 010-1234-5678"),
    "form.mbti": _("MBTI 유형을 하나 골라 주세요."),
    "form.photo": _("정면 사진을 한 장 골라 주세요."),
    "form.photo_type": _("JPEG, PNG, WebP, HEIC 사진만 쓸 수 있어요."),
    "form.photo_size": _("사진이 20 MB보다 커요. 더 작은 사진을 골라 주세요."),
    "form.consent": _("동의해야 시작할 수 있어요."),
    "form.uploading": _("사진을 올리는 중… {percent}%"),
    "form.processing": _("사진을 확인하는 중…"),
    "error.network": _("연결이 끊겼어요. 인터넷을 확인하고 다시 시도해 주세요."),
    "error.server": _("서버에 문제가 생겼어요. 잠시 뒤에 다시 시도해 주세요."),
    "error.reconnecting": _("연결이 끊겨 다시 잇고 있어요…"),
    "error.gone": _("이 이력서는 지워졌거나 볼 수 없어요."),
    "deleted": _("이력서와 사진을 모두 지웠어요."),
}
"""Sentences that the page's scripts say; words in braces are filled in there."""


@require_safe
@never_cache
@ensure_csrf_cookie
def index(request: HttpRequest, resume_id: str | None = None) -> HttpResponse:
    """The page at `/`, and at a résumé's own address, by which its owner comes back to it."""
    response = render(
        request,
        "resumes/index.html",
        {
            "mbti_types": MBTI_TYPES,
            "resume_id": resume_id or "",
            "known": request.user.is_authenticated,
            "letter_language": get_language(),
            "shortest": SHORTEST,
            "longest": LONGEST,
            "texts": {key: str(text) for key, text in TEXTS.items()},
        },
    )
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response
