"""One person at the page, in a real Chromium."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.applicant import PORTRAIT

SIZES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "small": {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True},
}
PATIENCE = 120_000
"""Milliseconds that a photo or a letter may take on a busy machine."""

COUNT_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) window.shifts.push([entry.value, entry.sources.map((source) => source.node?.className)]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


class Visit:
    """What a person does, and everything that the browser complained of or fetched."""

    def __init__(self, context: BrowserContext, web: str) -> None:
        self.web = web
        self.context = context
        self.page: Page = context.new_page()
        self.page.add_init_script(COUNT_SHIFTS)
        self.complaints: list[str] = []
        self.addresses: list[str] = []
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.addresses.append(request.url))

    def _note(self, kind: str, text: str) -> None:
        # A refused request is no fault of the page: it shows the sentence that came with it.
        if kind in ("error", "warning") and "Failed to load resource" not in text and "ERR_INTERNET" not in text:
            self.complaints.append(text)

    def begin(self) -> None:
        self.page.goto(self.web)
        self.page.locator("[data-begin]").click()

    @property
    def onward(self) -> Locator:
        """The button that leads to the next question, and at the last one sends."""
        return self.page.locator("[data-next]")

    def introduce(self, name: str = "김하늘", phone: str = "010-1234-5678") -> None:
        """Name and phone number."""
        self.page.fill("#name", name)
        self.page.fill("#phone", phone)
        self.onward.click()

    def answer_until_photo(self, name: str = "김하늘", phone: str = "010-1234-5678", mbti: str = "ENFP") -> None:
        self.introduce(name, phone)
        self.page.get_by_role("radio", name=mbti).check(force=True)
        self.onward.click()

    def answer(
        self, photo: Path = PORTRAIT, name: str = "김하늘", phone: str = "010-1234-5678", mbti: str = "ENFP"
    ) -> None:
        """Every question up to the consent, which is given."""
        page = self.page
        self.answer_until_photo(name, phone, mbti)
        page.set_input_files("#start-photo", photo)
        self.onward.click()
        self.onward.click()
        page.check("#consent")

    def start(self, photo: Path = PORTRAIT) -> None:
        self.begin()
        self.answer(photo)
        self.onward.click()
        expect(self.page.locator("#resume")).to_be_visible(timeout=PATIENCE)

    def choose_company(self) -> str:
        card = self.page.locator(".company").first
        name = card.locator("h3").inner_text()
        card.get_by_role("button").click()
        return name

    def wait_for(self, part: str, state: str) -> None:
        expect(self.page.locator(part)).to_have_attribute("data-state", state, timeout=PATIENCE)

    def finish_letter(self) -> None:
        self.choose_company()
        self.wait_for("#letter", "done")

    def shown(self) -> list[str]:
        """The text of the four items as the page shows it, one line break between paragraphs."""
        texts: list[str] = self.page.locator(".item .text").evaluate_all(
            "items => items.map(item => [...item.children].map(line => line.textContent).join('\\n'))"
        )
        return texts

    def resume(self) -> dict[str, Any]:
        """What the server holds."""
        resume: dict[str, Any] = self.page.request.get(self.page.url.replace("/resumes/", "/api/v1/resumes/")).json()
        return resume

    def come_back_to(self, **changes: Any) -> None:
        """The person's résumé as it is but for the changes, as the server would tell it."""
        body = {**self.resume(), **changes}
        stream = f"retry: 60000\n\nid: 1\nevent: snapshot\ndata: {json.dumps(body)}\n\n"

        def answer(route: Route) -> None:
            if "/events/" in route.request.url:
                route.fulfill(content_type="text/event-stream", body=stream)
            elif "/media/" in route.request.url:
                route.fallback()
            else:
                route.fulfill(json=body)

        self.page.route(f"**/api/v1/resumes/{body['id']}/**", answer)
        self.page.reload()

    def stored(self) -> list[str]:
        return [re.sub(r"\n+", "\n", section["text"]).strip() for section in self.resume()["letter"]["sections"]]

    def shifts(self) -> list[Any]:
        found: list[Any] = self.page.evaluate("window.shifts")
        return found


@contextmanager
def visiting(browser: Browser, web: str, size: str, **context: Any) -> Iterator[Visit]:
    opened = browser.new_context(**{"locale": "ko-KR", **SIZES[size], **context})
    try:
        yield Visit(opened, web)
    finally:
        opened.close()
