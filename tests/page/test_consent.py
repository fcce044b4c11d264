"""What the person agrees to is what the installation does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from resumes import disclosure

AWS = {"FACE_BACKEND": "aws", "MASK_BACKEND": "aws", "OUTPAINT_BACKEND": "aws", "LETTER_BACKEND": "aws"}
LOCAL = dict.fromkeys(AWS, "local")


@pytest.fixture
def world(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Everything here, no bucket; what is set on it holds for the test."""
    for name, value in {**LOCAL, "AWS_STORAGE_BUCKET_NAME": "", "BEDROCK_REGION": "us-west-2"}.items():
        setattr(settings, name, value)
    settings.BEDROCK_IMAGE_MODEL_ID = "us.stability.stable-image-inpaint-v1:0"
    settings.BEDROCK_TEXT_MODEL_ID = "global.anthropic.claude-sonnet-5"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
    disclosure._own_region.cache_clear()
    yield settings
    disclosure._own_region.cache_clear()


@pytest.mark.django_db
def test_the_embedded_world_sends_nothing_and_says_so(world: Any) -> None:
    # Given the embedded world
    # When the page is read
    page = Client().get("/").content.decode()
    # Then it promises that nothing leaves, and how long pictures are kept
    assert str(disclosure.HERE_ONLY) in page
    assert "AWS" not in page
    assert f"{world.PHOTO_RETENTION_DAYS}일 뒤에" in page
    # And consent is one tick
    assert page.count('name="consent"') == 1


@pytest.mark.django_db
def test_the_aws_world_says_who_gets_the_face_and_where(world: Any) -> None:
    # Given the AWS world with its default models, called from Seoul
    for name, value in AWS.items():
        setattr(world, name, value)
    # When the page is read
    page = Client().get("/").content.decode()
    photo, letter = disclosure.sentences()
    # Then the face goes to AWS in Korea and the United States, the story to a model somewhere in the world
    assert photo in page
    assert letter in page
    assert "Amazon Web Services" in photo
    assert "한국, 미국" in photo
    assert "세계 여러 나라" in letter
    assert str(disclosure.HERE_ONLY) not in page


@pytest.mark.parametrize(
    ("changes", "photo", "letter"),
    [
        ({"LETTER_BACKEND": "aws"}, "이 서비스의 컴퓨터 안에서만", "AWS의 글쓰기 모델"),
        ({"OUTPAINT_BACKEND": "aws"}, "처리하는 곳: 미국.", "이 서비스의 컴퓨터 안에서만"),
        ({"FACE_BACKEND": "aws"}, "처리하는 곳: 한국.", "이 서비스의 컴퓨터 안에서만"),
        (
            {"OUTPAINT_BACKEND": "aws", "BEDROCK_IMAGE_MODEL_ID": "amazon.titan-image-generator-v2:0"},
            "처리하는 곳: 미국.",
            "이 서비스의 컴퓨터 안에서만",
        ),
    ],
)
def test_half_a_world_says_which_half(world: Any, changes: dict[str, str], photo: str, letter: str) -> None:
    # Given one part with AWS and the others here
    for name, value in changes.items():
        setattr(world, name, value)
    # When the sentences are read
    about_photo, about_letter = disclosure.sentences()
    # Then each part is said to be where it is
    assert photo in about_photo
    assert letter in about_letter


def test_a_region_that_is_not_known_is_not_said_to_be_korea(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a region that the page has no name for
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    world.FACE_BACKEND = "aws"
    # When the sentence is read, Then it warns of another country
    assert "한국이 아닌 나라" in disclosure.sentences()[0]


def test_a_bucket_is_told_even_where_everything_is_computed_here(world: Any) -> None:
    # Given pictures in a bucket
    world.AWS_STORAGE_BUCKET_NAME = "pictures"
    # When the sentences are read, Then the store is among them and nobody claims that nothing leaves
    said = disclosure.sentences()
    assert str(disclosure.KEPT_ELSEWHERE) in said
    assert str(disclosure.HERE_ONLY) not in said
