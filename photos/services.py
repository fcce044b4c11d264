"""What happens to a photo: taken in, its face found, its head masked, portraits painted around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from photos import providers
from photos.detection.choice import choose
from photos.framing import frame
from photos.intake import NormalisedPhoto, normalise
from photos.judging import judge
from photos.masking import Masked
from photos.models import Candidate, Photo
from photos.outpainting import OWN_CLOTHES, STYLES, Outpainter, Style
from photos.outpainting import style as style_for
from photos.pictures import decode, decode_alpha, encode_alpha, encode_jpeg
from photos.types import Face, FramedHead, MaskScope
from workers import chains
from workers.claims import Claim
from workers.errors import Cancelled, LeaseLost
from workers.models import Step
from workers.queues import Queue

SWEEP_AFTER = timedelta(hours=1)
"""Age at which a folder without a row is nobody's: no upload takes so long."""

SEEDS = (0, 1, 2)
"""One candidate each; another run with the same seeds is the same picture."""

CHAIN = ("photos.detect_face", "photos.mask_head", "photos.outpaint")

# --- taken in ------------------------------------------------------------------------------------


def take_in(upload: bytes) -> NormalisedPhoto:
    """Validate and normalise an upload. Raises photos.intake.PhotoRefused."""
    return normalise(upload)


@contextmanager
def stored(normalised: NormalisedPhoto, style: str) -> Iterator[Photo]:
    """The photo as an unsaved row whose file is kept already; the file goes again when the block fails.

    The file comes first, so that a row never points at nothing, and outside of any transaction, which must not wait
    for it. The block saves the row.
    """
    photo = Photo(digest=normalised.digest, width=normalised.width, height=normalised.height, style=style)
    _save(photo.original_file, normalised.data)
    try:
        yield photo
    except BaseException:
        _delete_folder(_folder(photo.pk))
        raise


def start(photo: Photo, *, topic: str, owner: str, again: bool = False) -> None:
    """Plan the photo chain. Call inside a transaction."""
    priority = Step.Priority.REGENERATION if again else Step.Priority.FIRST_PORTRAIT
    chains.plan(CHAIN, queue=Queue.PHOTOS, subject=photo.pk, topic=topic, owner=owner, priority=priority)


def repaint(photo: Photo, style: str, *, topic: str, owner: str) -> None:
    """Paint in another style; face and mask are kept. Call inside a transaction."""
    Photo.objects.filter(pk=photo.pk).update(style=style, state=Photo.State.PAINTING, chosen=None, code="")
    chains.plan(
        CHAIN[2:], queue=Queue.PHOTOS, subject=photo.pk, topic=topic, owner=owner, priority=Step.Priority.REGENERATION
    )


def choose_candidate(photo: Photo, number: int) -> bool:
    """Note which portrait the person chose. False when there is no such candidate."""
    if not photo.candidates.filter(number=number).exists():
        return False
    Photo.objects.filter(pk=photo.pk).update(chosen=number)
    return True


def cancel(photo: Photo) -> None:
    chains.cancel(photo.pk)
    Photo.objects.filter(pk=photo.pk).exclude(state__in=Photo.FINAL).update(
        state=Photo.State.FAILED, code=Cancelled.code
    )


def retry(photo: Photo) -> None:
    """Take up a failed photo where it failed; what was made is used again."""
    if chains.retry(photo.pk):
        Photo.objects.filter(pk=photo.pk).update(state=Photo.State.QUEUED, code="")


def forget(photo: Photo) -> None:
    """Delete the photo, everything made from it and all work on it."""
    chains.forget(photo.pk)
    photo_id = photo.pk
    photo.delete()
    # Only a commit makes the deletion true; files cannot be rolled back.
    transaction.on_commit(lambda: _delete_folder(_folder(photo_id)))


