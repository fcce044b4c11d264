from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading

import pytest
from PIL import Image

from photos import intake
from photos.decoding import PhotoRefused
from photos.intake import DecodersBusy, normalise


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), (200, 30, 30)).save(file, "JPEG")
    return file.getvalue()


def refusal(upload: bytes) -> str:
    with pytest.raises(PhotoRefused) as refused:
        normalise(upload)
    return refused.value.code


def decoder(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Another program in place of the decoder, which does what only a fault of a decoder does."""
    monkeypatch.setattr(intake, "COMMAND", (sys.executable, "-c", program))


def test_a_photo_goes_through_a_decoder_of_its_own():
    photo = normalise(jpeg())
    image = Image.open(io.BytesIO(photo.data))
    image.load()
    assert (image.format, image.size, photo.width, photo.height) == ("JPEG", (640, 480), 640, 480)


def test_a_file_object_is_read_like_bytes():
    assert normalise(io.BytesIO(jpeg())) == normalise(jpeg())


def test_a_decoders_refusal_is_told():
    assert refusal(b"hello, this is a letter") == "not_an_image"


def test_more_than_20_megabytes_is_too_large(settings):
    settings.PHOTO_LARGEST_BYTES = 10_000
    assert refusal(b"\xff\xd8\xff" + b"\x00" * 10_000) == "too_large"


def test_a_file_object_is_not_read_further_than_the_limit(settings):
    # Given an endless upload
    settings.PHOTO_LARGEST_BYTES = 10_000
    endless = io.BytesIO(b"\xff\xd8\xff" + b"\x00" * 1_000_000)

    with pytest.raises(PhotoRefused):
        normalise(endless)

    assert endless.tell() == 10_001


def test_a_decoder_that_dies_of_a_file_takes_nobody_with_it(monkeypatch, caplog):
    # Given a file of which the decoder dies as it does of a fault in its memory
    with monkeypatch.context() as dying:
        decoder(dying, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
        assert refusal(jpeg()) == "corrupt_image"
    assert "signal 11" in caplog.text

    # Then the next is served
    assert normalise(jpeg()).width == 640


def test_an_error_of_ours_is_not_taken_for_the_files(monkeypatch):
    decoder(monkeypatch, "raise LookupError")
    with pytest.raises(RuntimeError, match="LookupError"):
        normalise(jpeg())


def test_a_decoder_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(intake, "LONGEST_SECONDS", 0.5)
    decoder(monkeypatch, "import threading; threading.Event().wait()")
    with pytest.raises(DecodersBusy):
        normalise(jpeg())


def test_a_decoder_is_told_no_secrets(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of this service")
    told = tmp_path / "environment"
    decoder(
        monkeypatch, f"import os; open({str(told)!r}, 'w').write(str(dict(os.environ))); print('{{\"code\": \"no\"}}')"
    )
    with pytest.raises(KeyError):
        normalise(jpeg())
    assert "of this service" not in told.read_text()
    assert "DJANGO" not in told.read_text()


def test_who_waits_too_long_for_a_decoder_is_told_so(monkeypatch):
    # Given as many uploads as decoders, none of which ends before it is told to
    monkeypatch.setattr(intake, "WAIT_SECONDS", 0.1)
    begun, may_end = threading.Semaphore(0), threading.Event()

    def held() -> None:
        with intake._decoder():
            begun.release()
            may_end.wait(30)

    threads = [threading.Thread(target=held) for _ in range(intake.DECODERS_AT_ONCE)]
    for thread in threads:
        thread.start()
        assert begun.acquire(timeout=30)

    # When one more comes, it is sent away
    with pytest.raises(DecodersBusy):
        normalise(jpeg())

    # And served once they have ended
    may_end.set()
    for thread in threads:
        thread.join(30)
    assert normalise(jpeg()).width == 640


def test_the_web_process_holds_no_decoder():
    # Given all that the web process imports
    program = "import resume_site.asgi, json, sys; print(json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "DJANGO_SECRET_KEY": "of a test"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)

    # Then none of it reads pictures that are uploaded
    assert not {"PIL", "pillow_heif", "photos.decoding.pixels"} & set(json.loads(done.stdout))
