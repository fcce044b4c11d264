"""Every screen of the applicant's page as a picture, for looking at.

    .venv/bin/python -m bench.screens [--only phone-dark]

Starts a stack of its own in a temporary folder, goes the whole way in Chromium once for each kind of screen, and
writes `docs/screens/KIND/NUMBER-NAME.webp` and the gallery `docs/screens/README.md`.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Locator, expect, sync_playwright
from playwright.sync_api import TimeoutError as TooLate

from tests.applicant import PICTURES
from tests.page.conftest import ARGUMENTS, CHROMIUM
from tests.page.visit import PATIENCE, Visit, visiting
from tests.stack import running

ROOT = Path(__file__).resolve().parent.parent
PORTRAIT = ROOT / "examples" / "portrait.jpg"
FOLDER = ROOT / "docs" / "screens"
KINDS: dict[str, dict[str, Any]] = {
    "phone": {"size": "phone"},
    "desktop": {"size": "desktop"},
    "phone-dark": {"size": "phone", "color_scheme": "dark"},
    "phone-english": {"size": "phone", "locale": "en-US"},
    "desktop-dark-english": {"size": "desktop", "color_scheme": "dark", "locale": "en-US"},
}
TALLEST, WIDEST = 1800, 960
"""Pixels of a picture's sides; a letter is longer than anyone looks at."""
QUALITY = 55
HELD = {
    "ko": "지금은 평소보다 오래 걸립니다. 접수는 되었고, 준비되는 대로 저절로 이어집니다.",
    "en": "This is taking longer than usual. Your request is in and goes on by itself as soon as possible.",
}
"""As resumes.presentation says it."""
PAUSE = 400
"""Milliseconds for a picture to fade in."""


class Album:
    """The pictures of one kind of screen, numbered as they come."""

    def __init__(self, folder: Path, visit: Visit) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder = folder
        self._visit = visit
        self._taken = 0

    def take(self, name: str, whole: bool = True) -> None:
        self._taken += 1
        self._visit.page.wait_for_timeout(PAUSE)
        picture = Image.open(io.BytesIO(self._visit.page.screenshot(full_page=whole))).convert("RGB")
        picture = picture.crop((0, 0, picture.width, min(picture.height, TALLEST)))
        picture.thumbnail((WIDEST, TALLEST))
        picture.save(self._folder / f"{self._taken:02d}-{name}.webp", quality=QUALITY, method=6)


def questions(visit: Visit, album: Album) -> None:
    page = visit.page
    page.goto(visit.web)
    expect(page.locator("[data-begin]")).to_be_enabled()
    album.take("welcome")
    page.locator("[data-begin]").click()
    visit.onward.click()
    album.take("missing")
    page.fill("#name", "김하늘")
    page.fill("#phone", "010-1234-5678")
    visit.onward.click()
    page.locator("#unsure summary").click()
    for number, letter in enumerate("ENFP", 1):
        page.locator(f"[name=letter-{number}][value={letter}]").check(force=True)
    album.take("mbti")
    visit.onward.click()
    page.locator("#start-form [data-camera]").click()
    expect(page.locator("[data-shutter]")).to_be_enabled()
    album.take("camera", whole=False)
    page.locator("#camera-dialog [data-close]").click()


def photo(visit: Visit, album: Album) -> None:
    page = visit.page
    page.set_input_files("#start-photo", PORTRAIT)
    album.take("photo")
    visit.onward.click()
    album.take("story")
    visit.onward.click()
    page.check("#consent")
    album.take("consent")
    page.go_back()
    page.go_back()
    page.set_input_files("#start-photo", PICTURES / "cat.jpg")
    visit.onward.click()
    visit.onward.click()
    visit.onward.click()
    visit.wait_for("#photo", "rejected")
    album.take("rejected", whole=False)
    page.set_input_files("#again-photo", PORTRAIT)
    album.take("another-photo", whole=False)
    page.locator("[data-send]").click()
    page.evaluate("scrollTo(0, 0)")
    # Unless the portraits are there first.
    with suppress(TooLate):
        page.locator(".found-face").wait_for(timeout=PATIENCE / 4)
    album.take("waiting", whole=False)
    visit.wait_for("#photo", "done")
    page.locator(".candidates input").nth(1).check(force=True)
    album.take("companies")


