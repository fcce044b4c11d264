"""What holds for text on every database, and what `./test --mysql` says where it cannot run."""

from __future__ import annotations

import os
import unicodedata

import pytest

from companies.models import Keyword
from launcher import mariadb
from launcher.setup import SetUpImpossible


@pytest.mark.django_db
def test_two_texts_are_equal_only_if_they_are_the_same():
    # Given words that some collations take for one another
    words = ["AI", "ai", "é", "e", "가", "각", "ㄱ", "ᄀ", "１", "1", "🍣", "🍺"]
    # When all are stored in a column whose values are unique, Then all are there, and each is found by itself alone
    Keyword.objects.bulk_create(Keyword(ko=word, en=word) for word in words)
    for word in words:
        assert [found.ko for found in Keyword.objects.filter(ko=word)] == [word]


@pytest.mark.django_db
def test_korean_sorts_as_in_a_dictionary():
    words = ["가", "가나", "각", "갂", "갃", "개", "거", "까", "나", "도전", "열정", "힣"]
    Keyword.objects.bulk_create(Keyword(ko=word, en=word) for word in reversed(words))
    assert list(Keyword.objects.order_by("ko").values_list("ko", flat=True)) == words


@pytest.mark.django_db
def test_any_character_of_unicode_comes_back():
    text = unicodedata.normalize("NFD", "한글") + "한글🧑🏽‍💼𠮷\u200b "
    assert Keyword.objects.get(pk=Keyword.objects.create(ko="글", en=text).pk).en == text


def test_without_the_packages_and_without_root_one_line_says_what_is_missing(monkeypatch):
    # Given a machine without MariaDB, used by somebody who cannot install it
    monkeypatch.setattr(mariadb, "_program", lambda name: None)
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    # When asked for, Then one line names what to install
    with pytest.raises(SetUpImpossible, match="mariadb-server-core") as said:
        mariadb.ensure_installed()
    assert "\n" not in str(said.value)
