"""States that a stack seldom gets into, told to the page as the server would tell them."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser

HELD = "지금은 평소보다 오래 걸립니다."
LETTER: dict[str, Any] = {
    "version": 1,
    "origin": "written",
    "state": "queued",
    "company": {"slug": "kakao", "name": "카카오"},
    "sections": [],
    "detail": HELD,
    "waiting": {"position": 2, "seconds": 40},
}
WORDS = "길을 찾습니다."
TEXT = {"number": 1, "title": "지원동기", "text": WORDS, "characters": 8, "problems": []}
KEPT_LETTER = {**LETTER, "state": "done", "sections": [TEXT], "detail": None, "waiting": None}
GONE: dict[str, Any] = {
    **{"state": "done", "code": None, "detail": None, "waiting": None},
    **{"face": None, "mask_url": None, "candidates": [], "chosen": None},
}
"""A photo whose pictures were deleted: photos.services.expire."""


def test_work_that_is_held_is_said_to_be_for_photo_and_letter(visit: Visit) -> None:
    # Given a provider that is away while photo and letter wait
    visit.start()
    photo = {**visit.resume()["photo"], "state": "queued", "detail": HELD, "waiting": {"position": 1, "seconds": 9}}
    # When the person looks
    visit.come_back_to(photo=photo, letter=LETTER)
    # Then both say that it takes longer, and promise no second
    for part in ("#photo", "#letter"):
        expect(visit.page.locator(f"{part} [data-waiting]")).to_have_text(HELD, timeout=PATIENCE)


@pytest.mark.parametrize("visit", ["small"], indirect=True)
def test_pictures_that_were_kept_long_enough_are_gone_and_the_letter_stays(visit: Visit) -> None:
    # Given a résumé of last year: its pictures were deleted, its letter was not
    visit.start()
    photo = {**visit.resume()["photo"], **GONE}
    # When the person comes back
    visit.come_back_to(photo=photo, letter=KEPT_LETTER)
    # Then the page says so, asks for another photo, and shows the letter and no broken picture
    page = visit.page
    expect(page.locator("#photo [data-status]")).to_contain_text("보관 기간이 지나", timeout=PATIENCE)
    expect(page.locator("#photo").get_by_text("사진 고르기", exact=True)).to_be_visible()
    expect(page.locator("#photo img:visible")).to_have_count(0)
    expect(page.locator(".item .text")).to_have_text(WORDS)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
