"""Users as rows, and Django's own commands and admin on them."""

from __future__ import annotations

import uuid

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_a_guest_has_no_address_and_an_account_has_one():
    # The database holds it, whoever writes
    for wrong in ({"is_guest": True, "email": "a@example.com"}, {"is_guest": False, "email": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(**wrong)
    assert User.objects.create_guest().is_guest
    assert not User.objects.create_user("a@example.com", "haneul-1125-river").is_guest


def test_many_guests_and_one_account_an_address():
    User.objects.create_guest()
    User.objects.create_guest()
    User.objects.create_user("a@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("A@Example.com")
    with pytest.raises(ValueError, match="address"):
        User.objects.create_user("")


def test_ids_cannot_be_guessed_from_one_another():
    assert {User.objects.create_guest().pk.version for _ in range(3)} == {uuid.uuid4().version}


def test_createsuperuser(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "haneul-1125-river")
    call_command("createsuperuser", email="Admin@example.com", interactive=False, verbosity=0)
    admin = User.objects.get(email="admin@example.com")
    assert admin.is_staff
    assert admin.is_superuser
    assert admin.check_password("haneul-1125-river")


class TestAdmin:
    @pytest.fixture
    def admin(self) -> Client:
        client = Client()
        client.force_login(User.objects.create_superuser("admin@example.com", "haneul-1125-river"))
        return client

    def test_list_search_and_pages_open(self, admin):
        guest = User.objects.create_guest()
        assert admin.get("/admin/accounts/user/").status_code == 200
        assert admin.get(f"/admin/accounts/user/?q={guest.pk}").context["cl"].result_count == 1
        assert admin.get(f"/admin/accounts/user/{guest.pk}/change/").status_code == 200
        assert admin.get("/admin/accounts/user/add/").status_code == 200

    def test_an_account_can_be_made_and_switched_off(self, admin):
        password = {"password1": "haneul-1125-river", "password2": "haneul-1125-river"}
        made = admin.post("/admin/accounts/user/add/", {"email": "Curator@example.com", **password})
        assert made.status_code == 302
        user = User.objects.get(email="curator@example.com")
        assert user.check_password("haneul-1125-river")
        changed = admin.post(f"/admin/accounts/user/{user.pk}/change/", {"email": "curator@example.com"})
        assert changed.status_code == 302
        user.refresh_from_db()
        assert not user.is_active

    def test_a_guest_cannot_be_given_an_address_there(self, admin):
        guest = User.objects.create_guest()
        answer = admin.post(f"/admin/accounts/user/{guest.pk}/change/", {"email": "a@example.com", "is_active": "on"})
        assert answer.status_code == 200
        assert "email" in answer.context["adminform"].form.errors

    def test_tokens_are_not_shown(self, admin):
        assert admin.get("/admin/authtoken/tokenproxy/").status_code == 404
