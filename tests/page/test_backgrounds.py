"""The swatches beside the portrait, and what is worn under the jacket."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.page.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser

WHITE = re.compile(r"/portrait-2-white\.jpg\?")


@pytest.mark.parametrize("visit", ["small"], indirect=True)
def test_another_background_comes_at_once_and_stays(visit: Visit) -> None:
    # Given a person on a small phone whose portraits are there, the second chosen
    page = visit.page
    visit.start()
    swatches = page.get_by_role("group", name="배경색")
    expect(swatches.get_by_role("radio", name="흰색")).to_be_disabled()
    visit.wait_for("#photo", "done")
    page.get_by_role("radio", name="2번 사진").check()
    expect(swatches.get_by_role("radio", name="하늘색")).to_be_checked()
    before = sum(value for value, _ in visit.shifts())
    # When they go to another colour by keyboard
    swatches.get_by_role("radio", name="하늘색").focus()
    page.keyboard.press("ArrowRight")
    # Then the large portrait stands before it, the focus stays, and nothing jumps
    portrait = page.locator(".portrait")
    white = swatches.get_by_role("radio", name="흰색")
    expect(portrait).to_have_attribute("src", WHITE, timeout=PATIENCE)
    expect(white).to_be_focused()
    expect(white).to_be_checked()
    assert page.evaluate("document.querySelector('.portrait').decode().then(() => true)")
    assert corner_of(visit) == [255, 255, 255]
    assert sum(value for value, _ in visit.shifts()) == before
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    # And it is the server's: a reload brings it back
    assert (visit.resume()["photo"]["chosen"], visit.resume()["photo"]["background"]) == (2, "white")
    page.reload()
    expect(white).to_be_checked(timeout=PATIENCE)
    expect(portrait).to_have_attribute("src", WHITE, timeout=PATIENCE)
    assert visit.complaints == []


def test_a_choice_keeps_the_focus_while_an_earlier_one_is_on_its_way(visit: Visit) -> None:
    # Given a person whose first choice of a portrait is slow to arrive
    page = visit.page
    visit.start()
    visit.wait_for("#photo", "done")
    held: list[Route] = []
    page.route("**/portrait/", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/portrait/"):
        page.get_by_role("radio", name="2번 사진").check()
    swatches = page.get_by_role("group", name="배경색")
    # When they go on to another colour by keyboard before it does
    swatches.get_by_role("radio", name="하늘색").focus()
    page.keyboard.press("ArrowRight")
    held[0].continue_()
    # Then both are the server's, in their order, and the keyboard is where they left it
    white = swatches.get_by_role("radio", name="흰색")
    expect(page.locator(".portrait")).to_have_attribute("src", WHITE, timeout=PATIENCE)
    expect(white).to_be_checked()
    expect(white).to_be_focused()
    assert (visit.resume()["photo"]["chosen"], visit.resume()["photo"]["background"]) == (2, "white")


def test_a_choice_that_the_server_does_not_take_is_not_shown_as_taken(visit: Visit) -> None:
    # Given a person whose portraits are there, and a server that refuses another colour
    page = visit.page
    visit.start()
    visit.wait_for("#photo", "done")
    refusal = {"code": "not_ready", "detail": "잠시만요."}
    page.route("**/portrait/", lambda route: route.fulfill(status=409, json=refusal))
    swatches = page.get_by_role("group", name="배경색")
    # When they ask for white
    swatches.get_by_role("radio", name="흰색").check()
    # Then they read why not, and the colour is the one that they have
    expect(page.get_by_text("잠시만요.")).to_be_visible()
    expect(swatches.get_by_role("radio", name="하늘색")).to_be_checked()


def test_a_garment_is_chosen_at_the_start_and_changed_later(visit: Visit) -> None:
    # Given a person who asks for shirt and tie
    page = visit.page
    visit.begin()
    visit.answer_until_photo()
    garments = page.get_by_role("group", name="재킷 안에는 무엇을 입을까요?")
    # When they look at their own clothes first, Then there is nothing to choose
    page.get_by_role("radio", name="내 옷 그대로").check()
    expect(garments.get_by_role("radio", name="블라우스")).to_be_disabled()
    page.get_by_role("radio", name="차콜 정장").check()
    garments.get_by_role("radio", name="셔츠와 넥타이").check()
    # And the tab remembers their answer
    page.reload()
    expect(garments.get_by_role("radio", name="셔츠와 넥타이")).to_be_checked()


def corner_of(visit: Visit) -> list[int]:
    """The colour of the large portrait's upper left corner."""
    corner: list[int] = visit.page.evaluate(
        """() => {
          const canvas = document.createElement("canvas");
          canvas.width = canvas.height = 1;
          const context = canvas.getContext("2d");
          context.drawImage(document.querySelector(".portrait"), 8, 8, 1, 1, 0, 0, 1, 1);
          return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
        }"""
    )
    return corner
