"""The operations on a photo: upload, detection, masking, painting, choice, deletion."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from photos import advice, files, providers, ranking, wording
from photos.computing import computing
from photos.decoding import NormalisedPhoto
from photos.detection.choice import choose, refuse_unusable
from photos.framing import USUAL_PLACE, HeadPlace, Size, frame, place_of
from photos.intake import normalise
from photos.masking import Masked
from photos.models import Candidate, Photo
from photos.outpainting import OWN_CLOTHES, STYLES, Style, cover_kept
from photos.outpainting import style as style_for
from photos.outpainting.backdrop import BACKGROUNDS, DEFAULT_BACKGROUND, before, cover_of
from photos.painting import OWN_CLOTHES_NUMBER, NumberedCandidate, PaintingRun
from photos.pictures import decode, decode_alpha, encode_alpha, encode_jpeg
from photos.types import Alpha, Face, FramedHead, MaskScope, Pixels, StoredFace
from workers.engine import chains
from workers.engine.claims import Claim
from workers.engine.keeping import Output
from workers.errors import DATABASE_AWAY, Cancelled
from workers.models import Step
from workers.transitions import Transition

logger = logging.getLogger(__name__)

SWEEP_AFTER = timedelta(hours=1)
"""Age from which a folder without a row is an orphan. No upload takes so long."""

CHAIN = ("photos.detect_face", "photos.mask_head", "photos.outpaint")
QUEUE = "photos"
"""Local models compute, so a process works on one picture at a time. Paid calls wait, so threads make them."""

# --- operations ----------------------------------------------------------------------------------


def take_in(upload: bytes) -> NormalisedPhoto:
    """Validate and normalise an upload. Raises photos.decoding.PhotoRefused and photos.intake.DecodersBusy."""
    return normalise(upload)


@contextmanager
def stored(normalised: NormalisedPhoto, style: str) -> Iterator[Photo]:
    """Store the file and give the photo as an unsaved row, which the block saves. If it does not, the file is deleted.

    The file is stored first, so that no row ever lacks its file, and outside of any transaction, so that none waits for
    the file store.
    """
    photo = Photo(digest=normalised.digest, width=normalised.width, height=normalised.height, style=style)
    files.save(photo.original_file, normalised.data)
    try:
        yield photo
    except BaseException:
        _delete_unowned(photo)
        raise


def _delete_unowned(photo: Photo) -> None:
    """Delete the file unless its row exists: the block may fail after the commit.

    If the database is away, the sweep does it.
    """
    try:
        owned = Photo.objects.filter(pk=photo.pk).exists()
    except DATABASE_AWAY:
        logger.warning("a file without a row is left to the sweep")
        return
    if not owned:
        files.delete_folder(files.folder(photo.pk))


def start(photo: Photo, *, topic: str, owner: str, again: bool = False) -> None:
    """Plan the photo chain. Call inside a transaction."""
    priority = Step.Priority.REPEAT if again else Step.Priority.FIRST
    chains.plan(CHAIN, queue=QUEUE, subject=photo.pk, topic=topic, owner=owner, priority=priority)


def repaint(photo: Photo, style: str, *, topic: str, owner: str) -> None:
    """Paint in another style; face and mask are kept. Call inside a transaction."""
    Photo.REPAINT.apply(_rows(photo.pk), style=style, chosen=None, code="")
    chains.plan(CHAIN[2:], queue=QUEUE, subject=photo.pk, topic=topic, owner=owner, priority=Step.Priority.REPEAT)


def paint_missing(photo: Photo, *, topic: str, owner: str) -> None:
    """Paint the candidates that could not be painted last time. The others are kept, and none is paid again.

    Does nothing for a photo that has all candidates, or none. If a curator has changed the wording since, all are
    painted anew. Call inside a transaction.
    """
    painted = photo.candidates.exclude(number=OWN_CLOTHES_NUMBER).count()
    if photo.state != Photo.State.DONE or not painted or painted == len(wording.candidate_requests(_style(photo))):
        return
    Photo.REPAINT.apply(_rows(photo.pk), code="")
    chains.plan(CHAIN[2:], queue=QUEUE, subject=photo.pk, topic=topic, owner=owner, priority=Step.Priority.REPEAT)


def choose_candidate(photo: Photo, number: int, background: str = "") -> bool:
    """Record the chosen candidate and background. False when there is no such candidate or background."""
    if background not in ("", *BACKGROUNDS) or not photo.candidates.filter(number=number).exists():
        return False
    Photo.objects.filter(pk=photo.pk).update(chosen=number, background=background)
    return True


def portrait_file(candidate: Candidate, background: str) -> str | None:
    """The stored file of a candidate before a background; None when there is none, or no longer.

    A colour other than the painted one is computed from the cover when it is first asked for. It needs no call and
    takes about 0.1 s, or 0.5 s when the cover must be computed first.
    """
    if background not in ("", *BACKGROUNDS):
        return None
    if background in ("", DEFAULT_BACKGROUND):
        return candidate.file
    colour = BACKGROUNDS[background]
    name = f"{candidate.file.removesuffix('.jpg')}-{bytes(colour).hex()}.jpg"
    if default_storage.exists(name):
        return name
    try:
        figure = decode(files.load(candidate.file))
        cover = _cover(candidate, figure)
    except FileNotFoundError:
        return None
    files.save(name, encode_jpeg(before(figure, cover, colour)))
    if not Candidate.objects.filter(pk=candidate.pk).exists():
        # Deleted meanwhile, so its files must be deleted too.
        for made in (name, files.cover_of(candidate.file)):
            default_storage.delete(made)
        return None
    return name


def _cover(candidate: Candidate, figure: Pixels) -> Alpha:
    """The candidate's cover. It is computed and stored when the provider gave none."""
    if candidate.cover_file:
        return decode_alpha(files.load(candidate.cover_file))
    size = (figure.shape[1], figure.shape[0])
    framed = _framed(candidate.photo, size, own_clothes=candidate.number == OWN_CLOTHES_NUMBER)
    with computing():
        cover = cover_kept(framed, cover_of(figure, framed))
    name = files.cover_of(candidate.file)
    files.save(name, encode_alpha(cover))
    Candidate.objects.filter(pk=candidate.pk).update(cover_file=name)
    return cover


