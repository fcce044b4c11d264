"""The operations on a résumé. A function that starts work writes rows and steps in one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, get_args

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from api.problems import Problem
from companies import services as companies
from companies.models import Company
from letters import services as letters
from letters.brief import Brief, CompanyRecord
from letters.models import Letter
from photos import services as photos
from photos.decoding import NormalisedPhoto
from photos.models import Photo
from resumes import news, profile, selectors
from resumes.models import IdempotencyKey, Resume
from workers.errors import Cancelled
from workers.events import log

What = Literal["letter", "photo"]
"""The part of a résumé that a cancellation or a retry applies to."""
WHAT: tuple[What, ...] = get_args(What)
KEYS_KEPT = timedelta(days=1)
"""How long a client may repeat a request under the same key."""


@dataclass(frozen=True)
class Application:
    """A valid request for a résumé."""

    name: str
    phone: str
    mbti: str
    language: str
    style: str
    facts: dict[str, Any]

    def body_hash(self, photo_digest: str) -> str:
        body = json.dumps([vars(self), photo_digest], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(body.encode()).hexdigest()


def repeated(user: User, key: str, body_hash: str) -> Resume | None:
    """The résumé created with this key, if any. Raises Problem `idempotency_mismatch` when the body was another."""
    found = IdempotencyKey.objects.filter(user=user, key=key, created_at__gt=timezone.now() - KEYS_KEPT).first()
    if found is None:
        return None
    if found.body_hash != body_hash:
        raise Problem(422, "idempotency_mismatch")
    return found.resume


def create(user: User, application: Application, normalised: NormalisedPhoto, key: str, body_hash: str) -> Resume:
    """Write the résumé, its photo and its steps in one transaction. The chain starts at commit."""
    try:
        with photos.stored(normalised, application.style) as photo, transaction.atomic():
            photo.save()
            resume = Resume.objects.create(user=user, photo=photo, **vars(application))
            if key:
                IdempotencyKey.objects.filter(created_at__lte=timezone.now() - KEYS_KEPT).delete()
                IdempotencyKey.objects.create(user=user, key=key, body_hash=body_hash, resume=resume)
            photos.start(photo, topic=resume.id, owner=str(user.pk))
    except IntegrityError:
        # The same key arrived twice at the same moment: the other request won.
        winner = repeated(user, key, body_hash)
        if winner is None:
            raise
        return winner
    return resume


def replace_photo(resume: Resume, normalised: NormalisedPhoto) -> None:
    """Start over with another photo. Raises Problem `photo_in_progress`."""
    with photos.stored(normalised, resume.style) as new, transaction.atomic():
        _lock(resume)
        old = resume.photo
        if old.in_progress:
            raise Problem(409, "photo_in_progress")
        new.style = resume.style
        new.save()
        resume.photo = new
        resume.save(update_fields=["photo"])
        photos.start(new, topic=resume.id, owner=str(resume.user_id), again=old.state == Photo.State.DONE)
        photos.forget(old)
        transaction.on_commit(lambda: news.refresh(resume.id))


def choose_portrait(resume: Resume, number: int, background: str = "") -> None:
    """Choose a candidate, and the background behind it.

    Raises Problem `not_found` when there is no such candidate, `photo_in_progress` while others are painted.
    """
    with transaction.atomic():
        _lock(resume)
        if not photos.choose_candidate(resume.photo, number, background):
            raise Problem(404, "not_found")
        if resume.photo.in_progress:
            # Nobody has seen the new picture of this number yet. The choice is rolled back.
            raise Problem(409, "photo_in_progress")
        transaction.on_commit(lambda: news.refresh(resume.id))


def change(resume: Resume, changes: dict[str, Any]) -> None:
    """Change what the person wrote about themselves. Another style paints new candidates; face and mask are kept."""
    with transaction.atomic():
        _lock(resume)
        for name, value in changes.items():
            setattr(resume, name, value)
        resume.save(update_fields=list(changes))
        photo = resume.photo
        # A style that was refused may be asked for again.
        if "style" in changes and (changes["style"] != photo.style or photo.code):
            if photo.in_progress:
                raise Problem(409, "photo_in_progress")
            if photo.state == Photo.State.DONE and not photo.expired:
                photos.repaint(photo, changes["style"], topic=resume.id, owner=str(resume.user_id))
            else:
                Photo.objects.filter(pk=photo.pk).update(style=changes["style"])
        transaction.on_commit(lambda: news.refresh(resume.id))


def ask_letter(resume: Resume, slug: str, count: Callable[[], None]) -> tuple[Letter, bool]:
    """A letter for this company, and whether it is a new version. `count` is called before a new version is made.

    Raises Problem `not_found`, `letter_in_progress`, and whatever `count` raises.
    """
    company = Company.objects.active().filter(slug=slug).first()
    if company is None:
        raise Problem(404, "not_found")
    with transaction.atomic():
        _lock(resume)
        present = selectors.letter(resume)
        if present is not None and present.in_progress:
            if present.company_slug != slug:
                raise Problem(409, "letter_in_progress")
            return present, False
        count()
        letter = letters.ask(resume.id, _brief(resume, company), str(resume.user_id))
        transaction.on_commit(lambda: news.refresh(resume.id))
    return letter, True


def edit_section(resume: Resume, number: int, text: str) -> Letter:
    """Make a new version with the person's own text for one section.

    The text is checked before the row is locked, so that a slow check does not block others. If another version was
    saved meanwhile, it is checked again. Raises Problem `not_found`, `letter_in_progress`, and `not_ready` for an
    incomplete letter, which an edit would make look finished.
    """
    while True:
        present = _finished(selectors.letter(resume))
        if present.missing():
            raise Problem(409, "not_ready")
        sections = letters.edited(present, number, text)
        with transaction.atomic():
            if _finished_letter(resume).pk == present.pk:
                letter = letters.edit(present, sections)
                transaction.on_commit(lambda: news.tell_edited(resume.id))
                return letter


def regenerate_section(resume: Resume, number: int, count: Callable[[], None]) -> Letter:
    """Make a new version with one section written anew. `count` is called before.

    Raises Problem `not_found`, `letter_in_progress`, `not_ready` when other sections are incomplete, since they would
    be written too, and whatever `count` raises.
    """
    with transaction.atomic():
        present = _finished_letter(resume)
        if set(present.missing()) - {number}:
            raise Problem(409, "not_ready")
        count()
        letter = letters.regenerate(present, number, str(resume.user_id), _fresh_brief(resume))
        transaction.on_commit(lambda: news.refresh(resume.id))
    return letter


def cancel(resume: Resume, what: What | None = None) -> None:
    """Stop the work in progress, or only one part of it. What was made is kept."""
    with transaction.atomic():
        _lock(resume)
        letter = selectors.letter(resume)
        if what != "photo" and letter is not None and letter.in_progress:
            letters.cancel(letter)
        if what != "letter" and resume.photo.in_progress:
            photos.cancel(resume.photo)
        transaction.on_commit(lambda: news.tell_states(resume.id))


def retry(resume: Resume, what: What | None = None) -> None:
    """Continue the work that failed or was cancelled, or only one part of it.

    When the photo failed by itself, a letter that the person cancelled is continued only if `what` names it. If `what`
    names a finished photo, its missing candidates are painted.
    """
    with transaction.atomic():
        _lock(resume)
        letter, photo = selectors.letter(resume), resume.photo
        failed = photo.state == Photo.State.FAILED
        stopped_too = what == "letter" or not failed or photo.code == Cancelled.code
        if what != "photo" and letter is not None and _can_be_retried(letter, stopped_too):
            letters.retry(letter)
        if what != "letter" and failed:
            photos.retry(photo)
        if what == "photo" and not failed:
            photos.paint_missing(photo, topic=resume.id, owner=str(resume.user_id))
        transaction.on_commit(lambda: news.tell_states(resume.id))


def _can_be_retried(letter: Letter, stopped_too: bool) -> bool:
    return letter.state == Letter.State.FAILED or (stopped_too and letter.state == Letter.State.CANCELLED)


def delete(resume: Resume) -> None:
    """Delete the résumé with its photo, portraits, letters and work. Readers are told after that."""
    topic = resume.id
    with transaction.atomic():
        _lock(resume)
        letters.forget(resume.id)
        photo = resume.photo
        resume.delete()
        photos.forget(photo)
    log.close(topic)


def _lock(resume: Resume) -> None:
    """Lock the résumé, so that two requests at once cannot both pass the same check. Raises Problem `not_found`."""
    if not Resume.objects.select_for_update().filter(pk=resume.pk).exists():
        raise Problem(404, "not_found")
    resume.refresh_from_db()


def _finished_letter(resume: Resume) -> Letter:
    _lock(resume)
    return _finished(selectors.letter(resume))


def _finished(letter: Letter | None) -> Letter:
    """The letter if it is not in progress. Raises Problem `not_found`, `letter_in_progress`."""
    if letter is None:
        raise Problem(404, "not_found")
    if letter.in_progress:
        raise Problem(409, "letter_in_progress")
    return letter


def _brief(resume: Resume, company: Company) -> Brief:
    traits = companies.traits(resume.mbti)
    return Brief(
        language="en" if resume.language == "en" else "ko",
        company=CompanyRecord(**companies.brief_company(company)),
        traits=traits.ko,
        traits_en=traits.en,
        facts=profile.typed_facts(resume.facts),
        other_companies=tuple(
            name for slug, names in companies.company_names() if slug != company.slug for name in names
        ),
    )


def _fresh_brief(resume: Resume) -> Brief | None:
    """The brief with the person's facts of now; None when the company is no longer in the knowledge base."""
    letter = selectors.letter(resume)
    company = Company.objects.filter(slug=letter.company_slug).first() if letter else None
    return _brief(resume, company) if company else None
