"""A browser for the page's tests."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect, sync_playwright

from aws_double import Double, environment
from tests.page.visit import PATIENCE, Visit, visiting
from tests.stack import Stack, unlimited

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A camera that shows a test picture, to a page that asks for one.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
AXE = "axe-core@4.10.3"
AXE_SHA256 = "880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb"
"""Of package/axe.min.js (MPL-2.0), which is fetched and not kept among the sources."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    # The driver runs an event loop in this thread; it ends before other tests touch the database.
    with sync_playwright() as playwright:
        # Other tests compute at the same time: the usual five seconds say nothing about the page.
        expect.set_options(timeout=PATIENCE)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def running_stack(weights: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The page's own. A letter takes three seconds: it streams, and nobody waits long for its end."""
    with unlimited(tmp_path_factory.mktemp("page"), OFFLINE_WRITER_CHARACTERS_PER_SECOND="1200") as stack:
        yield stack


@pytest.fixture
def visit(browser: Browser, running_stack: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    with visiting(browser, running_stack.web, getattr(request, "param", "phone")) as visit:
        yield visit


@dataclass(frozen=True)
class World:
    web: str
    double: Double | None = None
    """What answers for AWS there."""

    def see(self, *faces: Any) -> None:
        """What the next photo shows; the embedded world looks for itself."""
        if self.double is not None:
            self.double.world.change({"faces": list(faces)})


@pytest.fixture(params=["embedded", "aws"])
def world(request: pytest.FixtureRequest) -> World:
    """Both worlds, one after the other."""
    if request.param == "embedded":
        return World(request.getfixturevalue("running_stack").web)
    world: World = request.getfixturevalue("aws_world")
    return world


@pytest.fixture(scope="module")
def aws_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with (
        Double() as double,
        unlimited(tmp_path_factory.mktemp("aws"), AI_BACKEND="aws", **environment(double.url)) as stack,
    ):
        yield World(stack.web, double)


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of the accessibility checker."""
    kept = settings.WEIGHTS_DIR.parent / "axe.min.js"
    if not kept.is_file() or hashlib.sha256(kept.read_bytes()).hexdigest() != AXE_SHA256:
        _fetch_axe(tmp_path_factory.mktemp("axe"), kept)
    return kept.read_text()


def _fetch_axe(folder: Path, target: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"no npm to fetch {AXE}")
    packed = subprocess.run([npm, "pack", "--silent", AXE], cwd=folder, capture_output=True, text=True, timeout=120)
    if packed.returncode != 0:
        pytest.skip(f"{AXE} could not be fetched")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        source = member.read()
    assert hashlib.sha256(source).hexdigest() == AXE_SHA256
    target.write_bytes(source)
