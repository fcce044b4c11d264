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
    **{"face": None, "mask_url": None, "advice": [], "candidates": [], "chosen": None},
}
"""A photo whose pictures were deleted: photos.services.expire."""
SLEEP_A_MINUTE = """
() => {
  const now = Date.now;
  Object.defineProperty(document, "hidden", { configurable: true, value: true });
  document.dispatchEvent(new Event("visibilitychange"));
  Date.now = () => now() + 60000;
  Object.defineProperty(document, "hidden", { configurable: true, value: false });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""
SOON = 30_000
"""Milliseconds; the browser by itself asks again in sixty seconds, or never where it thinks the connection alive."""


def test_work_that_is_held_is_said_to_be_for_photo_and_letter(visit: Visit) -> None:
    # Given a provider that is away while photo and letter wait
    visit.start()
    photo = {**visit.resume()["photo"], "state": "queued", "detail": HELD, "waiting": {"position": 1, "seconds": 9}}
    # When the person looks
    visit.come_back_to(photo=photo, letter=LETTER)
    # Then both say that it takes longer, and promise no second
    for part in ("#photo", "#letter"):
        expect(visit.page.locator(f"{part} [data-waiting]")).to_have_text(HELD, timeout=PATIENCE)


def test_no_second_is_promised_where_nobody_knows_it(visit: Visit) -> None:
    # Given work whose seconds nobody knows, and of which nothing else is said
    visit.start()
    unknown = {"detail": None, "waiting": {"position": 1, "seconds": None, "reason": "no_worker"}}
    # When the person looks
    visit.come_back_to(photo={**visit.resume()["photo"], "state": "queued", **unknown}, letter={**LETTER, **unknown})
    # Then neither part says that it begins soon
    visit.wait_for("#letter", "queued")
    for part in ("#photo", "#letter"):
        expect(visit.page.locator(f"{part} [data-waiting]")).to_have_text("", timeout=PATIENCE)


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


@pytest.mark.parametrize("event", ["sleep", "network"])
def test_who_comes_back_sees_what_happened_meanwhile(visit: Visit, event: str) -> None:
    # Given a phone that showed a photo under way when its stream fell silent
    page = visit.page
    visit.start()
    visit.wait_for("#photo", "done")
    visit.come_back_to(photo={**visit.resume()["photo"], "state": "painting"})
    visit.wait_for("#photo", "painting")
    page.unroute_all()
    # When it wakes up, or has a network again
    if event == "sleep":
        page.evaluate(SLEEP_A_MINUTE)
    else:
        visit.context.set_offline(True)
        visit.context.set_offline(False)
    # Then the page asks at once how it stands
    expect(page.locator("#photo")).to_have_attribute("data-state", "done", timeout=SOON)
