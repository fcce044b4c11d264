"""Queries about a résumé that change nothing."""

from __future__ import annotations

import re
from collections.abc import Collection

from companies import services as companies
from companies.models import PersonalityType
from companies.services import Recommendation
from letters import services as letters
from letters.models import Letter
from photos import services as photos
from photos.models import Photo
from resumes.models import Resume
from resumes.types import ResumeState


def letter(resume: Resume) -> Letter | None:
    """The newest version of the résumé's letter."""
    return letters.current(resume.id)


def letters_of(resumes: Collection[Resume]) -> dict[str, Letter]:
    """The newest version of each résumé's letter, by the résumé's id."""
    return letters.current_of_each([resume.id for resume in resumes])


def state(photo: Photo, letter: Letter | None) -> ResumeState:
    """The résumé's state in the API. A cancelled letter counts as not asked for."""
    if photo.state == Photo.State.FAILED or (letter and letter.state == Letter.State.FAILED):
        return "failed"
    if photo.state == Photo.State.REJECTED:
        return "needs_photo"
    if letter is None or letter.state == Letter.State.CANCELLED:
        return "needs_company"
    return "working" if photo.in_progress or letter.in_progress else "done"


def printable(photo: Photo, letter: Letter | None) -> bool:
    """Whether there is what a PDF needs: a portrait and a finished letter."""
    return photo.state == Photo.State.DONE and letter is not None and letter.state == Letter.State.DONE


def recommendations(mbti: str) -> list[Recommendation]:
    try:
        return companies.recommend(mbti)
    except PersonalityType.DoesNotExist:
        # A curator may switch a type off. A résumé that was made before must stay readable.
        return []


def media_file(resume: Resume, name: str) -> str | None:
    """The stored file of a media name; None when there is none, or not yet.

    A portrait before another background is computed when it is first asked for. No provider is called.
    """
    photo = resume.photo
    if name == "original.jpg":
        return photo.original_file
    if name == "mask.png":
        return photo.mask_file or None
    match = re.fullmatch(r"portrait-([1-9][0-9]?)(?:-([a-z_]{1,20}))?\.jpg", name)
    candidate = photo.candidates.filter(number=int(match[1])).first() if match else None
    return photos.portrait_file(candidate, match[2] or "") if match and candidate else None