@dataclass(frozen=True)
class Portrait:
    """The portrait for the résumé."""

    data: bytes
    """A JPEG."""
    place: HeadPlace


def portrait(photo: Photo) -> Portrait | None:
    """The chosen candidate, or the best, before the chosen background. Raises FileNotFoundError when it was deleted."""
    candidates = list(photo.candidates.all())
    if not candidates:
        return None
    candidate = next((each for each in candidates if each.number == photo.chosen), candidates[0])
    data = files.load(portrait_file(candidate, photo.background) or candidate.file)
    if photo.face is None or not photo.mask_file:
        return Portrait(data, USUAL_PLACE)
    own_clothes = candidate.number == OWN_CLOTHES_NUMBER or photo.style == OWN_CLOTHES
    masked = _masked(photo, own_clothes=own_clothes)
    return Portrait(data, place_of(Face.from_json(photo.face), masked))


def cancel(photo: Photo) -> None:
    chains.cancel(photo.pk)
    Photo.FAIL.apply(_rows(photo.pk), code=Cancelled.code)


def retry(photo: Photo) -> None:
    """Continue a failed photo at the step that failed. Earlier results are used again."""
    if chains.retry(photo.pk):
        Photo.RETRY.apply(_rows(photo.pk), code="")


def forget(photo: Photo) -> None:
    """Delete the photo, everything made from it and all work on it."""
    chains.forget(photo.pk)
    photo_id = photo.pk
    photo.delete()
    # After the commit, since the deletion of files cannot be rolled back.
    transaction.on_commit(lambda: files.delete_folder(files.folder(photo_id)))


def expire(days: int) -> int:
    """Delete the pictures of photos older than `days`, portraits included. Returns how many photos.

    The data about the face is deleted too. The row is kept, so that its résumé stays readable.
    """
    old = Photo.objects.filter(created_at__lt=timezone.now() - timedelta(days=days)).exclude(digest="")
    return sum(_expire(photo_id) for photo_id in old.values_list("pk", flat=True))


def _expire(photo_id: str) -> bool:
    with transaction.atomic():
        # It may have been deleted meanwhile, or may be in progress again.
        photo = Photo.objects.select_for_update().filter(pk=photo_id, state__in=Photo.FINAL).first()
        if photo is None:
            return False
        chains.forget(photo_id)
        photo.candidates.all().delete()
        Photo.objects.filter(pk=photo_id).update(face=None, advice=[], mask_file="", chosen=None, digest="")
    files.delete_folder(files.folder(photo_id))
    return True


def sweep() -> int:
    """Delete folders whose photo is deleted or expired, left by a crash or a failure. Returns how many.

    Young folders are kept, since an upload in progress may own them.
    """
    folders = files.folders()
    wanted = set(Photo.objects.filter(pk__in=folders).exclude(digest="").values_list("pk", flat=True))
    orphans = [photo_id for photo_id in folders if photo_id not in wanted and files.older_than(photo_id, SWEEP_AFTER)]
    for photo_id in orphans:
        files.delete_folder(files.folder(photo_id))
    return len(orphans)


def load_file(name: str) -> bytes:
    """A stored picture's bytes."""
    return files.load(name)


def fail(photo_id: str, code: str) -> None:
    """Called when the engine gave up a step of this photo. It is rejected if the person can mend it, else failed.

    When only another style was refused, the portraits from before are kept.
    """
    if code in ("failed", Cancelled.code):
        ended = Photo.FAIL
    elif Candidate.objects.filter(photo=photo_id).exists():
        ended = Photo.KEEP_PORTRAITS
    else:
        ended = Photo.REJECT
    ended.apply(_rows(photo_id), code=code)


# --- steps ---------------------------------------------------------------------------------------


