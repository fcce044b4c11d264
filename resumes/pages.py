"""The applicant's page: one template, filled in the browser from the API and the event stream."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from api.security_headers import own_resources_only
from companies.language import in_request_language
from companies.models import PersonalityType
from companies.personality import MBTI_TYPES
from letters.brief import LONGEST, SHORTEST
from photos.models import Wording
from photos.outpainting import PLAIN_STYLES
from photos.outpainting.backdrop import BACKGROUNDS
from resumes import disclosure, selectors
from resumes.models import Resume

MBTI_QUESTIONS = (
    {
        "text": _("쉬는 날, 어떻게 힘을 얻나요?"),
        "answers": (("E", _("사람들과 어울리면서")), ("I", _("혼자 조용히 지내면서"))),
    },
    {
        "text": _("새로운 것을 배울 때 무엇부터 보나요?"),
        "answers": (("S", _("구체적인 사실과 예시")), ("N", _("전체 그림과 가능성"))),
    },
    {
        "text": _("친구가 고민을 말하면 무엇부터 하나요?"),
        "answers": (("T", _("해결 방법을 같이 찾아요")), ("F", _("마음부터 알아줘요"))),
    },
    {
        "text": _("여행을 갈 때 어느 쪽인가요?"),
        "answers": (("J", _("일정을 미리 짜요")), ("P", _("그때그때 정해요"))),
    },
)

STYLE_NAMES = dict(Wording.Style.choices)

GARMENT_NAMES = {"": _("알아서"), "shirt": _("셔츠와 넥타이"), "blouse": _("블라우스")}
"""What is worn under the jacket; "" = decided by the photo."""

BACKGROUND_NAMES = {
    "light_blue": _("하늘색"),
    "white": _("흰색"),
    "grey": _("회색"),
    "blue": _("파란색"),
    "beige": _("베이지"),
}

MOST_LISTED = 100

MODULES = tuple(
    f"resumes/{name}.js"
    for name in (
        "api",
        "page",
        "state",
        "stream",
        "blanks",
        "choice",
        "companies",
        "facts",
        "letter",
        "mbti",
        "photo",
        "picker",
        "rows",
        "start",
        "styles",
    )
)
"""The modules that `main.js` imports at once, for the browser to preload. Camera and comparison are loaded on use."""

TEXTS = {
    "photo.queued": _("순서를 기다리고 있어요"),
    "photo.detecting": _("사진에서 얼굴을 찾고 있어요"),
    "photo.masking": _("머리와 배경을 나누고 있어요"),
    "photo.painting": _("정장과 배경을 입히고 있어요"),
    "photo.done": _("사진이 완성됐어요. 마음에 드는 한 장을 고르세요."),
    "photo.expired": _(
        "보관 기간이 지나 사진을 지웠어요. 글은 그대로 있어요. 새 사진을 올리면 증명사진을 다시 만들어 드려요."
    ),
    "photo.rejected": _("이 사진으로는 만들 수 없어요"),
    "photo.failed": _("사진을 만들지 못했어요"),
    "photo.candidate": _("{number}번 사진"),
    "verdict.send": _("제출해도 좋은 사진이에요."),
    "verdict.look": _("제출하기 전에 크게 보고 확인하세요."),
    "verdict.dont": _("이대로 제출하지 마세요."),
    "photo.chosen": _("고른 증명사진, {number}번"),
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
    "letter.item_copied": _("이 항목을 복사했어요"),
    "letter.characters": _("{count}자"),
    "letter.off": _("{count}자 · 권장 {shortest}–{longest}자"),
    "waiting": _("대기 {position}번째 · 약 {seconds}초 뒤 시작"),
    "waiting.soon": _("대기 {position}번째 · 곧 시작"),
    "resume.of": _("{name} 님의 이력서"),
    "finish.blanks": _("빈칸이 {count}곳 남았어요. 노란 빈칸을 눌러 내 이야기로 채워 주세요."),
    "finish.many": _("빈칸이 {count}곳 남았어요. 눌러서 채우거나, 아래 ‘내 이야기’를 적고 다시 써 보세요."),
    "finish.ready": _("내기 전에 한 번 더 읽고 내 말로 다듬어 주세요."),
    "blank.heading": _("‘{name}’ 칸을 채워 볼까요?"),
    "blank.same": _("같은 빈칸 {count}곳을 함께 채워요."),
    "blank.tap": _("눌러서 채우기"),
    "blank.empty": _("들어갈 말을 적어 주세요."),
    "blank.filled": _("빈칸 {count}곳을 채웠어요"),
    "versions.one": _("{version}번째 글 · {origin} · {company}"),
    "versions.written": _("새로 씀"),
    "versions.edited": _("손수 고침"),
    "versions.filled": _("빈칸 채움"),
    "versions.edited_item": _("손수 고침: {title}"),
    "versions.regenerated": _("한 항목 다시 씀"),
    "versions.same": _("지금 글과 같아요."),
    "versions.restore": _("이 항목을 이때 글로 되살리기"),
    "guess.age": _("{low}–{high}세쯤"),
    "guess.mood": _("{mood} 표정"),
    "guess.soon": _("나이와 표정을 짐작해 볼게요"),
    "guess.unsure": _("나이와 표정은 잘 모르겠어요"),
    "guess.off": _("나이와 표정 짐작을 껐어요"),
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
    "facts.remove": _("{row} 지우기"),
    "facts.saved": _("저장했어요. 다음에 쓰는 글부터 반영돼요."),
    "form.name": _("이름을 1–40자로 적어 주세요."),
    "form.phone": _("휴대폰 번호를 적어 주세요. 예: 010-1234-5678"),
    "form.mbti": _("MBTI 유형을 하나 골라 주세요."),
    "form.photo": _("정면 사진을 한 장 골라 주세요."),
    "form.photo_type": _("JPEG, PNG, WebP, HEIC 사진만 쓸 수 있어요."),
    "form.photo_size": _("사진이 20 MB보다 커요. 더 작은 사진을 골라 주세요."),
    "form.camera": _("카메라를 켤 수 없어요. 사진을 골라 주세요."),
    "form.consent": _("동의해야 시작할 수 있어요."),
    "form.next": _("다음"),
    "form.skip": _("건너뛰기"),
    "form.create": _("이력서 만들기"),
    "form.type": _("{type} · {summary}"),
    "form.uploading": _("사진을 올리는 중… {percent}%"),
    "form.processing": _("사진을 확인하는 중…"),
    "error.network": _("연결이 끊겼어요. 인터넷을 확인하고 다시 시도해 주세요."),
    "error.server": _("서버에 문제가 생겼어요. 잠시 뒤에 다시 시도해 주세요."),
    "error.reconnecting": _("연결이 끊겨 다시 잇고 있어요…"),
    "error.gone": _("이 이력서는 지워졌거나 볼 수 없어요."),
    "deleted": _("이력서와 사진을 모두 지웠어요."),
}
"""Sentences that the page's scripts show. They fill in the words in braces."""


