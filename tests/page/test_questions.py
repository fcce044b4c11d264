"""The questions that lead to a résumé: what they check, remember and let pass."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.applicant import PORTRAIT
from tests.page.visit import PATIENCE, Visit

pytestmark = pytest.mark.browser

COUNT_CAMERAS = """
window.cameras = [];
const film = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (film) navigator.mediaDevices.getUserMedia = async (wanted) => {
  const camera = await film(wanted);
  window.cameras.push(camera);
  return camera;
};
"""


def test_what_is_missing_is_said_beside_the_field_before_anything_is_sent(visit: Visit) -> None:
    # Given the first question
    page = visit.page
    visit.begin()
    # When it is left empty
    visit.onward.click()
    # Then every field says what it needs, the first is in focus, and nothing went out
    expect(page.locator("#start-form .error:not(:empty)")).to_have_count(2)
    expect(page.locator("#name")).to_be_focused()
    assert not any("/api/" in url for url in visit.addresses)


def test_nothing_is_made_without_consent(visit: Visit) -> None:
    # Given every answer but the consent
    visit.begin()
    visit.answer()
    visit.page.uncheck("#consent")
    # When the résumé is asked for
    visit.onward.click()
    # Then the page asks for the consent and sends nothing
    expect(visit.page.locator("#consent-error")).not_to_be_empty()
    assert not any("/api/" in url for url in visit.addresses)


def test_a_refusal_of_the_server_leads_back_to_its_question(visit: Visit) -> None:
    # Given a number that only the server knows to be none
    page = visit.page
    visit.begin()
    visit.answer(phone="02-123-45678")
    # When the résumé is asked for
    visit.onward.click()
    # Then the server's own sentence stands at the field and above
    expect(page.locator("#phone-error")).to_contain_text("010-1234-5678")
    expect(page.locator("#notice")).to_be_visible()
    expect(page.locator("#phone")).to_be_focused()


def test_four_plain_questions_find_the_type(visit: Visit) -> None:
    # Given a person who does not know their type
    page = visit.page
    visit.begin()
    visit.introduce()
    page.locator("#unsure summary").click()
    # When they answer the four questions
    for number, letter in enumerate("ISTP", 1):
        page.locator(f"[name=letter-{number}][value={letter}]").check(force=True)
    # Then the type is chosen and described
    expect(page.get_by_role("radio", name="ISTP")).to_be_checked()
    expect(page.locator(".found")).to_contain_text("ISTP")


def test_back_and_reload_keep_the_answers(visit: Visit) -> None:
    # Given a person at the second question
    page = visit.page
    visit.begin()
    visit.introduce()
    page.get_by_role("radio", name="ENFP").check(force=True)
    # When they go back, forward and reload, as a phone does that ran out of memory
    page.go_back()
    expect(page.locator("#name")).to_have_value("김하늘")
    page.go_forward()
    page.reload()
    # Then they are where they were, with what they had answered
    expect(page.get_by_role("radio", name="ENFP")).to_be_checked()
    page.go_back()
    expect(page.locator("#name")).to_have_value("김하늘")


def test_what_was_answered_is_forgotten_once_sent(visit: Visit) -> None:
    # Given a résumé just made
    visit.start()
    # When the browser's memory is looked at, Then it holds nothing of the person
    assert "김하늘" not in visit.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")


def test_the_back_button_leads_out_of_a_resume_and_in_again(visit: Visit) -> None:
    # Given a résumé just made
    page = visit.page
    visit.start()
    address = page.url
    # When the person goes back
    page.go_back()
    # Then the welcome offers the way to it
    expect(page.locator("#start")).to_be_visible()
    expect(page.locator("#resume")).to_be_hidden()
    # When they go forward
    page.go_forward()
    # Then it is there again
    expect(page.locator("#resume")).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(address)


def test_the_camera_shows_a_frame_and_gives_a_photo(visit: Visit) -> None:
    # Given a browser with a camera
    page = visit.page
    visit.begin()
    visit.answer_until_photo()
    # When a photo is taken
    page.get_by_role("button", name="지금 찍기").click()
    expect(page.locator("#camera-dialog svg")).to_be_visible()
    page.get_by_role("button", name="찰칵").click()
    # Then it is the chosen one, and the camera is off
    expect(page.locator("#start-form [data-file]")).to_have_text("camera.jpg")
    expect(page.locator("#start-form .frame img")).to_be_visible()
    assert page.evaluate("document.querySelector('video').srcObject") is None


def test_two_taps_start_one_camera(visit: Visit) -> None:
    # Given a browser that counts what films
    page = visit.page
    page.add_init_script(COUNT_CAMERAS)
    visit.begin()
    visit.answer_until_photo()
    # When the person taps twice, and takes one photo
    page.locator("#start-form [data-camera]").evaluate("button => (button.click(), button.click())")
    page.get_by_role("button", name="찰칵").click()
    expect(page.locator("#start-form [data-file]")).to_have_text("camera.jpg")
    # Then one camera was on, and it is off
    assert page.evaluate("window.cameras.map((camera) => camera.active)") == [False]


def test_a_file_that_is_no_photo_is_refused_before_it_is_sent(visit: Visit, tmp_path: Path) -> None:
    # Given a text file, and a photo larger than any that is taken
    page = visit.page
    page.goto(visit.web)
    text = tmp_path / "photo.txt"
    text.write_text("no photo")
    large = tmp_path / "photo.jpg"
    with large.open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    # When they are chosen, Then the page says what it takes
    page.set_input_files("#start-photo", text)
    expect(page.locator("#start-photo-error")).to_contain_text("JPEG")
    page.set_input_files("#start-photo", large)
    expect(page.locator("#start-photo-error")).to_contain_text("20 MB")


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
    # Then they see the welcome and a sentence, and no name
    expect(visit.page.locator("#welcome")).to_be_visible()
    expect(visit.page.locator("#notice")).to_be_visible()
    assert "박비밀" not in visit.page.content()