def detect_face(photo_id: str, claim: Claim) -> None:
    """Find and choose the face. Raises Rejected with a code of `photos.refusals`."""
    photo = _begin(photo_id, Photo.BEGIN_DETECTING)
    claim.tell_started()
    provider = providers.detector()
    claim.by(provider.name, provider.model)

    def make(_: str) -> Output:
        return Output({"faces": [face.as_json() for face in provider.detect(files.load(photo.original_file))]})

    found = claim.artifact({"photo": photo.digest, "model": provider.model}, make)
    face = choose([Face.from_json(face) for face in found["faces"]], photo.width, photo.height)
    with computing():
        quality = advice.measured(decode(files.load(photo.original_file)), face)
    refuse_unusable(quality)
    warnings = advice.about(quality, face, photo.width)
    with claim.commit():
        Photo.END_DETECTING.require(_rows(photo_id), face=face.as_json(), advice=[each.as_json() for each in warnings])


def mask_head(photo_id: str, claim: Claim) -> None:
    """Make the masks. Raises Rejected when the picture's edge cuts the head off."""
    photo = _begin(photo_id, Photo.BEGIN_MASKING)
    provider = providers.masker()
    claim.by(provider.name, provider.model)
    scope = MaskScope(settings.MASK_SCOPE)

    def make(input_hash: str) -> Output:
        masked = provider.mask(decode(files.load(photo.original_file)), Face.from_json(_face(photo)), scope)
        names = {name: f"photos/{photo_id}/{name}-{input_hash[:16]}.png" for name in ("mask", "person")}
        pictures = {names["mask"]: encode_alpha(masked.keep), names["person"]: encode_alpha(masked.person)}
        return Output({**names, "hair_cut": advice.hair_is_cut(masked.keep, Face.from_json(_face(photo)))}, pictures)

    inputs = {"photo": photo.digest, "face": photo.face, "model": provider.model, "scope": scope}
    found = claim.artifact(inputs, make)
    warnings = [each for each in photo.advice if each["code"] != advice.HAIR_CUT]
    if found.get("hair_cut"):
        warnings.append(advice.Advice(advice.HAIR_CUT).as_json())
    with claim.commit():
        Photo.END_MASKING.require(_rows(photo_id), mask_file=found["mask"], advice=warnings)


def outpaint(photo_id: str, claim: Claim) -> None:
    """Paint the candidates around the framed head, judge and rank them."""
    photo = _begin(photo_id, Photo.BEGIN_PAINTING)
    provider = providers.outpainter()
    claim.by(provider.name, provider.model)

    framed = _framed(photo, provider.size)
    style = _style(photo)
    run = PaintingRun(photo, claim, provider, framed, style)
    made = run.candidates(wording.candidate_requests(style))
    if style.looks:
        made.append(run.own_clothes(_framed(photo, provider.size, own_clothes=True)))
    with claim.commit():
        Candidate.objects.filter(photo=photo).delete()
        candidates = [_candidate(photo, each) for each in made]
        ranking.rank(candidates)
        Candidate.objects.bulk_create(candidates)
        Photo.END_PAINTING.require(_rows(photo_id), code="", advice=ranking.advice_after(photo.advice, candidates))


def _candidate(photo: Photo, made: NumberedCandidate) -> Candidate:
    return Candidate(
        photo=photo,
        number=made["number"],
        file=made["file"],
        cover_file=made["cover"],
        score=made["score"],
        problems=made["problems"],
        # An artifact from before there was a judge lacks these.
        look=made.get("look", ""),
        verdict=made.get("verdict", Candidate.Verdict.LOOK),
        measures=made.get("measures", {}),
    )


def _begin(photo_id: str, begun: Transition) -> Photo:
    photo = _rows(photo_id).first()
    if photo is None:
        raise Cancelled("the photo was deleted")
    if photo.state != begun.to:
        begun.require(_rows(photo_id))
    return photo


def _rows(photo_id: str) -> QuerySet[Photo]:
    return Photo.objects.filter(pk=photo_id)


def _framed(photo: Photo, size: Size, *, own_clothes: bool = False) -> FramedHead:
    own_clothes = own_clothes or photo.style == OWN_CLOTHES
    masked, original = _masked(photo, own_clothes=own_clothes), files.load(photo.original_file)
    with computing():
        return frame(decode(original), Face.from_json(_face(photo)), masked, size)


def _masked(photo: Photo, *, own_clothes: bool) -> Masked:
    whole = files.load(photo.mask_file.replace("/mask-", "/person-"))
    kept = whole if own_clothes else files.load(photo.mask_file)
    scope = MaskScope.PERSON if own_clothes else MaskScope(settings.MASK_SCOPE)
    with computing():
        return Masked(keep=decode_alpha(kept), person=decode_alpha(whole), scope=scope)


def _style(photo: Photo) -> Style:
    return style_for(photo.style or STYLES[0], Face.from_json(_face(photo)).gender)


def _face(photo: Photo) -> StoredFace:
    if photo.face is None:
        raise ValueError("a photo without a face came past detection")
    return photo.face
