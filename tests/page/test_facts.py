"""What a person tells of themselves: as many schools, experiences and strengths as there are."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.applicant import PORTRAIT
from tests.page.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser

FIRST = {"title": "동아리 신문", "role": "편집", "action": "기사 스무 편을 다듬었다"}
SECOND = {"title": "지도 만들기", "period": "2024년"}
THIRD = {"title": "카페 일", "result": "단골이 늘었다"}


def group(form: Locator, name: str) -> Locator:
    return form.get_by_role("group", name=name, exact=True)


def write(row: Locator, experience: dict[str, str]) -> None:
    for part, words in experience.items():
        row.locator(f"[data-part={part}]").fill(words)


@pytest.mark.parametrize("visit", ["small"], indirect=True)
def test_several_experiences_before_the_letter_and_after(visit: Visit) -> None:
    # Given a person on a small phone at the question for their story, by keyboard
    page = visit.page
    to_the_story(visit)
    story = page.locator("#start-form [data-step=story]")
    # When they write two schools, Return between them, and two experiences
    schools = group(story, "학력")
    schools.get_by_role("textbox", name="학력 1").fill("하늘대학교 지리학과")
    page.keyboard.press("Enter")
    expect(schools.get_by_role("textbox", name="학력 2")).to_be_focused()
    page.keyboard.type("바다고등학교")
    write(group(story, "경험 1"), FIRST)
    story.get_by_role("button", name="경험 더하기").focus()
    page.keyboard.press("Enter")
    expect(group(story, "경험 2").get_by_label("제목")).to_be_focused()
    write(group(story, "경험 2"), SECOND)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    # And the phone runs out of memory for a moment, so that the photo has to be chosen again
    page.reload()
    page.set_input_files("#start-photo", PORTRAIT)
    visit.onward.click()
    expect(group(story, "경험 2").get_by_label("제목")).to_have_value(SECOND["title"])
    visit.onward.click()
    page.check("#consent")
    visit.onward.click()
    expect(page.locator("#resume")).to_be_visible(timeout=PATIENCE)
    # Then the server has them all
    told = visit.resume()["facts"]
    assert told == {"education": ["하늘대학교 지리학과", "바다고등학교"], "experiences": [FIRST, SECOND]}

    # When they take one away later, and add another
    page.locator("#facts summary").click()
    later = page.locator("#facts")
    group(later, "경험 1").get_by_role("button", name="경험 1 지우기").click()
    expect(group(later, "경험 1").get_by_label("제목")).to_be_focused()
    expect(group(later, "경험 1").get_by_label("제목")).to_have_value(SECOND["title"])
    later.get_by_role("button", name="경험 더하기").click()
    write(group(later, "경험 2"), THIRD)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    later.get_by_role("button", name="저장", exact=True).click()
    expect(page.locator("#notice")).to_be_visible()
    # Then that is what the server has, and nothing else has changed
    assert visit.resume()["facts"] == {**told, "experiences": [SECOND, THIRD]}
    assert visit.complaints == []


def to_the_story(visit: Visit) -> None:
    page = visit.page
    visit.begin()
    visit.answer_until_photo()
    page.set_input_files("#start-photo", PORTRAIT)
    visit.onward.click()
