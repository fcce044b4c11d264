"""Guests, sign-up, sign-in, over HTTP."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from accounts.models import User

PASSWORD = "haneul-1125-river"
CREDENTIALS = {"email": "haneul@example.com", "password": PASSWORD}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.API_THROTTLE_ANON = None
    settings.API_THROTTLE_USER = None


@pytest.fixture
def browser() -> APIClient:
    """A client that keeps cookies and is checked for forgery, as a browser is."""
    return APIClient(enforce_csrf_checks=True)


def post(client: APIClient, name: str, data=None, token: str | None = None, **headers):
    if token:
        headers["Authorization"] = f"Token {token}"
    return client.post(f"/api/v1/auth/{name}/", data, format="json", headers=headers)


def me(client: APIClient, token: str | None = None):
    return client.get("/api/v1/auth/me/", headers={"Authorization": f"Token {token}"} if token else {})


def csrf(client: APIClient) -> dict[str, str]:
    return {"X-CSRFToken": client.cookies["csrftoken"].value}


class TestGuest:
    def test_a_guest_gets_a_token_and_a_session(self, browser):
        # When someone begins as a guest
        answer = post(browser, "guest")
        # Then the answer has the API's shape
        assert answer.status_code == 201
        user = answer.json()["user"]
        assert user == {"id": user["id"], "is_guest": True, "email": None}
        assert isinstance(user["id"], str)
        # And both the token and the cookie are theirs
        assert me(APIClient(), answer.json()["token"]).json() == user
        assert me(browser).json() == user

    def test_every_request_makes_another_guest(self, browser):
        assert post(browser, "guest").json()["user"]["id"] != post(browser, "guest").json()["user"]["id"]

    def test_a_guest_has_no_password_to_sign_in_with(self):
        post(APIClient(), "guest")
        assert not User.objects.get().has_usable_password()


class TestRegister:
    def test_a_new_person_becomes_an_account(self, browser):
        answer = post(browser, "register", {"email": "Haneul@Example.com", "password": PASSWORD})
        assert answer.status_code == 201
        assert answer.json()["user"]["email"] == "haneul@example.com"
        assert answer.json()["user"]["is_guest"] is False
        assert me(browser).status_code == me(APIClient(), answer.json()["token"]).status_code == 200

    def test_a_guest_with_a_token_keeps_identity(self):
        # Given a guest
        guest = post(APIClient(), "guest").json()
        # When they register with their token
        answer = post(APIClient(), "register", CREDENTIALS, token=guest["token"])
        # Then it is the same person, now with an address, and the token goes on working
        assert answer.status_code == 201
        assert answer.json()["user"] == {"id": guest["user"]["id"], "is_guest": False, "email": "haneul@example.com"}
        assert me(APIClient(), guest["token"]).json()["is_guest"] is False
        assert User.objects.count() == 1

    def test_a_guest_with_a_session_keeps_identity_and_needs_the_csrf_token(self, browser):
        guest = post(browser, "guest").json()
        # When the cookie comes without the token that only the own page can read, then it is refused
        refused = post(browser, "register", CREDENTIALS)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
        # And with it the guest becomes the account, in a session with a new key
        before = browser.cookies["sessionid"].value
        answer = post(browser, "register", CREDENTIALS, **csrf(browser))
        assert answer.status_code == 201
        assert answer.json()["user"]["id"] == guest["user"]["id"]
        assert browser.cookies["sessionid"].value != before
        assert me(browser).json()["is_guest"] is False

    def test_a_taken_address_is_an_error_of_its_field(self):
        User.objects.create_user("haneul@example.com", PASSWORD)
        guest = post(APIClient(), "guest").json()
        answer = post(APIClient(), "register", {**CREDENTIALS, "email": "HANEUL@example.com"}, token=guest["token"])
        assert answer.status_code == 400
        problem = answer.json()
        assert problem["code"] == "invalid"
        assert [(error["field"], error["code"]) for error in problem["errors"]] == [("email", "taken")]
        # And the guest stays what they were
        assert me(APIClient(), guest["token"]).json()["is_guest"] is True

    def test_an_account_cannot_register_again(self):
        token = post(APIClient(), "register", CREDENTIALS).json()["token"]
        answer = post(APIClient(), "register", {**CREDENTIALS, "email": "other@example.com"}, token=token)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "already_registered")
        assert User.objects.get().email == "haneul@example.com"

    @pytest.mark.parametrize(
        ("body", "errors"),
        [
            ({}, {("email", "required"), ("password", "required")}),
            ({"email": "no", "password": PASSWORD}, {("email", "invalid")}),
            ({"email": "a@example.com", "password": "short"}, {("password", "password_too_short")}),
            ({"email": "a@example.com", "password": "password1"}, {("password", "password_too_common")}),
            ({"email": "haneulhaneul@example.com", "password": "haneulhaneul"}, {("password", "password_too_similar")}),
        ],
    )
    def test_what_is_wrong_is_said_field_by_field(self, body, errors):
        answer = post(APIClient(), "register", body)
        assert answer.status_code == 400
        assert {(error["field"], error["code"]) for error in answer.json()["errors"]} == errors
        assert User.objects.count() == 0


class TestLogin:
    def test_right_credentials_in_any_case_of_the_address(self, browser):
        user = User.objects.create_user(**CREDENTIALS)
        answer = post(browser, "login", {"email": "HANEUL@example.com", "password": PASSWORD})
        assert answer.status_code == 200
        assert answer.json()["user"]["id"] == str(user.pk)
        assert me(browser).json() == me(APIClient(), answer.json()["token"]).json() == answer.json()["user"]

    @pytest.mark.parametrize("change", [{"password": "wrong-wrong"}, {"email": "nobody@example.com"}])
    def test_wrong_credentials_are_not_authenticated(self, browser, change):
        User.objects.create_user(**CREDENTIALS)
        answer = post(browser, "login", {**CREDENTIALS, **change})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert "WWW-Authenticate" in answer.headers
        assert "sessionid" not in browser.cookies

    def test_someone_switched_off_stays_out(self, browser):
        user = User.objects.create_user(**CREDENTIALS, is_active=False)
        assert post(browser, "login", CREDENTIALS).status_code == 401
        assert me(browser, Token.objects.create(user=user).key).status_code == 401

    def test_a_guest_who_signs_in_leaves_the_guest_behind(self, browser):
        user = User.objects.create_user(**CREDENTIALS)
        guest = post(browser, "guest").json()
        assert post(browser, "login", CREDENTIALS).json()["user"]["id"] == str(user.pk)
        assert me(APIClient(), guest["token"]).json() == guest["user"]


class TestForgery:
    @pytest.mark.parametrize("name", ["guest", "login", "register"])
    def test_another_sites_page_cannot_begin_a_session(self, browser, name):
        User.objects.create_user("other@example.com", PASSWORD)
        answer = post(browser, name, CREDENTIALS, Origin="https://elsewhere.example")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
        assert "sessionid" not in browser.cookies

    def test_the_own_page_can(self, browser):
        assert post(browser, "guest", Origin="http://testserver").status_code == 201

    def test_forms_are_not_accepted(self):
        answer = APIClient().post("/api/v1/auth/login/", CREDENTIALS, format="multipart")
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


class TestLogout:
    def test_with_the_token_it_ends_the_token(self):
        token = post(APIClient(), "guest").json()["token"]
        assert post(APIClient(), "logout", token=token).status_code == 204
        assert me(APIClient(), token).status_code == 401

    def test_with_the_cookie_it_ends_the_session_only(self, browser):
        token = post(browser, "guest").json()["token"]
        assert post(browser, "logout").status_code == 403
        assert post(browser, "logout", **csrf(browser)).status_code == 204
        assert me(browser).status_code == 401
        assert me(APIClient(), token).status_code == 200

    def test_nobody_is_not_authenticated(self):
        assert post(APIClient(), "logout").status_code == me(APIClient()).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_two_registrations_of_one_guest_at_once_make_one_account():
    # Given one guest who registers twice at the same moment
    guest = User.objects.create_guest()
    results = []
    barrier = threading.Barrier(2)

    def register(email: str) -> None:
        try:
            same = User.objects.get(pk=guest.pk)
            barrier.wait(timeout=10)
            results.append((same.become_account(email, PASSWORD), email))
        finally:
            connection.close()

    threads = [threading.Thread(target=register, args=(f"{name}@example.com",)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then one wins, and the account has the winner's address
    assert sorted(done for done, _ in results) == [False, True]
    assert User.objects.get().email == next(email for done, email in results if done)
