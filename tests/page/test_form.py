"""How the page is made: for everyone, in both languages, light, and closed to the outside."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from playwright.sync_api import Browser, Page, expect

from resumes.pages import MBTI_QUESTIONS, STYLE_NAMES, TEXTS
from tests.page.visit import SIZES, Visit, visiting

HANGUL = re.compile(r"[가-힣]")
LARGEST_WIRE = 100_000
"""Bytes before pictures."""
ACCOUNT_PAGES = ("/account/sign-up/", "/account/sign-in/", "/account/password/reset/", "/resumes/")


def serious(page: Page, axe: str) -> list[str]:
    """What the checker finds of serious or critical impact. Evaluated by the browser, past the page's own policy."""
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(results => results.violations)")
    return [
        f"{each['id']}: {node['html']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_hindrance_on_any_screen(browser: Browser, running_stack: Any, axe: str, scheme: str) -> None:
    # Given a person who comes by every screen
    with visiting(browser, running_stack.web, "phone", color_scheme=scheme, reduced_motion="reduce") as visit:
        page = visit.page
        page.goto(visit.web)
        found = {"welcome": serious(page, axe)}
        page.locator("[data-begin]").click()
        for step in ("about", "mbti", "photo", "story", "consent"):
            found[step] = serious(page, axe)
            if step == "about":
                visit.answer()
                for _ in range(4):
                    page.go_back()
                expect(page.locator("#name")).to_be_visible()
            visit.onward.click()
        expect(page.locator("#resume")).to_be_visible(timeout=60_000)
        found["waiting"] = serious(page, axe)
        visit.wait_for("#photo", "done")
        found["companies"] = serious(page, axe)
        visit.finish_letter()
        found["letter"] = serious(page, axe)
        page.locator(".blank").first.click()
        found["blank"] = serious(page, axe)
        page.keyboard.press("Escape")
        page.locator(".item").first.get_by_role("button", name="고치기").click()
        found["edit"] = serious(page, axe)
        for address in ACCOUNT_PAGES:
            page.goto(visit.web + address)
            found[address] = serious(page, axe)
    # When the checker has looked at each, Then nothing serious stands in anyone's way
    assert {screen: faults for screen, faults in found.items() if faults} == {}


@pytest.mark.browser
@pytest.mark.parametrize("visit", ["small", "phone", "desktop"], indirect=True)
def test_nothing_reaches_beyond_the_edge(visit: Visit) -> None:
    # Given every screen on the way to a letter
    page = visit.page
    beyond = []

    def measure(screen: str) -> None:
        scrolled, inner, width = page.evaluate("[document.documentElement.scrollWidth, innerWidth, screen.width]")
        fits = scrolled <= width and (inner == width or page.viewport_size == SIZES["desktop"]["viewport"])
        if not fits:
            beyond.append((screen, scrolled, inner, width))

    # When their widths are measured
    page.goto(visit.web)
    measure("welcome")
    visit.begin()
    visit.answer()
    for screen in ("consent", "story", "photo", "mbti", "about"):
        measure(screen)
        page.go_back()
    for _ in range(5):
        page.go_forward()
    visit.onward.click()
    expect(page.locator("#resume")).to_be_visible(timeout=60_000)
    measure("waiting")
    visit.wait_for("#photo", "done")
    measure("companies")
    visit.finish_letter()
    page.locator("#facts summary").click()
    measure("letter")
    # Then they are the screen's
    assert beyond == []


@pytest.mark.browser
def test_every_field_has_a_name_and_is_reached_by_keyboard(visit: Visit) -> None:
    # Given the first question
    page = visit.page
    visit.begin()
    # When the fields are looked at as assistive technology sees them
    nameless = page.evaluate(
        """[...document.querySelectorAll('input:not([type=hidden]), textarea, select')]
           .filter(field => !field.closest('template') && !field.labels?.length && !field.getAttribute('aria-label'))
           .map(field => field.outerHTML)"""
    )
    # Then each has a label
    assert nameless == []
    # And a keyboard alone goes from name to phone to the types
    page.locator("#name").focus()
    page.keyboard.type("김하늘")
    page.keyboard.press("Tab")
    expect(page.locator("#phone")).to_be_focused()
    page.keyboard.type("01012345678")
    page.keyboard.press("Enter")
    expect(page.locator("#mbti-heading")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="INTJ")).to_be_checked()


@pytest.mark.browser
def test_the_page_is_light(browser: Browser, running_stack: Any) -> None:
    # Given a first visit
    with visiting(browser, running_stack.web, "phone") as visit:
        sizes: list[int] = []
        visit.page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
        # When the page has come
        visit.page.goto(visit.web, wait_until="networkidle")
        # Then it took no more bytes than promised
        assert 0 < sum(sizes) <= LARGEST_WIRE


@pytest.mark.browser
def test_without_scripts_the_page_says_what_it_needs(browser: Browser, running_stack: Any) -> None:
    # Given a browser without JavaScript
    with visiting(browser, running_stack.web, "phone", java_script_enabled=False) as visit:
        # When the page is opened
        visit.page.goto(visit.web)
        # Then it says what it needs, and no form is there to be filled in for nothing
        assert "자바스크립트" in visit.page.locator("noscript").inner_html()
        expect(visit.page.locator("noscript p")).to_be_visible()
        expect(visit.page.locator("#start-form")).to_be_hidden()


@pytest.mark.browser
def test_a_page_of_which_a_part_is_missing_says_so(visit: Visit) -> None:
    # Given a network that loses one module, or a browser that does not understand it
    visit.page.route("**/resumes/state.js", lambda route: route.abort())
    # When the page is opened
    visit.page.goto(visit.web)
    # Then the person reads what they can do
    expect(visit.page.locator("#stuck")).to_be_visible()
    # And nobody reads it when all is there
    visit.page.unroute_all()
    visit.page.reload()
    expect(visit.page.locator("[data-begin]")).to_be_enabled()
    expect(visit.page.locator("#stuck")).to_be_hidden()


@pytest.mark.browser
def test_english_by_the_switch_and_back(visit: Visit) -> None:
    # Given the Korean page
    page = visit.page
    page.goto(visit.web)
    # When the switch is pressed
    page.get_by_role("button", name="English").click()
    # Then all is English but the names of languages
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert set(HANGUL.findall(page.locator("body").inner_text())) == set("한국어")
    # And it goes back
    page.get_by_role("button", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", *ACCOUNT_PAGES])
def test_every_sentence_is_translated(address: str) -> None:
    # Given a page and what its scripts say
    with translation.override("en"):
        # When English is asked for
        said = [*TEXTS.values(), *STYLE_NAMES.values(), *(each["text"] for each in MBTI_QUESTIONS)]
        page = Client().get(address, headers={"accept-language": "en"}).content.decode()
        # Then no Korean is left but the name of the language
        assert [str(text) for text in said if HANGUL.search(str(text))] == []
    assert HANGUL.findall(page.replace("한국어", "")) == []


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", *ACCOUNT_PAGES])
def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(address: str) -> None:
    # Given a page
    answer = Client().get(address)
    policy = answer["Content-Security-Policy"]
    page = answer.content.decode()
    # When policy and page are held together
    # Then scripts and styles come from here alone, and the page holds none of its own
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == []
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", page) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", page) == []


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", *ACCOUNT_PAGES])
def test_no_page_is_kept_by_a_shared_computer(address: str) -> None:
    assert "no-store" in Client().get(address)["Cache-Control"]