def letter(visit: Visit, album: Album) -> None:
    page = visit.page
    visit.choose_company()
    page.locator(".item .text p").nth(1).wait_for(timeout=PATIENCE)
    album.take("writing", whole=False)
    visit.wait_for("#letter", "done")
    expect(page.locator("[data-pdf]")).to_be_visible(timeout=PATIENCE)
    album.take("letter", whole=False)
    page.evaluate("scrollTo(0, 0)")
    album.take("resume", whole=False)
    page.locator(".blank").first.click()
    album.take("blank", whole=False)
    page.fill("#blank-answer", "서비스 기획")
    page.locator("#blank-dialog .main").click()
    expect(page.locator("#blank-dialog")).to_be_hidden(timeout=PATIENCE)
    item = page.locator(".item").first
    item.locator('[data-action="edit"]').click()
    item.scroll_into_view_if_needed()
    album.take("edit", whole=False)
    item.locator('[data-action="drop"]').click()
    page.locator('[data-action="versions"]').click()
    album.take("versions", whole=False)
    page.keyboard.press("Escape")
    page.locator("#facts summary").click()
    tell_facts(page.locator("#facts"))
    album.take("facts", whole=False)
    page.locator("#delete").click()
    album.take("delete", whole=False)
    page.keyboard.press("Escape")


def tell_facts(facts: Locator) -> None:
    """Two schools, two experiences."""
    facts.locator("[data-rows=education] input").fill("하늘대학교 지리학과")
    facts.locator("[data-rows=education] [data-add]").click()
    experiences = facts.locator("[data-rows=experiences]")
    experiences.locator("[data-part=title]").fill("동아리 신문")
    experiences.locator("[data-part=role]").fill("편집")
    experiences.locator("[data-add]").click()
    facts.locator("[data-rows=education]").scroll_into_view_if_needed()


def seldom(visit: Visit, album: Album) -> None:
    """What is seen when a provider is away, and after the days that pictures are kept."""
    page = visit.page
    resume = visit.resume()
    held = {"state": "queued", "detail": HELD[resume["language"]], "waiting": {"position": 1, "seconds": 9}}
    unmade: dict[str, Any] = {"candidates": [], "chosen": None}
    visit.come_back_to(
        photo={**resume["photo"], **held, **unmade}, letter={**resume["letter"], **held, "sections": []}, pdf_url=None
    )
    album.take("held", whole=False)
    page.unroute_all()
    visit.come_back_to(photo={**resume["photo"], **unmade, "face": None})
    album.take("expired", whole=False)
    page.unroute_all()
    page.reload()
    expect(page.locator("[data-sign-up]")).to_be_visible()


def accounts(visit: Visit, album: Album) -> None:
    page = visit.page
    page.locator("[data-sign-up]").click()
    album.take("sign-up", whole=False)
    page.goto(f"{visit.web}/account/sign-in/")
    album.take("sign-in", whole=False)
    page.goto(f"{visit.web}/account/password/reset/")
    album.take("password-reset", whole=False)
    page.goto(f"{visit.web}/resumes/")
    album.take("mine", whole=False)


def photograph(browser: Browser, web: str, kind: str) -> None:
    with visiting(browser, web, **KINDS[kind]) as visit:
        album = Album(FOLDER / kind, visit)
        for part in (questions, photo, letter, seldom, accounts):
            part(visit, album)


def gallery() -> Iterator[str]:
    yield "# Every screen"
    yield ""
    yield "Made by `python -m bench.screens`: the embedded world, test pictures, Debian's Chromium and fonts."
    for kind in sorted(path.name for path in FOLDER.iterdir() if path.is_dir()):
        yield f"\n## {kind}\n"
        width = 400 if kind.startswith("desktop") else 180
        for file in sorted((FOLDER / kind).glob("*.webp")):
            yield f'<img src="{kind}/{file.name}" alt="{file.stem[3:]}" width="{width}">'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(KINDS))
    only = parser.parse_args().only
    os.environ.setdefault("WEIGHTS_DIR", str(ROOT / ".run" / "weights"))
    limits = {"API_THROTTLE_ANON": "none", "API_THROTTLE_USER": "none", "DAILY_RESUMES_PER_PERSON": "none"}
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), OFFLINE_WRITER_CHARACTERS_PER_SECOND="400", **limits) as stack,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for kind in [only] if only else KINDS:
            photograph(browser, stack.web, kind)
            print(f"{kind}: {len(list((FOLDER / kind).iterdir()))} pictures")
        browser.close()
    (FOLDER / "README.md").write_text("\n".join(gallery()) + "\n")


if __name__ == "__main__":
    main()
