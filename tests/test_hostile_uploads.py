"""Files that are made to use up a server, sent to a real web process all at once."""

from __future__ import annotations

import io
import itertools
import os
import struct
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pillow_heif
import pytest
from PIL import Image

from tests.applicant import Applicant
from tests.stack import Stack, unlimited

AT_ONCE = 20
LARGEST_RESIDENT = 1.5e9
"""Bytes, of the web process and all that it starts."""
LONGEST_HEALTH = 1.0
"""Seconds."""
PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="module")
def hostile() -> dict[str, bytes]:
    """Files of less than 20 MB, most of less than one. What each would cost stands in its name."""
    pillow_heif.register_heif_opener()
    flat = Image.new("RGB", (7071, 7071), (90, 120, 150))
    clear = Image.new("RGBA", (7071, 7071), (90, 120, 150, 100))
    return {
        "800 MB as WebP": encoded(flat, "WEBP", quality=50, method=0),
        "800 MB as lossless WebP": encoded(clear, "WEBP", lossless=True, method=0),
        "400 MB of coefficients": encoded(
            Image.new("RGB", (8000, 8000)), "JPEG", progressive=True, subsampling="4:4:4"
        ),
        "800 MB of transparent PNG": encoded(clear, "PNG", compress_level=1),
        "1 GB of metadata in HEIC": metadata_many_times(),
        "half a minute of EXIF": countless_exif(),
    }


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def countless_exif() -> bytes:
    picture = encoded(Image.new("RGB", (320, 240)), "JPEG")
    return picture[:2] + (b"\xff\xe1\0\x12Exif\0\0" + bytes(10)) * 200_000 + picture[2:]


def metadata_many_times(images: int = 100, shared: int = 10_000_000) -> bytes:
    """A HEIC of many small pictures, each of which has the same ten megabytes at the file's end as its EXIF."""
    pictures = [Image.new("RGB", (64, 64)) for _ in range(images)]
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
    file = bytearray(encoded(pictures[0], "HEIF", save_all=True, append_images=pictures[1:], exif=exif))
    size = len(file)
    # Items of ISO/IEC 14496-12, `iloc` of version 0 or 1: the lengths of its fields, then item by item.
    start = file.index(b"iloc") + 4
    indexed = file[start] > 0
    offsets, lengths = divmod(file[start + 4], 16)
    bases, indices = divmod(file[start + 5], 16)
    (items,) = struct.unpack_from(">H", file, start + 6)
    at = start + 8
    for _ in range(items):
        at += 6 if indexed else 4
        base = at
        at += bases
        (extents,) = struct.unpack_from(">H", file, at)
        at += 2
        for _ in range(extents):
            at += indices if indexed else 0
            place = int.from_bytes(file[base : base + bases], "big") + int.from_bytes(file[at : at + offsets], "big")
            if file[place + 4 : place + 8] == b"Exif" or file[place + 4 : place + 6] == b"MM":
                file[base : base + bases] = bytes(bases)
                file[at : at + offsets] = size.to_bytes(offsets, "big")
                file[at + offsets : at + offsets + lengths] = shared.to_bytes(lengths, "big")
            at += offsets + lengths
    return bytes(file) + b"\0\0\0\6" + exif + bytes(shared)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with unlimited(tmp_path_factory.mktemp("hostile"), False, False) as stack:
        yield stack


class Watch:
    """Samples memory and `/healthz` in threads until it is left."""

    def __init__(self, stack: Stack) -> None:
        self._pid = stack.pids["web"]
        self._health = httpx.Client(base_url=stack.web, timeout=30)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=each) for each in (self._weigh, self._ask)]
        self.resident = 0
        """The most bytes of the process and its children together."""
        self._seconds: list[float] = []

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    @property
    def late(self) -> float:
        """Seconds by which answers of `/healthz` came later than they may, together."""
        assert len(self._seconds) > 10
        return sum(max(0.0, seconds - LONGEST_HEALTH) for seconds in self._seconds)

    @property
    def high_water(self) -> int:
        """The most bytes that were ever resident of the process itself."""
        status = Path(f"/proc/{self._pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def _weigh(self) -> None:
        while not self._over.wait(0.02):
            tasks = Path(f"/proc/{self._pid}/task").glob("*/children")
            children = [int(child) for task in tasks for child in _read(task).split()]
            self.resident = max(self.resident, sum(map(_resident, [self._pid, *children])))

    def _ask(self) -> None:
        while not self._over.wait(0.05):
            begun = time.perf_counter()
            assert self._health.get("/healthz").status_code == 200
            self._seconds.append(time.perf_counter() - begun)


def _read(file: Path) -> str:
    """Empty where the process or thread has ended since it was seen."""
    try:
        return file.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _resident(pid: int) -> int:
    """Bytes."""
    pages = _read(Path(f"/proc/{pid}/statm")).split()
    return int(pages[1]) * PAGE if pages else 0


@pytest.mark.processes
def test_twenty_hostile_uploads_at_once(hostile: dict[str, bytes], web: Stack, tmp_path: Path):
    # Given files on disk, of every kind several
    applicant = Applicant(web.web, timeout=120)
    files = []
    for number, (name, content) in zip(range(AT_ONCE), itertools.cycle(hostile.items()), strict=False):
        file = tmp_path / f"{number}-{name}"
        file.write_bytes(content)
        assert len(content) < 20 * 1024 * 1024
        files.append(file)

    # When all are sent at once
    with Watch(web) as watch, ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(applicant.post_resume, files))

    # Then each is answered: taken, refused, or asked to come again
    for file, answer in zip(files, answers, strict=True):
        assert answer.status_code in {201, 400, 413, 503}, (file.name, answer.text)
        if answer.status_code == 503:
            assert answer.json()["code"] == "unavailable"
            assert int(answer.headers["Retry-After"]) > 0
    # And the server has kept its size, and was there for others
    assert watch.high_water < LARGEST_RESIDENT, f"{watch.high_water / 1e6:.0f} MB"
    assert watch.resident < LARGEST_RESIDENT, f"{watch.resident / 1e6:.0f} MB"
    # Other tests on this machine may delay one answer a little; a process that decodes by itself is late by seconds.
    assert watch.late < LONGEST_HEALTH, f"{watch.late:.2f} s"
    # And takes a photo
    assert applicant.post_resume().status_code == 201
