"""A résumé as the contract shows it, in the person's language. GET, snapshot and events speak through here."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts.problems import KINDS
from companies.services import Recommendation
from letters.models import Letter, title
from photos import refusals
from photos.models import Photo
from resumes import profile, selectors
from resumes.models import Resume
from workers.waiting import Waiting, waiting


def resume_json(resume: Resume, language: str) -> dict[str, Any]:
    """The whole résumé."""
    photo, letter = resume.photo, selectors.letter(resume)
    state = selectors.state(photo, letter)
    return {
        "id": resume.id,
        "state": state,
        "created_at": resume.created_at.isoformat().replace("+00:00", "Z"),
        "language": resume.language,
        "style": resume.style,
        "profile": {"name": resume.name, "phone": profile.masked_phone(resume.phone), "mbti": resume.mbti},
        "facts": resume.facts,
        "photo": photo_json(resume, photo, language),
        "recommendations": [recommendation_json(each, language) for each in selectors.recommendations(resume)],
        "letter": letter_json(letter) if letter else None,
        "events_url": _address(resume, "events/"),
        "pdf_url": _address(resume, "resume.pdf") if selectors.printable(photo, letter) else None,
    }


def photo_json(resume: Resume, photo: Photo, language: str) -> dict[str, Any]:
    return {
        **photo_state(photo, language),
        "face": face_json(photo),
        "mask_url": mask_url(resume, photo),
        "candidates": candidates_json(resume, photo),
        "chosen": photo.chosen,
    }


def photo_state(photo: Photo, language: str) -> dict[str, Any]:
    """The data of `photo.state`."""
    return {
        "state": photo.state,
        "code": photo.code or None,
        "detail": sentence(photo.code, language) if photo.code else None,
        "waiting": waiting_json(waiting(photo.pk)) if photo.in_progress else None,
    }


def face_json(photo: Photo) -> dict[str, Any] | None:
    if photo.face is None:
        return None
    return {name: photo.face[name] for name in ("box", "confidence", "age_range", "gender", "emotions")}


def mask_url(resume: Resume, photo: Photo) -> str | None:
    return media_url(resume, "mask.png") if photo.mask_file else None


def candidates_json(resume: Resume, photo: Photo) -> list[dict[str, Any]]:
    return [
        {"number": each.number, "url": media_url(resume, f"portrait-{each.number}.jpg"), "score": round(each.score, 3)}
        for each in photo.candidates.all()
    ]


def recommendation_json(recommendation: Recommendation, language: str) -> dict[str, Any]:
    company = recommendation.company
    return {
        "company": {"slug": company.slug, "name": company.name_en if language == "en" else company.name},
        "score": round(recommendation.score, 3),
        "matched": list(recommendation.matched_en if language == "en" else recommendation.matched),
    }


def letter_json(letter: Letter) -> dict[str, Any]:
    return {**letter_state(letter), "origin": letter.origin, "sections": sections_json(letter)}


def letter_state(letter: Letter) -> dict[str, Any]:
    """The data of `letter.state`."""
    return {
        "version": letter.version,
        "state": letter.state,
        "company": {"slug": letter.company_slug, "name": letter.company_name},
        "waiting": waiting_json(waiting(letter.pk)) if letter.in_progress else None,
    }


def sections_json(letter: Letter) -> list[dict[str, Any]]:
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


def waiting_json(place: Waiting | None) -> dict[str, int] | None:
    return {"position": place.position, "seconds": place.seconds} if place else None


def sentence(code: str, language: str) -> str:
    """What the person should know about a code, in their language."""
    if code in refusals.SENTENCES:
        return refusals.sentence(code, language)
    return str(KINDS["failed"].detail)


def media_url(resume: Resume, name: str) -> str:
    return _address(resume, f"media/{name}")


def _address(resume: Resume, rest: str) -> str:
    return reverse("resume", args=[resume.id]) + rest
