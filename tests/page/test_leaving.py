"""What is left in the browser of a person who has gone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.applicant import PORTRAIT
from tests.page.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser

FIELDS = """
[...document.querySelectorAll("input:not([type=radio], [type=hidden], [type=file]), textarea")]
  .map(({ value }) => value)
"""


def begin_a_story(visit: Visit) -> None:
    """Words and a photo that are not sent."""
    visit.page.locator("#facts summary").click()
    visit.page.locator("#facts").get_by_label("지원 직무").fill("비밀 요원")
    visit.page.set_input_files("#again-photo", PORTRAIT)


def nothing_left(visit: Visit) -> None:
    page = visit.page
    expect(page.locator("#resume")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#person")).to_contain_text("이바다")
    page.locator("#facts summary").click()
    expect(page.locator("#facts").get_by_label("지원 직무")).to_have_value("")
    assert [value for value in page.evaluate(FIELDS) if value not in ("", "on")] == []
    assert "김하늘" not in page.content()
    assert page.evaluate("document.querySelector('.again img').src") == ""


def test_after_deletion_the_next_person_finds_nothing_of_the_last(visit: Visit) -> None:
    # Given a person with words that they never saved
    page = visit.page
    visit.start()
    begin_a_story(visit)
    # When they delete everything
    page.get_by_role("button", name="모두 지우기").click()
    page.locator("dialog .danger").click()
    # Then the page says so at the welcome
    expect(page.locator("#welcome")).to_be_visible()
    expect(page.locator("#notice")).to_contain_text("모두 지웠어요")
    # And who begins there finds nothing of them, by Back neither
    page.locator("[data-begin]").click()
    visit.answer(name="이바다")
    visit.onward.click()
    nothing_left(visit)
    for _ in range(6):
        page.go_back()
    assert "김하늘" not in page.content()


def test_a_second_resume_in_the_same_tab_begins_empty(visit: Visit) -> None:
    # Given a person who went back out of their résumé
    page = visit.page
    visit.start()
    begin_a_story(visit)
    page.go_back()
    expect(page.locator("#name")).to_be_visible()
    # When another one is made
    visit.answer(name="이바다")
    visit.onward.click()
    # Then nothing of the first stands in it
    nothing_left(visit)


def test_the_switch_of_languages_leads_back_to_where_the_person_is(visit: Visit) -> None:
    # Given a person at the second question
    page = visit.page
    visit.begin()
    visit.introduce()
    # When they would rather read English
    page.get_by_role("button", name="English").click()
    # Then they are there, in English, and so is the letter that they never chose a language for
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#mbti-heading")).to_be_visible()
    expect(page.locator("#language")).to_have_value("en")