def expire(days: int) -> int:
    """Delete the pictures of photos older than `days`, portraits included. Returns how many photos.

    What was said about the face goes too; the row stays, so that its résumé stays readable.
    """
    old = Photo.objects.filter(created_at__lt=timezone.now() - timedelta(days=days), state__in=Photo.FINAL)
    expired = old.exclude(digest="")
    for photo in expired:
        with transaction.atomic():
            chains.forget(photo.pk)
            photo.candidates.all().delete()
            Photo.objects.filter(pk=photo.pk).update(face=None, mask_file="", chosen=None, digest="")
        _delete_folder(_folder(photo.pk))
    return len(expired)


def sweep() -> int:
    """Delete folders without a row: a process that died between file and row left them. Returns how many.

    Folders that may belong to an upload under way are known by their age.
    """
    folders = _folders()
    known = set(Photo.objects.filter(pk__in=folders).values_list("pk", flat=True))
    orphans = [photo_id for photo_id in folders if photo_id not in known and _older_than(photo_id, SWEEP_AFTER)]
    for photo_id in orphans:
        _delete_folder(_folder(photo_id))
    return len(orphans)


def fail(photo_id: str, code: str) -> None:
    """The engine gave a step of this photo up: rejected when the person can mend it, failed otherwise."""
    state = Photo.State.FAILED if code in ("failed", Cancelled.code) else Photo.State.REJECTED
    Photo.objects.filter(pk=photo_id).update(state=state, code=code)


# --- steps ---------------------------------------------------------------------------------------


def detect_face(photo_id: str, claim: Claim) -> None:
    """Find the one face. Raises Rejected with the code that tells the person what to do."""
    photo = _begin(photo_id, Photo.State.DETECTING)
    provider = providers.detector()
    claim.provider, claim.model = provider.name, provider.model

    def make(_: str) -> dict[str, Any]:
        return {"faces": [face.as_json() for face in provider.detect(load_file(photo.original_file))]}

    found = claim.artifact({"photo": photo.digest, "model": provider.model}, make)
    face = choose([Face.from_json(face) for face in found["faces"]], photo.width, photo.height)
    with claim.commit():
        Photo.objects.filter(pk=photo_id).update(face=face.as_json(), state=Photo.State.MASKING)


def mask_head(photo_id: str, claim: Claim) -> None:
    """Cut out what is kept. Raises Rejected when the head is cut off by the picture's edge."""
    photo = _begin(photo_id, Photo.State.MASKING)
    provider = providers.masker()
    claim.provider, claim.model = provider.name, provider.model
    scope = MaskScope(settings.MASK_SCOPE)

    def make(input_hash: str) -> dict[str, Any]:
        masked = provider.mask(decode(load_file(photo.original_file)), Face.from_json(_face(photo)), scope)
        files = {name: f"photos/{photo_id}/{name}-{input_hash[:16]}.png" for name in ("mask", "person")}
        _save(files["mask"], encode_alpha(masked.keep))
        _save(files["person"], encode_alpha(masked.person))
        return files

    inputs = {"photo": photo.digest, "face": photo.face, "model": provider.model, "scope": scope}
    with _tidy(photo_id):
        files = claim.artifact(inputs, make)
    with claim.commit():
        Photo.objects.filter(pk=photo_id).update(mask_file=files["mask"], state=Photo.State.PAINTING)


def outpaint(photo_id: str, claim: Claim) -> None:
    """Paint the candidates around the framed head, paste the kept pixels back, judge, best first."""
    photo = _begin(photo_id, Photo.State.PAINTING)
    provider = providers.outpainter()
    claim.provider, claim.model = provider.name, provider.model

    framed = _framed(photo)
    chosen = style_for(photo.style or STYLES[0], framed.face.gender)
    made = [
        candidate
        for first in range(0, len(SEEDS), provider.images_per_call)
        for candidate in _paint(photo, claim, provider, framed, chosen, SEEDS[first : first + provider.images_per_call])
    ]
    with claim.commit():
        Candidate.objects.filter(photo=photo).delete()
        Candidate.objects.bulk_create(
            Candidate(photo=photo, number=number, file=each["file"], score=each["score"], problems=each["problems"])
            for number, each in enumerate(made, start=1)
        )
        Photo.objects.filter(pk=photo_id).update(state=Photo.State.DONE)


