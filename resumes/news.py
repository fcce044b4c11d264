"""Writes the résumé's events into the event log. It receives the engine's signals, since the engine knows no résumé."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from api.events import EventName
from letters.models import Letter
from letters.services import CHAIN as LETTER_CHAIN
from photos.models import Photo
from photos.services import CHAIN as PHOTO_CHAIN
from resumes import presentation, selectors
from resumes.models import Resume
from resumes.types import DoneEvent, MaskEvent, StoredAdviceEvent
from workers.engine.waiting import waiting_of_each
from workers.events.log import tell
from workers.models import Step
from workers.operations import metrics
from workers.signals import step_ended, step_started, still_working

DETECT, MASK, OUTPAINT = PHOTO_CHAIN


def refresh(resume_id: str) -> None:
    tell(resume_id, EventName.REFRESH, {})


def tell_edited(resume_id: str) -> None:
    """Tell readers of an edit. They get a snapshot, then `done` with the new version.

    The photo's state goes first because of `done`: a stream sends it after a snapshot only if the client's last event
    was another state.
    """
    resume = Resume.objects.select_related("photo").filter(pk=resume_id).first()
    if resume is None:
        return
    _tell_photo(resume)
    refresh(resume_id)


def tell_states(resume_id: str) -> None:
    """Tell readers the states after a cancellation or a retry."""
    resume = Resume.objects.select_related("photo").filter(pk=resume_id).first()
    if resume is None:
        return
    _tell_states(resume, selectors.letter(resume))


def _tell_states(resume: Resume, letter: Letter | None) -> None:
    _tell_photo(resume)
    if letter is not None:
        tell(resume.id, EventName.LETTER_STATE, presentation.letter_state(letter))
    _tell_if_done(resume)


@receiver(step_started, sender=Step)
def on_step_started(step: Step, **_: Any) -> None:
    if step.kind == DETECT:
        _on_photo(step)
    elif step.kind == LETTER_CHAIN[0]:
        _on_letter(step)


@receiver(step_ended, sender=Step)
def on_step_ended(step: Step, **_: Any) -> None:
    if step.kind in PHOTO_CHAIN:
        _on_photo(step)
    elif step.kind in LETTER_CHAIN:
        _on_letter(step)


@receiver(still_working)
def on_still_working(topics: list[str], **_: Any) -> None:
    """Tell readers again the states of waiting and running work, with the new queue positions."""
    resumes = list(Resume.objects.select_related("photo").filter(pk__in=topics))
    letters = selectors.letters_of(resumes)
    positions = waiting_of_each([*(resume.photo_id for resume in resumes), *(letter.pk for letter in letters.values())])
    for resume in resumes:
        photo, letter = resume.photo, letters.get(resume.id)
        if photo.in_progress:
            tell(resume.id, EventName.PHOTO_STATE, presentation.photo_state(photo, resume.language, positions))
        # Also for a letter that is being written: its reader may have been told before that no worker was there.
        if letter is not None and letter.in_progress:
            tell(resume.id, EventName.LETTER_STATE, presentation.letter_state(letter, positions))
    _correct({resume.id: _states(resume.photo, letters.get(resume.id)) for resume in resumes})


def _correct(sent: dict[str, tuple[str, str]]) -> None:
    """Send the states again that changed between reading the rows and sending the events.

    A step that ended in between has sent its new state before the old one was sent here. A step that ends after the
    last read sends its new state later. So the last event is true in either case.
    """
    while sent:
        changed = {}
        resumes = list(Resume.objects.select_related("photo").filter(pk__in=sent))
        letters = selectors.letters_of(resumes)
        for resume in resumes:
            letter = letters.get(resume.id)
            if (states := _states(resume.photo, letter)) != sent[resume.id]:
                changed[resume.id] = states
                _tell_states(resume, letter)
        sent = changed


def _states(photo: Photo, letter: Letter | None) -> tuple[str, str]:
    return photo.state, letter.state if letter else ""


def _on_photo(step: Step) -> None:
    resume = Resume.objects.select_related("photo").filter(pk=step.topic, photo_id=step.subject).first()
    if resume is None:
        return
    photo = resume.photo
    if step.state == Step.State.DONE:
        if step.kind == DETECT:
            tell(resume.id, EventName.PHOTO_FACE, presentation.face_json(photo) or {})
            _tell_advice(resume)
        elif step.kind == MASK:
            mask: MaskEvent = {"url": presentation.mask_url(resume, photo)}
            tell(resume.id, EventName.PHOTO_MASK, mask)
            _tell_advice(resume)
        elif step.kind == OUTPAINT:
            for candidate in presentation.candidates_json(resume, photo, resume.language):
                tell(resume.id, EventName.PHOTO_CANDIDATE, candidate)
            _tell_advice(resume)
    _tell_photo(resume)
    _tell_if_done(resume)


def _on_letter(step: Step) -> None:
    resume = Resume.objects.select_related("photo").filter(pk=step.topic).first()
    letter = Letter.objects.filter(pk=step.subject).first()
    if resume is None or letter is None:
        return
    tell(resume.id, EventName.LETTER_STATE, presentation.letter_state(letter))
    _tell_if_done(resume)


def _tell_advice(resume: Resume) -> None:
    """Send the advice as it is stored. The stream translates it for each reader."""
    data: StoredAdviceEvent = {"advice": resume.photo.advice}
    tell(resume.id, EventName.PHOTO_ADVICE, data)


def _tell_photo(resume: Resume) -> None:
    tell(resume.id, EventName.PHOTO_STATE, presentation.photo_state(resume.photo, resume.language))


def _tell_if_done(resume: Resume) -> None:
    letter = selectors.letter(resume)
    if letter is not None and selectors.state(resume.photo, letter) == "done":
        data: DoneEvent = {"photo": True, "letter_version": letter.version}
        tell(resume.id, EventName.DONE, data)
        metrics.finished(resume.id)
