"""The applicant's page in a real Chromium, against real processes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pypdf import PdfReader

from resumes.pages import TEXTS
from tests.applicant import PICTURES, PORTRAIT

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "small": {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True},
}
HANGUL = re.compile(r"[가-힣]")
PATIENCE = 60_000
"""Milliseconds that a photo or a letter may take on a busy machine."""
LARGEST_WIRE = 100_000
"""Bytes before pictures."""

needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no Chromium at {CHROMIUM}")
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # The driver runs an event loop in this thread; it ends before other tests touch the database.
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


class Visit:
    """One person at the page, and everything that the browser complained of or fetched."""

    def __init__(self, context: BrowserContext, web: str) -> None:
        self.web = web
        self.context = context
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.addresses: list[str] = []
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.addresses.append(request.url))

    def _note(self, kind: str, text: str) -> None:
        # A refused request is no fault of the page: it shows the sentence that came with it.
        if kind in ("error", "warning") and "Failed to load resource" not in text and "ERR_INTERNET" not in text:
            self.complaints.append(text)

    def fill(
        self, photo: Path = PORTRAIT, name: str = "김하늘", phone: str = "010-1234-5678", mbti: str = "ENFP"
    ) -> None:
        self.page.fill("#name", name)
        self.page.fill("#phone", phone)
        self.page.get_by_role("radio", name=mbti).check(force=True)
        self.page.set_input_files("#start-photo", photo)
        self.page.check("#consent")

    def send(self) -> None:
        self.page.locator("#start-form button.main").click()

    def start(self, photo: Path = PORTRAIT) -> None:
        self.page.goto(self.web)
        self.fill(photo)
        self.send()
        expect(self.page.locator("#resume")).to_be_visible(timeout=PATIENCE)

    def choose_company(self) -> str:
        card = self.page.locator(".company").first
        name = card.locator("h3").inner_text()
        card.get_by_role("button").click()
        return name

    def wait_for(self, part: str, state: str) -> None:
        expect(self.page.locator(part)).to_have_attribute("data-state", state, timeout=PATIENCE)

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

    def stored(self) -> list[str]:
        return [re.sub(r"\n+", "\n", section["text"]).strip() for section in self.resume()["letter"]["sections"]]


@pytest.fixture
def visit(browser: Browser, running_stack: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    with _visit(browser, running_stack.web, getattr(request, "param", "phone")) as visit:
        yield visit


@contextmanager
def _visit(browser: Browser, web: str, size: str, locale: str = "ko-KR") -> Iterator[Visit]:
    context = browser.new_context(locale=locale, **SIZES[size])
    try:
        yield Visit(context, web)
    finally:
        context.close()


@needs_chromium
@pytest.mark.parametrize("visit", ["phone", "desktop"], indirect=True)
def test_the_whole_way(visit: Visit) -> None:
    page = visit.page
    # Given a person who first sends a picture of a cat
    visit.start(PICTURES / "cat.jpg")
    visit.wait_for("#photo", "rejected")
    expect(page.locator("#photo .status")).to_contain_text(visit.resume()["photo"]["detail"])
    # When they send a photo of themselves, look at other companies and choose one
    page.set_input_files("#again-photo", PORTRAIT)
    page.locator("[data-send]").click()
    first = page.locator(".company h3").first.inner_text()
    page.get_by_role("button", name="다른 회사 보기").click()
    expect(page.locator(".company h3").first).not_to_have_text(first)
    company = visit.choose_company()
    # And reload while the letter streams
    expect(page.locator(".item").nth(1).locator(".text p").first).to_be_visible(timeout=PATIENCE)
    page.reload()
    # Then three portraits and the letter come, with the very text that the server holds
    visit.wait_for("#letter", "done")
    visit.wait_for("#photo", "done")
    expect(page.locator("#letter-heading")).to_contain_text(company)
    expect(page.locator(".candidates img")).to_have_count(3)
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


@needs_chromium
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


@needs_chromium
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


@needs_chromium
def test_what_is_missing_is_said_beside_the_field_before_anything_is_sent(visit: Visit) -> None:
    # Given the form
    page = visit.page
    page.goto(visit.web)
    # When it is sent empty
    visit.send()
    # Then every field says what it needs, the first is in focus, and nothing went out
    expect(page.locator("#start-form .error:not(:empty)")).to_have_count(5)
    expect(page.locator("#name")).to_be_focused()
    assert not any("/api/" in url for url in visit.addresses)


@needs_chromium
def test_a_refusal_of_the_server_stands_beside_its_field(visit: Visit) -> None:
    # Given a number that only the server knows to be none
    page = visit.page
    page.goto(visit.web)
    visit.fill(phone="02-123-45678")
    # When the form is sent
    visit.send()
    # Then the server's own sentence stands at the field and above
    expect(page.locator("#phone-error")).to_contain_text("010-1234-5678")
    expect(page.locator("#notice")).to_be_visible()
    expect(page.locator("#phone")).to_be_focused()


@needs_chromium
def test_a_file_that_is_no_photo_is_refused_before_it_is_sent(visit: Visit, tmp_path: Path) -> None:
    # Given a text file
    page = visit.page
    page.goto(visit.web)
    file = tmp_path / "photo.txt"
    file.write_text("no photo")
    # When it is chosen
    page.set_input_files("#start-photo", file)
    # Then the page says which kinds it takes
    expect(page.locator("#start-photo-error")).to_contain_text("JPEG")


@needs_chromium
@pytest.mark.parametrize("visit", ["small", "phone", "desktop"], indirect=True)
def test_nothing_reaches_beyond_the_edge(visit: Visit) -> None:
    # Given the page with all of its form open
    page = visit.page
    page.goto(visit.web)
    page.locator("details summary").first.click()
    # When its width is measured
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth, screen.width]")
    # Then it is the screen's
    assert widths[0] <= widths[2]
    assert widths[1] == widths[2] or visit.page.viewport_size == SIZES["desktop"]["viewport"]


@needs_chromium
def test_every_field_has_a_name_and_is_reached_by_keyboard(visit: Visit) -> None:
    # Given the form with its optional part open
    page = visit.page
    page.goto(visit.web)
    page.locator("details summary").first.click()
    # When its fields are looked at as assistive technology sees them
    nameless = page.evaluate(
        """[...document.querySelectorAll('#start input, #start textarea, #start select')]
           .filter(field => !field.labels?.length && !field.getAttribute('aria-label')).map(field => field.outerHTML)"""
    )
    # Then each has a label
    assert nameless == []
    # And a keyboard alone goes from name to phone to the types
    page.locator("#name").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#phone")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="INTJ")).to_be_checked()


@needs_chromium
def test_the_page_is_light(browser: Browser, running_stack: Any) -> None:
    # Given a first visit
    with _visit(browser, running_stack.web, "phone") as visit:
        sizes: list[int] = []
        visit.page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
        # When the page has come
        visit.page.goto(visit.web, wait_until="networkidle")
        # Then it took no more bytes than promised
        assert 0 < sum(sizes) <= LARGEST_WIRE


@needs_chromium
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


def test_every_sentence_of_the_page_is_translated() -> None:
    # Given the page and what its scripts say
    with translation.override("en"):
        # When English is asked for
        said = {key: str(text) for key, text in TEXTS.items()}
        page = Client().get("/", headers={"accept-language": "en"}).content.decode()
    # Then no Korean is left but the name of the language
    assert {key: text for key, text in said.items() if HANGUL.search(text)} == {}
    assert HANGUL.findall(page.replace("한국어", "")) == []


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    # Given the page
    answer = Client().get("/")
    policy = answer["Content-Security-Policy"]
    page = answer.content.decode()
    # When policy and page are held together
    # Then scripts and styles come from here alone, and the page holds none of its own
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == []
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", page) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", page) == []


def test_the_page_is_never_kept_by_a_shared_computer() -> None:
    assert "no-store" in Client().get("/")["Cache-Control"]


@needs_chromium
def test_another_persons_address_shows_nothing(visit: Visit) -> None:
    # Given someone else's résumé
    other = httpx.Client(base_url=visit.web)
    token = other.post("/api/v1/auth/guest/").raise_for_status().json()["token"]
    other.cookies.clear()
    data = {"name": "박비밀", "phone": "010-9876-5432", "mbti": "ISTJ", "consent": "true"}
    files = {"photo": (PORTRAIT.name, PORTRAIT.read_bytes())}
    answer = other.post("/api/v1/resumes/", data=data, files=files, headers={"Authorization": f"Token {token}"})
    # When a stranger opens its address
    visit.page.goto(f"{visit.web}/resumes/{answer.json()['id']}/")
    # Then they see the form and a sentence, and no name
    expect(visit.page.locator("#start")).to_be_visible()
    expect(visit.page.locator("#notice")).to_be_visible()
    assert "박비밀" not in visit.page.content()
