"""A résumé as the API shows it, in the person's language. Answers, snapshots and events are made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from api.problems import KINDS
from companies.services import Recommendation
from letters.models import Letter, title
from letters.refusals import sentence as refused
from photos import advice, refusals
from photos.judging import sentences as judging
from photos.models import Photo
from photos.outpainting.backdrop import DEFAULT_BACKGROUND
from photos.types import StoredAdvice
from resumes import profile, selectors
from resumes.models import Resume
from resumes.types import (
    AdviceJson,
    CandidateJson,
    FaceJson,
    LetterJson,
    LetterStateJson,
    PhotoJson,
    PhotoStateJson,
    ReasonJson,
    RecommendationJson,
    ResumeJson,
    SectionJson,
    WaitingJson,
)
from workers.engine.waiting import Reason, Waiting, waiting, waiting_of_each

Positions = Mapping[str, Waiting]
"""The waiting work of many subjects, by subject: see `workers.engine.waiting`."""

HELD = _("지금은 평소보다 오래 걸립니다. 접수는 되었고, 준비되는 대로 저절로 이어집니다.")
PAUSED = _("지금은 작업이 잠시 멈춰 있습니다. 접수된 것은 그대로 있고, 다시 시작되면 저절로 이어집니다.")
DELAYS = {Reason.PROVIDER: HELD, Reason.NO_WORKER: PAUSED}
"""The sentence for a wait of unknown length, by what the work waits for."""
CANCELLED = _("멈췄습니다. 다시 시도하면 이어서 만듭니다.")


def resumes_json(resumes: Sequence[Resume], language: str) -> list[ResumeJson]:
    """Many résumés with their newest letters. The number of queries does not grow with the number of résumés."""
    letters = selectors.letters_of(resumes)
    positions = waiting_of_each(
        [
            *(resume.photo.pk for resume in resumes if resume.photo.in_progress),
            *(letter.pk for letter in letters.values() if letter.in_progress),
        ]
    )
    recommended = {mbti: selectors.recommendations(mbti) for mbti in {resume.mbti for resume in resumes}}
    return [
        _resume_json(resume, letters.get(resume.id), language, recommended[resume.mbti], positions)
        for resume in resumes
    ]


def resume_json(resume: Resume, letter: Letter | None, language: str) -> ResumeJson:
    """The whole résumé with its newest letter."""
    return _resume_json(resume, letter, language, selectors.recommendations(resume.mbti), None)


def _resume_json(
    resume: Resume,
    letter: Letter | None,
    language: str,
    recommended: Sequence[Recommendation],
    positions: Positions | None,
) -> ResumeJson:
    photo = resume.photo
    state = selectors.state(photo, letter)
    return {
        "id": resume.id,
        "state": state,
        "created_at": resume.created_at.isoformat().replace("+00:00", "Z"),
        "language": resume.language,
        "style": resume.style,
        "profile": {"name": resume.name, "phone": profile.masked_phone(resume.phone), "mbti": resume.mbti},
        "facts": resume.facts,
        "photo": photo_json(resume, photo, language, positions),
        "recommendations": [recommendation_json(each, language) for each in recommended],
        "letter": letter_json(letter, positions) if letter else None,
        "events_url": _address(resume, "events/"),
        "pdf_url": _address(resume, "resume.pdf") if selectors.printable(photo, letter) else None,
    }


def photo_json(resume: Resume, photo: Photo, language: str, positions: Positions | None = None) -> PhotoJson:
    return {
        **photo_state(photo, language, positions),
        "face": face_json(photo),
        "mask_url": mask_url(resume, photo),
        "advice": translated_advice(photo.advice, language),
        "candidates": candidates_json(resume, photo, language),
        "chosen": photo.chosen,
        "background": photo.background or DEFAULT_BACKGROUND,
    }


def photo_state(photo: Photo, language: str, positions: Positions | None = None) -> PhotoStateJson:
    """The data of `photo.state`. With `positions` the queue is not queried again."""
    waits = _waiting_of(photo.pk, positions) if photo.in_progress else None
    return {
        "state": photo.state,
        "code": photo.code or None,
        "detail": sentence(photo.code, language) if photo.code else _delay(waits, language),
        "waiting": _waiting_json(waits),
    }


def face_json(photo: Photo) -> FaceJson | None:
    if photo.face is None:
        return None
    return {
        "box": photo.face["box"],
        "confidence": photo.face["confidence"],
        "age_range": photo.face["age_range"],
        "gender": photo.face["gender"],
        "emotions": photo.face["emotions"],
    }


def mask_url(resume: Resume, photo: Photo) -> str | None:
    return media_url(resume, "mask.png") if photo.mask_file else None


def translated_advice(stored: Sequence[StoredAdvice], language: str) -> list[AdviceJson]:
    """A photo's stored advice, as sentences in the reader's language."""
    return [{"code": each["code"], "detail": advice.sentence(each, language)} for each in stored]


def reasons_json(codes: Sequence[str], language: str) -> list[ReasonJson]:
    return [{"code": code, "detail": judging.sentence(code, language)} for code in codes]


def candidates_json(resume: Resume, photo: Photo, language: str) -> list[CandidateJson]:
    """The candidates, best first. `portrait_url` has the chosen background, `url` the painted one."""
    background = photo.background
    changed = f"-{background}" if background and background != DEFAULT_BACKGROUND else ""
    return [
        {
            "number": each.number,
            "url": media_url(resume, f"portrait-{each.number}.jpg"),
            "score": round(each.score, 3),
            "look": each.look,
            "verdict": each.verdict,
            "reasons": reasons_json(each.problems, language),
            "portrait_url": media_url(resume, f"portrait-{each.number}{changed}.jpg"),
        }
        for each in photo.candidates.all()
    ]


def recommendation_json(recommendation: Recommendation, language: str) -> RecommendationJson:
    company = recommendation.company
    return {
        "company": {"slug": company.slug, "name": company.name_en if language == "en" else company.name},
        "score": round(recommendation.score, 3),
        "matched": list(recommendation.matched_en if language == "en" else recommendation.matched),
    }


def letter_json(letter: Letter, positions: Positions | None = None) -> LetterJson:
    return {**letter_state(letter, positions), "origin": letter.origin, "sections": sections_json(letter)}


def letter_state(letter: Letter, positions: Positions | None = None) -> LetterStateJson:
    """The data of `letter.state`. With `positions` the queue is not queried again."""
    waits = _waiting_of(letter.pk, positions) if letter.in_progress else None
    return {
        "version": letter.version,
        "state": letter.state,
        "company": {"slug": letter.company_slug, "name": letter.company_name},
        "detail": refused(letter.code, letter.language) if letter.code else _delay(waits, letter.language),
        "waiting": _waiting_json(waits),
    }


def sections_json(letter: Letter) -> list[SectionJson]:
    return [
        {
            "number": section["number"],
            "title": title(letter.language, section["number"]),
            "text": section["text"],
            "characters": len(section["text"]),
            "problems": section["problems"],
        }
        for section in letter.sections
    ]


def _waiting_of(subject: str, positions: Positions | None) -> Waiting | None:
    return waiting(subject) if positions is None else positions.get(subject)


def _waiting_json(waits: Waiting | None) -> WaitingJson | None:
    return {"position": waits.position, "seconds": waits.seconds, "reason": waits.reason} if waits else None


def _delay(waits: Waiting | None, language: str) -> str | None:
    return _in_language(DELAYS[waits.reason], language) if waits and waits.reason in DELAYS else None


def photo_detail(state: PhotoStateJson, language: str) -> str:
    """The `detail` of a `photo.state` event that has one, translated for a reader of another language."""
    if state["code"]:
        return sentence(state["code"], language)
    # An event of the release before has no reason. It always meant the provider.
    waits = state["waiting"]
    reason = waits.get("reason", Reason.PROVIDER) if waits else Reason.PROVIDER
    return _in_language(DELAYS[reason], language)


def _in_language(words: str | Promise, language: str) -> str:
    with translation.override(language):
        return str(words)


def sentence(code: str, language: str) -> str:
    """The sentence for a photo's code, in the person's language."""
    if code in refusals.SENTENCES:
        return refusals.sentence(code, language)
    return _in_language(CANCELLED if code == "cancelled" else KINDS["failed"].detail, language)


def media_url(resume: Resume, name: str) -> str:
    return _address(resume, f"media/{name}")


def _address(resume: Resume, rest: str) -> str:
    return reverse("resume", args=[resume.id]) + rest
