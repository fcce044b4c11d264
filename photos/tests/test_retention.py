"""Photos are kept as long as the setting says."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from photos import services
from photos.decoding import NormalisedPhoto
from photos.models import Candidate, Photo

pytestmark = pytest.mark.django_db(transaction=True)


def photo_of(days, state=Photo.State.DONE):
    photo = Photo.objects.create(digest="d", width=1, height=1, state=state)
    default_storage.save(photo.original_file, ContentFile(b"picture"))
    Candidate.objects.create(photo=photo, number=1, file=photo.original_file, score=1)
    Photo.objects.filter(pk=photo.pk).update(created_at=timezone.now() - timedelta(days=days))
    return photo


def test_only_old_photos_go(settings, tmp_path):
    # Given an old photo, a new one, and an old one still being worked on
    settings.MEDIA_ROOT = tmp_path
    old, new, working = photo_of(31), photo_of(29), photo_of(31, Photo.State.PAINTING)
    # When the chore runs, twice
    assert services.expire(30) == 1
    assert services.expire(30) == 0
    # Then the old one's pictures are gone and its row is empty
    assert not default_storage.exists(old.original_file)
    assert not old.candidates.exists()
    assert default_storage.exists(new.original_file)
    assert default_storage.exists(working.original_file)


def test_folders_without_a_photo_are_swept_when_they_are_old(settings, tmp_path, monkeypatch):
    # Given a photo with its folder, and a folder that a dead process left
    settings.MEDIA_ROOT = tmp_path
    photo = photo_of(1)
    default_storage.save("photos/orphan/mask.png", ContentFile(b"picture"))
    # When it is young, Then it may belong to an upload under way
    assert services.sweep() == 0
    # When it is old, Then it goes, and the photo's stays
    monkeypatch.setattr(services, "SWEEP_AFTER", timedelta(seconds=-1))
    assert services.sweep() == 1
    assert not default_storage.exists("photos/orphan/mask.png")
    assert default_storage.exists(photo.original_file)


def test_what_a_store_does_not_delete_now_is_swept_later(settings, tmp_path, monkeypatch):
    # Given an old photo, a forgotten one, and a file store that fails
    settings.MEDIA_ROOT = tmp_path
    old, forgotten = photo_of(31), photo_of(1)
    with monkeypatch.context() as broken:
        broken.setattr(default_storage, "delete", fails)
        # When one expires and the other is deleted, Then both are gone for their people
        assert services.expire(30) == 1
        services.forget(forgotten)
    assert not old.candidates.exists()
    # And the next sweep takes the pictures of both
    monkeypatch.setattr(services, "SWEEP_AFTER", timedelta(seconds=-1))
    assert services.sweep() == 2
    assert not default_storage.exists(old.original_file)
    assert not default_storage.exists(forgotten.original_file)


@pytest.mark.parametrize("committed", [True, False])
def test_a_row_keeps_its_file_whatever_fails_after_the_commit(settings, tmp_path, committed):
    # Given an upload, When the request fails after its row was committed, or before
    settings.MEDIA_ROOT = tmp_path
    with suppress(RuntimeError), services.stored(NormalisedPhoto(b"picture", 1, 1, "d"), "navy_suit") as photo:
        if committed:
            photo.save()
        raise RuntimeError
    # Then the file is there as long as a row points at it
    assert default_storage.exists(photo.original_file) is committed


def fails(name: str) -> None:
    raise OSError("away")
