"""What a person does while something of theirs is still on its way."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Request, Route, expect

from tests.page.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser

COUNT_SNAPSHOTS = """
window.snapshots = 0;
const listen = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (name, hear) {
  listen.call(this, name, hear);
  if (name === "snapshot") listen.call(this, name, () => window.snapshots++);
};
"""
PASS_CHARCOAL = """
(clothes) => {
  for (const slug of ["charcoal_suit", "black_suit"]) {
    const input = clothes.querySelector(`[value=${slug}]`);
    input.focus();
    input.click();
  }
}
"""
MOST_FRAMES = 2000


class Held:
    """The first request of that method and address, and its answer."""

    def __init__(self, visit: Visit, address: str, method: str) -> None:
        self._visit = visit
        self._method = method
        self._held: list[Route] = []
        self._answer: APIResponse | None = None
        visit.page.route(address, self._take)

    def _take(self, route: Route) -> None:
        if self._held or route.request.method != self._method:
            route.fallback()
        else:
            self._held.append(route)

    def wait(self) -> None:
        """Until the page has asked."""
        # Asking the page anything lets the driver hand over what came; a frame takes some 16 ms.
        for _ in range(MOST_FRAMES):
            if self._held:
                return
            self._visit.page.evaluate("new Promise(requestAnimationFrame)")
        raise AssertionError("no such request")

    def let_through(self) -> None:
        """The server hears of it, and the page no answer."""
        self.wait()
        self._answer = self._held[0].fetch()

    def release(self) -> None:
        if self._answer is None:
            self.let_through()
        self._held[0].fulfill(response=self._answer)


def test_the_last_of_two_portraits_holds_whatever_the_server_tells_of_the_first(visit: Visit) -> None:
    # Given a person who chose the second portrait on a slow network
    page = visit.page
    page.add_init_script(COUNT_SNAPSHOTS)
    visit.start()
    visit.wait_for("#photo", "done")
    answer = Held(visit, "**/portrait/", "POST")
    page.get_by_role("radio", name="2번 사진").check()
    # When they choose the third, the stream tells of the second, and they choose white
    third = page.get_by_role("radio", name="3번 사진")
    third.check()
    told = page.evaluate("window.snapshots")
    answer.let_through()
    page.wait_for_function("told => window.snapshots > told", arg=told)
    expect(third).to_be_checked()
    page.get_by_role("group", name="배경색").get_by_role("radio", name="흰색").check()
    answer.release()
    # Then what they chose is shown and is the server's
    white = re.compile(r"/portrait-3-white\.jpg\?")
    expect(page.locator(".portrait")).to_have_attribute("src", white, timeout=PATIENCE)
    expect(third).to_be_checked()
    assert (visit.resume()["photo"]["chosen"], visit.resume()["photo"]["background"]) == (3, "white")


def test_clothes_passed_over_are_not_painted(visit: Visit) -> None:
    # Given a person at the keyboard, in navy
    page = visit.page
    visit.start()
    visit.wait_for("#photo", "done")
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "PATCH" else None)
    clothes = page.get_by_role("group", name="옷", exact=True)
    clothes.get_by_role("radio", name="남색 정장").focus()
    # When they pass charcoal on the way to black, quicker than any machine is slow
    clothes.evaluate(PASS_CHARCOAL)
    # Then black alone is asked for, and the focus stays while it is painted and after
    black = clothes.get_by_role("radio", name="검정 정장")
    expect(black).to_be_checked()
    expect(page.locator("#photo")).not_to_have_attribute("data-state", "done")
    expect(black).to_be_focused()
    visit.wait_for("#photo", "done")
    expect(black).to_be_checked()
    expect(black).to_be_focused()
    assert [request.post_data_json for request in sent] == [{"style": "black_suit"}]
    assert visit.resume()["style"] == "black_suit"


def test_facts_typed_while_others_are_saved_are_kept(visit: Visit) -> None:
    # Given a person whose facts are being saved
    page = visit.page
    visit.start()
    page.locator("#facts summary").click()
    facts = page.locator("#facts")
    answer = Held(visit, f"**/api/v1/resumes/{visit.resume()['id']}/", "PATCH")
    facts.get_by_label("지원 직무").fill("지도 제작")
    facts.get_by_role("button", name="저장", exact=True).click()
    answer.wait()
    # When they go on to another field
    facts.get_by_label("약점과 고치려고 하는 일").fill("발표할 때 떨려요")
    answer.release()
    # Then both are there, and saving again saves both
    expect(page.locator("#notice")).to_be_visible()
    visit.wait_for("#photo", "done")
    expect(facts.get_by_label("약점과 고치려고 하는 일")).to_have_value("발표할 때 떨려요")
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        facts.get_by_role("button", name="저장", exact=True).click()
    assert visit.resume()["facts"] == {"job": "지도 제작", "weakness": "발표할 때 떨려요"}


def test_words_typed_while_an_item_is_saved_are_kept(visit: Visit) -> None:
    # Given a person whose item is being saved
    page = visit.page
    visit.start()
    visit.finish_letter()
    item = page.locator(".item").first
    item.get_by_role("button", name="고치기").click()
    text = item.get_by_role("textbox")
    answer = Held(visit, "**/letter/sections/1/", "PATCH")
    text.fill("제 글입니다.")
    item.get_by_role("button", name="저장").click()
    answer.wait()
    # When they go on writing
    text.press_sequentially(" 더 씁니다.")
    answer.release()
    # Then their words stay in the field, and saving again saves them
    expect(page.locator("#notice")).to_be_visible()
    expect(text).to_have_value("제 글입니다. 더 씁니다.")
    item.get_by_role("button", name="저장").click()
    expect(item.locator(".text")).to_have_text("제 글입니다. 더 씁니다.")
    # And whoever opens it again finds what was saved
    item.get_by_role("button", name="고치기").click()
    expect(text).to_have_value("제 글입니다. 더 씁니다.")
    assert visit.stored()[0] == "제 글입니다. 더 씁니다."


def test_who_chose_a_company_is_led_to_the_letter(visit: Visit) -> None:
    # Given three companies
    visit.start()
    # When one is chosen
    company = visit.choose_company()
    # Then the letter's heading has the focus when it is there, and the person sees it
    heading = visit.page.locator("#letter-heading")
    expect(heading).to_be_focused()
    expect(heading).to_contain_text(company)
    expect(heading).to_be_in_viewport()


def test_stopping_the_letter_leaves_the_photo_alone(visit: Visit) -> None:
    # Given photo and letter on their way
    page = visit.page
    visit.start()
    visit.choose_company()
    # When the person stops writing
    page.get_by_role("button", name="쓰기 멈추기").click()
    # Then the letter has stopped, and the portraits come
    visit.wait_for("#letter", "cancelled")
    visit.wait_for("#photo", "done")
    # When they take it up again, Then it is written to the end
    page.locator("#letter").get_by_role("button", name="다시 시도").click()
    visit.wait_for("#letter", "done")


def test_an_answer_that_comes_late_does_not_take_the_person_back(visit: Visit) -> None:
    # Given a person on the way back to their résumé, who turns round before it is there
    page = visit.page
    visit.start()
    identity: Any = visit.resume()["id"]
    page.go_back()
    expect(page.locator("#start")).to_be_visible()
    answer = Held(visit, f"**/api/v1/resumes/{identity}/", "GET")
    page.go_forward()
    answer.wait()
    page.go_back()
    # When the answer comes
    with page.expect_event("requestfinished"):
        answer.release()
    page.evaluate("new Promise(requestAnimationFrame)")
    # Then they are still where they went
    expect(page.locator("#start")).to_be_visible()
    expect(page.locator("#resume")).to_be_hidden()
