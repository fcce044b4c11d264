"""Requests whose text was made to hold whoever reads it are answered like any other."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from letters import checks
from letters import services as letters
from letters.models import Letter
from letters.tests.test_hostile_text import within
from resumes.tests.test_api import ask, finish_letter, problem

PROCESSOR_SECONDS = 2.0
"""For a request that takes some tens of milliseconds."""
MARKS = "\u0300" * 60_000 + "\u0316" * 60_000
"""240 kB, in the order that takes longest to sort."""


@pytest.mark.django_db
@pytest.mark.parametrize("text", [f"카카오{'이고' * 200}힣", f"카카오{'이고' * 2400}힣", f"[{' ' * 4990}x"])
def test_an_edit_is_answered_at_once(person, text: str):
    # Given a finished letter
    resume = person.resume()
    ask(person, resume)
    finish_letter(resume)
    # When an item becomes a text that can be read in very many ways
    with within(PROCESSOR_SECONDS):
        answer = person.request("patch", f"resumes/{resume['id']}/letter/sections/2/", {"text": text})
    # Then it is saved and checked like any other
    assert answer.status_code == 200
    assert answer.json()["letter"]["sections"][1]["text"] == text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", f"가{MARKS}"),
        ("phone", f"010-1234-5678{MARKS}"),
        ("mbti", f"ENFP{MARKS}"),
        ("facts", json.dumps({"job": f"가{MARKS}"})),
        ("facts", json.dumps({"strengths": [f"가{MARKS}"]})),
    ],
)
def test_marks_without_end_are_refused_or_dropped_at_once(person, field: str, value: str):
    # When a field holds more combining marks than any language has
    with within(PROCESSOR_SECONDS):
        answer = person.create(**{field: value})
    # Then it is read as ever: the marks are dropped, or the field is named
    assert answer.status_code in (201, 400)
    if answer.status_code == 400:
        assert [error["field"] for error in problem(answer, 400, "invalid")["errors"]] == [field]


@pytest.mark.django_db
def test_facts_have_a_limit_together(person):
    # Given facts of 8,000 characters together
    experience = {"title": "다" * 2000, "action": "라" * 1000}
    most = {"job": "가" * 3000, "strengths": ["나" * 2000], "experiences": [experience]}
    # Then they are taken, and one more is too many
    assert person.create(facts=json.dumps(most)).status_code == 201
    body = problem(person.create(facts=json.dumps({**most, "weakness": "마"})), 400, "invalid")
    assert [(error["field"], error["code"]) for error in body["errors"]] == [("facts", "too_long")]


@pytest.mark.django_db(transaction=True)
def test_an_edit_is_checked_outside_of_the_transaction_and_loses_nothing(person, monkeypatch):
    # Given a finished letter, and checks in which another edit is saved
    resume = person.resume()
    ask(person, resume)
    finish_letter(resume)
    path = f"resumes/{resume['id']}/letter/sections"
    checked, locked = checks.check, []

    def another_edit_meanwhile(text, number, brief):
        locked.append(connection.in_atomic_block)
        if text == "둘째 글" and len(locked) < 5:
            assert person.request("patch", f"{path}/3/", {"text": "셋째 글"}).status_code == 200
        return checked(text, number, brief)

    monkeypatch.setattr(letters, "check", another_edit_meanwhile)
    # When an item is edited
    answer = person.request("patch", f"{path}/2/", {"text": "둘째 글"})
    # Then both edits stand in the newest version
    texts = [section["text"] for section in answer.json()["letter"]["sections"]]
    assert texts == ["1번 글입니다.", "둘째 글", "셋째 글", "4번 글입니다."]
    assert Letter.objects.filter(document=resume["id"]).count() == 3
    # And no check was made while a row was locked
    assert not any(locked)
