"""The whole way of an applicant, and what may happen on it, against real processes."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from aws_double.faces import face_detail
from tests.applicant import PICTURES, PORTRAIT
from tests.page.conftest import World
from tests.page.visit import PATIENCE, Visit, visiting

pytestmark = pytest.mark.browser

LARGEST_SHIFT = 0.1
"""The sum over the whole way; what the Web Vitals call good for one page view."""


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_the_whole_way(browser: Browser, world: World, size: str) -> None:
    with visiting(browser, world.web, size) as visit:
        go_the_whole_way(visit, world)


def go_the_whole_way(visit: Visit, world: World) -> None:
    page = visit.page
    # Given a person who first sends a picture of a cat
    world.see()
    visit.start(PICTURES / "cat.jpg")
    visit.wait_for("#photo", "rejected")
    expect(page.locator("#photo .status")).to_contain_text(visit.resume()["photo"]["detail"])
    # When they send a photo of themselves, look at other companies and choose one
    world.see(face_detail())
    page.set_input_files("#again-photo", PORTRAIT)
    page.locator("[data-send]").click()
    first = page.locator(".company h3").first.inner_text()
    page.get_by_role("button", name="다른 회사 보기").click()
    expect(page.locator(".company h3").first).not_to_have_text(first)
    company = visit.choose_company()
    # And reload, and lose the network for a moment, while the letter streams
    expect(page.locator(".item .text p").first).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.locator(".item").nth(1).locator(".text p").first).to_be_visible(timeout=PATIENCE)
    visit.context.set_offline(True)
    expect(page.locator("#connection")).to_be_visible(timeout=PATIENCE)
    visit.context.set_offline(False)
    # Then three portraits in suits, one in own clothes and the letter come, with the very text that the server holds
    visit.wait_for("#letter", "done")
    visit.wait_for("#photo", "done")
    expect(page.locator("#letter-heading")).to_contain_text(company)
    expect(page.locator(".candidates img")).to_have_count(4)
    assert visit.shown() == visit.stored()

    # When they choose a portrait and change an item
    page.get_by_role("radio", name="2번 사진").check()
    item = page.locator(".item").first
    item.get_by_role("button", name="고치기").click()
    item.get_by_role("textbox").fill("제가 고친 글입니다.\n두 번째 문단입니다.")
    item.get_by_role("button", name="저장").click()
    # Then both are kept
    expect(item.locator(".text")).to_contain_text("제가 고친 글입니다.")
    assert visit.resume()["photo"]["chosen"] == 2
    assert visit.stored()[0] == "제가 고친 글입니다.\n두 번째 문단입니다."

    # When they tell a fact and have one item written anew
    page.locator("#facts summary").click()
    page.get_by_label("지원 직무").last.fill("백엔드 개발자")
    page.locator("#facts").get_by_role("button", name="저장").click()
    expect(page.locator("#notice")).to_be_visible()
    version = visit.resume()["letter"]["version"]
    page.locator(".item").nth(3).get_by_role("button", name="이 항목만 다시 쓰기").click()
    # Then there is a new version, with the other items as they were
    expect(page.locator("#letter")).to_have_attribute("data-version", str(version + 1))
    visit.wait_for("#letter", "done")
    assert visit.resume()["letter"]["version"] == version + 1
    assert visit.stored()[0] == "제가 고친 글입니다.\n두 번째 문단입니다."
    expect(page.locator(".item .text").nth(3)).to_contain_text(visit.stored()[3].split("\n")[0])
    assert visit.shown() == visit.stored()

    # When they open the PDF
    link = page.locator("[data-pdf]")
    expect(link).to_be_visible(timeout=PATIENCE)
    document = page.request.get(visit.web + str(link.get_attribute("href"))).body()
    # Then it holds the letter
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(document)).pages)
    for section in visit.stored():
        assert re.sub(r"\s", "", section)[:40] in re.sub(r"\s", "", text)

    # When they delete everything
    address = page.url
    page.get_by_role("button", name="모두 지우기").click()
    page.locator("dialog .danger").click()
    # Then the page begins anew and nothing is left
    expect(page.locator("#start")).to_be_visible()
    assert page.request.get(address.replace("/resumes/", "/api/v1/resumes/")).status == 404
    # And in all of it nothing failed in the browser, and nothing came from elsewhere
    assert visit.complaints == []
    assert [url for url in visit.addresses if not url.startswith((visit.web, "blob:", "data:"))] == []


@pytest.mark.parametrize("visit", ["phone", "desktop"], indirect=True)
def test_nothing_jumps_when_parts_arrive(visit: Visit) -> None:
    # Given a person who only waits and chooses
    visit.start()
    visit.wait_for("#photo", "done")
    visit.finish_letter()
    expect(visit.page.locator("[data-pdf]")).to_be_visible(timeout=PATIENCE)
    # When everything has come, Then hardly anything has moved that was on the screen
    shifts = visit.shifts()
    assert sum(value for value, _ in shifts) < LARGEST_SHIFT, shifts


def test_a_network_lost_in_mid_letter_loses_no_text(visit: Visit) -> None:
    page = visit.page
    # Given a letter that streams
    visit.start()
    visit.choose_company()
    expect(page.locator(".item .text p").first).to_be_visible(timeout=PATIENCE)
    # When the network goes, until the page says so, and comes back
    visit.context.set_offline(True)
    expect(page.locator("#connection")).to_be_visible(timeout=PATIENCE)
    visit.context.set_offline(False)
    # Then the page takes the stream up again and ends with the server's text
    expect(page.locator("#connection")).to_be_hidden(timeout=PATIENCE)
    visit.wait_for("#letter", "done")
    assert visit.shown() == visit.stored()


def test_a_web_process_killed_in_mid_letter_loses_no_text(visit: Visit, running_stack: Any) -> None:
    page = visit.page
    # Given a letter that streams
    visit.start()
    visit.choose_company()
    expect(page.locator(".item .text p").first).to_be_visible(timeout=PATIENCE)
    # When the web process is killed
    old = running_stack.kill("web")
    running_stack.wait_for_restart("web", old)
    # Then the page takes the stream up again and ends with the server's text
    visit.wait_for("#letter", "done")
    assert visit.shown() == visit.stored()


def test_a_blank_asks_for_the_missing_fact_and_fills_its_like(visit: Visit) -> None:
    # Given a letter without facts
    page = visit.page
    visit.start()
    visit.finish_letter()
    blank = page.locator(".blank", has_text="[지원 직무]").first
    before = visit.stored()
    assert sum("[지원 직무]" in text for text in before) > 0
    # When the blank for the job is tapped and answered
    blank.click()
    page.fill("#blank-answer", "지도 제작")
    page.locator("#blank-dialog").get_by_role("button", name="채우기").click()
    expect(page.locator("#blank-dialog")).to_be_hidden(timeout=PATIENCE)
    # Then every blank for the job is filled, nothing else has changed, and the fact is kept
    assert visit.stored() == [text.replace("[지원 직무]", "지도 제작") for text in before]
    expect(page.locator(".blank", has_text="[지원 직무]")).to_have_count(0)
    assert visit.resume()["facts"]["job"] == "지도 제작"
    # And however many versions that made, there is one earlier letter to compare with
    assert visit.resume()["letter"]["version"] > 1
    page.get_by_role("button", name="지난 글과 비교").click()
    expect(page.locator("#versions-choice option")).to_have_text(re.compile("^1번째 글 · 새로 씀"))


def test_versions_are_compared_and_an_item_is_brought_back(visit: Visit) -> None:
    # Given a letter of which the person has replaced an item
    page = visit.page
    visit.start()
    visit.finish_letter()
    first = visit.stored()[0]
    item = page.locator(".item").first
    item.get_by_role("button", name="고치기").click()
    item.get_by_role("textbox").fill("모두 지우고 새로 썼습니다.")
    item.get_by_role("button", name="저장").click()
    expect(item.locator(".text")).to_contain_text("모두 지우고")
    # When they compare it with the earlier version
    page.get_by_role("button", name="지난 글과 비교").click()
    changed = page.locator(".differences article").first
    # Then what went and what came is marked, and what stayed the same is said to be so
    expect(changed.locator("ins").first).to_contain_text("모두")
    assert changed.locator("del").count() > 0
    expect(page.locator(".differences article").nth(1)).to_contain_text("지금 글과 같아요")
    # When they bring the item back
    changed.get_by_role("button").click()
    expect(page.locator("#versions-dialog")).to_be_hidden()
    # Then it is as it was
    expect(item.locator(".text")).not_to_contain_text("모두 지우고")
    assert visit.stored()[0] == first


def test_other_clothes_are_painted_from_the_kept_cut_out(visit: Visit) -> None:
    # Given finished portraits
    page = visit.page
    visit.start()
    visit.wait_for("#photo", "done")
    before = page.locator(".portrait").get_attribute("src")
    # When the person would rather wear their own
    page.locator("#photo [data-styles] input[value=own_clothes]").check(force=True)
    # Then other portraits come, and the choice is the server's
    expect(page.locator(".portrait")).not_to_have_attribute("src", str(before), timeout=PATIENCE)
    visit.wait_for("#photo", "done")
    assert visit.resume()["style"] == "own_clothes"


def test_guessing_can_be_switched_off_and_stays_off(visit: Visit) -> None:
    # Given a face whose age was guessed
    page = visit.page
    visit.start()
    visit.wait_for("#photo", "done")
    assert visit.resume()["photo"]["face"]["age_range"]
    expect(page.locator(".guess")).to_contain_text("보여요")
    # When guessing is switched off and the page comes anew
    page.locator("#guessing").uncheck()
    expect(page.locator(".guess")).not_to_contain_text("보여요")
    page.reload()
    # Then it is still off
    visit.wait_for("#photo", "done")
    expect(page.locator("#guessing")).not_to_be_checked()
    expect(page.locator(".guess")).not_to_contain_text("보여요")


def test_a_second_tab_shows_the_same(visit: Visit) -> None:
    # Given a letter that streams in one tab
    visit.start()
    visit.choose_company()
    # When the same address is opened in another
    other = visit.context.new_page()
    other.goto(visit.page.url)
    # Then both end with the server's text, and a deletion in one is seen in the other
    visit.wait_for("#letter", "done")
    expect(other.locator("#letter")).to_have_attribute("data-state", "done", timeout=PATIENCE)
    assert other.locator(".item .text").all_inner_texts() == visit.page.locator(".item .text").all_inner_texts()
    visit.page.get_by_role("button", name="모두 지우기").click()
    visit.page.locator("dialog .danger").click()
    expect(other.locator("#welcome")).to_be_visible()


def test_another_device_after_signing_in(visit: Visit, browser: Browser) -> None:
    # Given a guest with a letter
    page = visit.page
    visit.start()
    visit.finish_letter()
    address, stored = page.url, visit.stored()
    # When they sign up
    page.locator("[data-sign-up]").click()
    email = f"{address.split('/')[-2]}@example.com"
    page.get_by_label("이메일").fill(email)
    page.get_by_label("비밀번호").fill("바다-위의-종이배")
    page.get_by_role("button", name="가입하기").click()
    # Then they are back at their résumé
    expect(page).to_have_url(address)
    visit.wait_for("#letter", "done")
    # When they sign in on another device
    with visiting(browser, visit.web, "desktop") as other:
        other.page.goto(f"{visit.web}/account/sign-in/")
        other.page.get_by_label("이메일").fill(email)
        other.page.get_by_label("비밀번호").fill("바다-위의-종이배")
        other.page.get_by_role("button", name="로그인").click()
        # Then the same letter stands there
        expect(other.page).to_have_url(address)
        other.wait_for("#letter", "done")
        assert other.shown() == stored
        # When they sign out
        other.page.get_by_text("내 계정").click()
        other.page.get_by_role("button", name="로그아웃").click()
        # Then nothing is left of it on that device
        expect(other.page.locator("#welcome")).to_be_visible()
        other.page.goto(address)
        expect(other.page.locator("#welcome")).to_be_visible()
        assert "김하늘" not in other.page.content()
