"""The operations on a letter: ask for it, write, check, edit and cancel it."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from letters.brief import Brief
from letters.checks import check, check_letter
from letters.markers import MarkerParser
from letters.models import Letter, empty_section, empty_sections
from letters.streaming import LetterStream, publisher
from letters.types import StoredSection
from letters.writers import Writer
from workers.engine import chains
from workers.engine.claims import Claim
from workers.errors import BadAnswer, LeaseLost
from workers.models import Step

CHAIN = ("letters.write", "letters.check")
QUEUE = "letters"
"""A step streams for tens of seconds and mostly waits, so one process runs many of them in threads."""


def writer() -> Writer:
    return cast(Writer, import_string(settings.PROVIDERS["letter"])())


# --- asked for -----------------------------------------------------------------------------------


def current(document: str) -> Letter | None:
    """The newest version."""
    return Letter.objects.filter(document=document).order_by("-version").first()


def current_of_each(documents: Collection[str]) -> dict[str, Letter]:
    """The newest version of every document that has one, in one query."""
    return {letter.document: letter for letter in Letter.objects.filter(document__in=documents).order_by("version")}


def ask(document: str, brief: Brief, owner: str) -> Letter:
    """A new version, written from the beginning. Call inside a transaction."""
    letter = _next_version(document, brief, Letter.Origin.WRITTEN, Letter.State.QUEUED, empty_sections())
    _plan(letter, owner, Step.Priority.INTERACTIVE)
    return letter


def regenerate(letter: Letter, number: int, owner: str, brief: Brief | None = None) -> Letter:
    """A new version with one item written anew, from `brief` if given. The other items are copied."""
    sections = [_kept(section) for section in letter.sections]
    sections[number - 1] = empty_section(number)
    brief = replace(brief, language=letter.typed_brief().language) if brief else letter.typed_brief()
    newer = _next_version(letter.document, brief, Letter.Origin.REGENERATED, Letter.State.QUEUED, sections)
    _plan(newer, owner, Step.Priority.REPEAT)
    return newer


def edited(letter: Letter, number: int, text: str) -> list[StoredSection]:
    """The sections with the person's own text for one of them, checked. Slow: call outside of transactions."""
    sections = [_kept(section) for section in letter.sections]
    sections[number - 1].update({"text": text, "complete": True})
    return _checked(sections, letter.typed_brief())


def edit(letter: Letter, sections: list[StoredSection]) -> Letter:
    """A new version with these sections. Call inside a transaction."""
    return _next_version(letter.document, letter.typed_brief(), Letter.Origin.EDITED, Letter.State.DONE, sections)


def cancel(letter: Letter) -> None:
    """Stop writing; what was written stays."""
    chains.cancel(letter.pk)
    Letter.CANCEL.apply(Letter.objects.filter(pk=letter.pk))


def retry(letter: Letter) -> None:
    """Continue a letter that failed or was cancelled. Complete sections are kept."""
    if chains.retry(letter.pk):
        Letter.RETRY.apply(Letter.objects.filter(pk=letter.pk), code="")


def forget(document: str) -> None:
    """Delete every version and all work on it."""
    for letter in Letter.objects.filter(document=document):
        chains.forget(letter.pk)
        letter.delete()


def _next_version(
    document: str, brief: Brief, origin: Letter.Origin, state: Letter.State, sections: list[StoredSection]
) -> Letter:
    newest = current(document)
    version = newest.version + 1 if newest else 1
    return Letter.objects.create(
        document=document,
        version=version,
        origin=origin,
        state=state,
        company_slug=brief.company.slug,
        company_name=brief.company.name_en if brief.language == "en" else brief.company.name,
        language=brief.language,
        brief=brief.as_json(),
        # Each version has another seed, so that an item written anew has another text.
        seed=version - 1,
        sections=sections,
    )


def _kept(section: StoredSection) -> StoredSection:
    return {**section, "fence": 0}


def _plan(letter: Letter, owner: str, priority: Step.Priority) -> None:
    chains.plan(CHAIN, queue=QUEUE, subject=letter.pk, topic=letter.document, owner=owner, priority=priority)


# --- steps ---------------------------------------------------------------------------------------


def write(letter_id: str, claim: Claim) -> None:
    """Write the missing items and stream them. Complete items are kept."""
    provider = writer()
    claim.by(provider.name, provider.model)
    letter = _letter(letter_id, claim)
    # The worker that wrote the last item may have died before it recorded the end.
    if letter.missing():
        letter = _write_missing(provider, letter_id, claim)
    with claim.commit():
        Letter.END_WRITING.require(Letter.objects.filter(pk=letter_id), sections=letter.sections)


def _write_missing(provider: Writer, letter_id: str, claim: Claim) -> Letter:
    # Wait for the quota slot first: until then the letter keeps the state `queued`.
    claim.slots.wait()
    letter = _begin_writing(letter_id, claim)
    stream = LetterStream(letter, claim)
    stream.begin()
    publisher.add(stream)
    try:
        _run(provider, letter, stream)
    finally:
        publisher.remove(stream)
        stream.save()
    letter.sections = stream.sections()
    if missing := letter.missing():
        raise BadAnswer(f"items {missing} are missing")
    return letter


def check_letter_version(letter_id: str, claim: Claim) -> None:
    """Record what a reader would object to. The text itself does not change."""
    letter = Letter.objects.get(pk=letter_id)
    sections = _checked(letter.sections, letter.typed_brief())
    with claim.commit():
        Letter.END_CHECKING.require(Letter.objects.filter(pk=letter_id), sections=sections)


def fail(letter_id: str, code: str) -> None:
    """Called when the engine gave up a step of this letter."""
    Letter.FAIL.apply(Letter.objects.filter(pk=letter_id), code=code)


def _begin_writing(letter_id: str, claim: Claim) -> Letter:
    with claim.guard():
        Letter.BEGIN_WRITING.require(Letter.objects.filter(pk=letter_id), fence=claim.fence)
    claim.tell_started()
    return _letter(letter_id, claim)


def _letter(letter_id: str, claim: Claim) -> Letter:
    letter = Letter.objects.filter(pk=letter_id).first()
    if letter is None:
        raise LeaseLost(f"letter of step {claim.step.pk} is gone")
    return letter


def _run(provider: Writer, letter: Letter, stream: LetterStream) -> None:
    missing = letter.missing()
    parser = MarkerParser(missing)
    # Closed in any case: a model that is paid by the token must not go on when nobody reads.
    with closing(provider.write(letter.typed_brief(), missing, letter.seed)) as chunks:
        for chunk in chunks:
            stream.claim.require()
            for piece in parser.feed(chunk):
                stream.add(piece)
    for piece in parser.finish():
        stream.add(piece)


def _checked(sections: list[StoredSection], brief: Brief) -> list[StoredSection]:
    texts = {section["number"]: section["text"] for section in sections}
    across = check_letter(texts, brief)
    return [
        {
            **section,
            "problems": [
                {"check": problem.check, "detail": problem.detail}
                for problem in [*check(section["text"], section["number"], brief), *across.get(section["number"], [])]
            ],
        }
        for section in sections
    ]
