"""A person with a token, the companies, and small pictures made on the spot."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from PIL import Image


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def companies(db):
    call_command("seed_companies", verbosity=0)


def jpeg(width=640, height=800, colour=(200, 180, 160)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "JPEG")
    return file.getvalue()


class Person:
    """A guest who speaks to the API by token."""

    def __init__(self) -> None:
        self.client = Client()
        answer = self.client.post("/api/v1/auth/guest/")
        self.client.cookies.clear()
        self.headers = {"Authorization": f"Token {answer.json()['token']}"}

    def request(self, method, path, data=None, headers=None, **options):
        call = getattr(self.client, method)
        if data is not None and "content_type" not in options and method != "get":
            options["content_type"] = "application/json"
        return call(f"/api/v1/{path}", data, headers={**self.headers, **(headers or {})}, **options)

    def create(self, photo=None, headers=None, **fields):
        data = {"name": "김하늘", "phone": "010-1234-5678", "mbti": "enfp", "consent": "true", **fields}
        data["photo"] = SimpleUploadedFile("photo.jpg", jpeg() if photo is None else photo)
        data = {name: value for name, value in data.items() if value is not None}
        return self.client.post("/api/v1/resumes/", data, headers={**self.headers, **(headers or {})})

    def resume(self, **fields):
        answer = self.create(**fields)
        assert answer.status_code == 201, answer.content
        return answer.json()


@pytest.fixture
def person(companies, settings):
    settings.API_THROTTLE_ANON = None
    settings.API_THROTTLE_USER = None
    settings.DAILY_RESUMES_PER_PERSON = None
    return Person()


@pytest.fixture
def other(person):
    return Person()
