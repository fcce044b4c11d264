"""Who asks, outside the API's views."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from rest_framework.authtoken.models import Token

from accounts.authentication import user_for_scope
from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user("haneul@example.com", "haneul-1125-river")


def token_header(user: User, keyword: str = "Token") -> tuple[bytes, bytes]:
    return b"authorization", f"{keyword} {Token.objects.get_or_create(user=user)[0].key}".encode()


def cookie_header(user: User) -> tuple[bytes, bytes]:
    client = Client()
    client.force_login(user)
    return b"cookie", f"a=b; sessionid={client.cookies['sessionid'].value}".encode()


def test_the_token_names_its_owner(user):
    assert user_for_scope([(b"host", b"testserver"), token_header(user)]) == user
    assert user_for_scope([token_header(user, "token")]) == user


def test_the_session_cookie_names_its_owner(user):
    assert user_for_scope([cookie_header(user)]) == user


def test_guests_are_people_too():
    guest = User.objects.create_guest()
    assert user_for_scope([token_header(guest)]) == user_for_scope([cookie_header(guest)]) == guest


def test_the_token_goes_before_the_cookie(user):
    guest = User.objects.create_guest()
    assert user_for_scope([cookie_header(user), token_header(guest)]) == guest


def test_a_wrong_token_is_refused_even_beside_a_good_cookie(user):
    assert user_for_scope([(b"authorization", b"Token nonsense"), cookie_header(user)]) is None


def test_another_scheme_leaves_the_decision_to_the_cookie(user):
    assert user_for_scope([(b"authorization", b"Basic YTpi"), cookie_header(user)]) == user


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"cookie", b"")],
        [(b"cookie", b"sessionid=unknown")],
        [(b"cookie", b"\xff\xfe=\x00; sessionid")],
        [(b"authorization", b"Token")],
        [(b"authorization", b"Token \xff\xff")],
        [(b"authorization", b"Token a"), (b"authorization", b"Token b")],
    ],
)
def test_nobody(headers):
    assert user_for_scope(headers) is None


def test_someone_switched_off_is_nobody(user):
    headers = [[token_header(user)], [cookie_header(user)]]
    User.objects.update(is_active=False)
    assert [user_for_scope(each) for each in headers] == [None, None]


def test_a_changed_password_ends_the_session(user):
    header = cookie_header(user)
    user.set_password("another-river-7")
    user.save()
    assert user_for_scope([header]) is None


def test_a_session_signed_with_an_older_key_still_counts_and_is_left_alone(user, settings):
    # Given a session from before the secret key was changed
    header = cookie_header(user)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    # When the stream asks, which cannot set a cookie, then the session is good and its key stays
    assert user_for_scope([header]) == user
    assert Session.objects.filter(pk=header[1].decode().rpartition("=")[2]).exists()
