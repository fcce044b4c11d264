"""The account pages, as a person with a browser meets them."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db

EMAIL = "haneul@example.com"
PASSWORD = "바다-위의-종이배"


@pytest.fixture
def account() -> User:
    return User.objects.create_user(EMAIL, PASSWORD)


def sign_in(client: Client, password: str = PASSWORD, **data: str):
    return client.post("/account/sign-in/", {"username": EMAIL, "password": password, **data})


def test_a_guest_who_signs_up_keeps_everything_and_returns():
    # Given a guest
    client = Client()
    guest = User.objects.create_guest()
    client.force_login(guest)
    # When they sign up from their résumé
    data = {"email": "Haneul@Example.com", "password": PASSWORD, "next": "/resumes/1/"}
    answer = client.post("/account/sign-up/", data)
    # Then they are the same person, now with an address, and back where they were
    guest.refresh_from_db()
    assert (guest.email, guest.is_guest) == (EMAIL, False)
    assert answer["Location"] == "/resumes/1/"
    assert client.session["_auth_user_id"] == str(guest.pk)


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com/", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere_after_signing_up(elsewhere):
    answer = Client().post("/account/sign-up/", {"email": EMAIL, "password": PASSWORD, "next": elsewhere})
    assert answer["Location"] == "/"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "not an address", "password": PASSWORD}, "email"),
        ({"email": EMAIL, "password": "12345678"}, "password"),
        ({"email": EMAIL, "password": "haneul@example"}, "password"),
    ],
)
def test_what_cannot_be_an_account_is_said_beside_its_field(data, field):
    # When an address or a password is no good
    answer = Client().post("/account/sign-up/", data)
    # Then the page says so there, and nothing was made
    assert answer.status_code == 200
    assert answer.context["form"].errors.get(field)
    assert not User.objects.exists()


def test_an_address_is_one_account(account):
    answer = Client().post("/account/sign-up/", {"email": EMAIL.upper(), "password": PASSWORD})
    assert answer.context["form"].errors["email"] == ["이미 가입된 이메일입니다."]


def test_sign_in_and_out(account):
    # Given an account, and an address typed in capitals
    client = Client()
    answer = client.post("/account/sign-in/", {"username": EMAIL.upper(), "password": PASSWORD})
    # When signed in, Then the pages know who it is
    assert answer["Location"] == "/"
    assert EMAIL in client.get("/").content.decode()
    # When signed out, Then no more
    assert client.post("/account/sign-out/")["Location"] == "/"
    assert EMAIL not in client.get("/").content.decode()


def test_a_wrong_password_says_no_more_than_that(account):
    # When password or address is wrong
    wrong = sign_in(Client(), password="other")
    nobody = Client().post("/account/sign-in/", {"username": "nobody@example.com", "password": "other"})
    # Then both are answered alike
    said = [list(answer.context["form"].non_field_errors()) for answer in (wrong, nobody)]
    assert said[0] == said[1] != []


def test_guessing_passwords_is_limited(account, settings):
    # Given a limit of two attempts
    settings.API_THROTTLE_ANON = "2/min"
    client = Client(REMOTE_ADDR="203.0.113.9")
    # When a third is made, Then it is refused even with the right password
    assert [sign_in(client, password=word).status_code for word in ("a", "b", PASSWORD)] == [200, 200, 429]


def test_changing_the_password_keeps_this_browser_signed_in(account):
    # Given someone signed in
    client = Client()
    sign_in(client)
    # When they change their password
    new = "종이배-위의-바다"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    answer = client.post("/account/password/", data, follow=True)
    # Then it is changed and they are still signed in
    assert answer.status_code == 200
    account.refresh_from_db()
    assert account.check_password(new)
    assert EMAIL in client.get("/").content.decode()


def test_only_who_is_signed_in_changes_a_password():
    assert Client().get("/account/password/")["Location"].startswith("/account/sign-in/")


def test_a_forgotten_password_is_set_anew_by_mail(account):
    # Given a mail that was asked for
    client = Client()
    client.post("/account/password/reset/", {"email": EMAIL})
    [letter] = mail.outbox
    assert letter.to == [EMAIL]
    [address] = re.findall(r"http://testserver(/\S+)", str(letter.body))
    # When its address is opened and a new password set
    page = client.get(address, follow=True)
    new = "종이배-위의-바다"
    where = page.redirect_chain[-1][0]
    client.post(where, {"new_password1": new, "new_password2": new})
    # Then it is the password, the person is signed in, and the address serves no second time
    account.refresh_from_db()
    assert account.check_password(new)
    assert EMAIL in client.get("/").content.decode()
    assert "오래됐어요" in Client().get(address, follow=True).content.decode()


def test_an_unknown_address_gets_no_mail_and_no_hint(account):
    known = Client().post("/account/password/reset/", {"email": EMAIL})
    unknown = Client().post("/account/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mail.outbox) == 1


def test_a_form_from_another_site_is_refused(account):
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client).status_code == 403