def _paint(
    photo: Photo, claim: Claim, provider: Outpainter, framed: FramedHead, chosen: Style, seeds: Sequence[int]
) -> list[dict[str, Any]]:
    """One call's candidates, judged. What one call made is kept when a later one fails, and never paid again."""

    def make(input_hash: str) -> dict[str, Any]:
        candidates = []
        for seed, portrait in zip(seeds, provider.outpaint(framed, chosen, seeds), strict=True):
            judgement = judge(portrait, framed, chosen.background, providers.face_counter())
            file = f"photos/{photo.pk}/portrait-{seed + 1}-{input_hash[:16]}.jpg"
            _save(file, encode_jpeg(portrait))
            candidates.append({"file": file, "score": judgement.score, "problems": list(judgement.problems)})
        return {"candidates": candidates}

    inputs = {
        "mask": photo.mask_file,
        "face": photo.face,
        "model": provider.model,
        "style": photo.style,
        "seeds": seeds,
    }
    with _tidy(photo.pk):
        candidates: list[dict[str, Any]] = claim.artifact(inputs, make)["candidates"]
    return candidates


def _begin(photo_id: str, state: Photo.State) -> Photo:
    photo = Photo.objects.filter(pk=photo_id).first()
    if photo is None:
        raise Cancelled("the photo is gone")
    if photo.state != state:
        Photo.objects.filter(pk=photo_id).exclude(state__in=Photo.FINAL).update(state=state)
    return photo


def _framed(photo: Photo) -> FramedHead:
    person = decode_alpha(load_file(photo.mask_file.replace("/mask-", "/person-")))
    if photo.style == OWN_CLOTHES:
        masked = Masked(keep=person, person=person, scope=MaskScope.PERSON)
    else:
        keep = decode_alpha(load_file(photo.mask_file))
        masked = Masked(keep=keep, person=person, scope=MaskScope(settings.MASK_SCOPE))
    return frame(decode(load_file(photo.original_file)), Face.from_json(_face(photo)), masked)


def _face(photo: Photo) -> dict[str, Any]:
    if photo.face is None:
        raise ValueError("a photo without a face came past detection")
    face: dict[str, Any] = photo.face
    return face


# --- files ---------------------------------------------------------------------------------------


def load_file(name: str) -> bytes:
    """A stored picture. At most a few megabytes: whole is simpler than streamed."""
    with default_storage.open(name) as file:
        data: bytes = file.read()
    return data


def _save(name: str, data: bytes) -> None:
    # Both storages replace: names hold the hash of what the content was made from, so what was there is the same.
    default_storage.save(name, ContentFile(data))


@contextmanager
def _tidy(photo_id: str) -> Iterator[None]:
    """When the photo is deleted while a step makes files for it, they go too. Raises what the block raises."""
    try:
        yield
    except LeaseLost:
        if not Photo.objects.filter(pk=photo_id).exists():
            _delete_folder(_folder(photo_id))
        raise


def _folder(photo_id: str) -> str:
    return f"photos/{photo_id}"


def _folders() -> list[str]:
    try:
        return default_storage.listdir("photos")[0]
    except FileNotFoundError:
        return []


def _older_than(photo_id: str, age: timedelta) -> bool:
    files = default_storage.listdir(_folder(photo_id))[1]
    times = [default_storage.get_modified_time(f"{_folder(photo_id)}/{file}") for file in files]
    return all(time < timezone.now() - age for time in times)


def _delete_folder(folder: str) -> None:
    try:
        files = default_storage.listdir(folder)[1]
    except FileNotFoundError:
        return
    for file in files:
        default_storage.delete(f"{folder}/{file}")
    default_storage.delete(folder)