@require_safe
@never_cache
@ensure_csrf_cookie
@gzip_page
@own_resources_only
def index(request: HttpRequest, resume_id: str | None = None) -> HttpResponse:
    """The page at `/` and at a résumé's own address, to which its owner can return."""
    return render(
        request,
        "resumes/index.html",
        {
            "mbti_types": MBTI_TYPES,
            "mbti_questions": MBTI_QUESTIONS,
            "styles": [{"slug": slug, "name": STYLE_NAMES.get(slug, slug)} for slug in PLAIN_STYLES],
            "garments": [{"slug": slug, "name": name} for slug, name in GARMENT_NAMES.items()],
            "backgrounds": [{"slug": slug, "name": BACKGROUND_NAMES.get(slug, slug)} for slug in BACKGROUNDS],
            "modules": MODULES,
            "resume_id": resume_id or "",
            "known": request.user.is_authenticated,
            "letter_language": get_language(),
            "shortest": SHORTEST,
            "longest": LONGEST,
            "retention_days": settings.PHOTO_RETENTION_DAYS,
            "disclosures": disclosure.sentences(),
            "texts": {**{key: str(text) for key, text in TEXTS.items()}, **_summaries()},
        },
    )


@require_safe
@never_cache
@own_resources_only
def mine(request: HttpRequest) -> HttpResponse:
    """A person's résumés, the newest first."""
    own = Resume.objects.filter(user_id=request.user.pk) if request.user.is_authenticated else Resume.objects.none()
    resumes = list(own.order_by("-created_at")[:MOST_LISTED])
    letters = selectors.letters_of(resumes)
    rows = [
        {
            "id": resume.id,
            "name": resume.name,
            "created_at": resume.created_at,
            "company": letters[resume.id].company_name if resume.id in letters else "",
        }
        for resume in resumes
    ]
    return render(request, "resumes/mine.html", {"resumes": rows})


def _summaries() -> dict[str, str]:
    """How people of each type tend to work. The keys are `type.` and the type."""
    return {
        f"type.{each.type}": in_request_language(each.summary, each.summary_en)
        for each in PersonalityType.objects.all()
    }
