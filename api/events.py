"""The names of the events that the API's event stream sends. The shapes of their data are named beside each."""

from __future__ import annotations

from enum import StrEnum


class EventName(StrEnum):
    PHOTO_STATE = "photo.state"
    """`resumes.types.PhotoStateJson`."""
    PHOTO_FACE = "photo.face"
    """`resumes.types.FaceJson`, or an empty object when the face is gone again."""
    PHOTO_MASK = "photo.mask"
    """`resumes.types.MaskEvent`."""
    PHOTO_CANDIDATE = "photo.candidate"
    """`resumes.types.CandidateJson`."""
    PHOTO_ADVICE = "photo.advice"
    """`resumes.types.AdviceEvent`; in the log as stored, `resumes.types.StoredAdviceEvent`."""
    LETTER_STATE = "letter.state"
    """`resumes.types.LetterStateJson`."""
    LETTER_SECTION = "letter.section"
    """`letters.types.SectionEvent`."""
    LETTER_DELTA = "letter.delta"
    """`letters.types.DeltaEvent`."""
    LETTER_RESET = "letter.reset"
    """`letters.types.ResetEvent`."""
    DONE = "done"
    """`resumes.types.DoneEvent`."""
    DELETED = "deleted"
    """An empty object."""
    SNAPSHOT = "snapshot"
    """`resumes.types.ResumeJson`. Never in the log: each web process makes it for its own reader."""
    REFRESH = "refresh"
    """In the log only, an empty object. Readers are sent a snapshot instead. It marks a change that no other event
    describes."""
