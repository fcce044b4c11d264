"""The engine has never heard of what it is used for: no code of workers/ names a photo, a letter, a company or AWS.

Imports alone do not show it: an engine that must be edited for every new craft can do so by a name or a text.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parent.parent / "workers"
FOREIGN = {
    *("photo", "photos", "portrait", "portraits", "face", "faces", "mask", "masks", "candidate", "candidates"),
    *("letter", "letters", "company", "companies", "resume", "resumes"),
    *("aws", "boto", "boto3", "botocore", "bedrock", "rekognition", "sagemaker", "s3"),
}
FOREIGN_IN_KOREAN = ("사진", "편지", "자기소개서", "회사", "기업", "이력서")


def foreign_in_code(source: str) -> list[str]:
    """Identifiers and strings of a module that name what the engine does not know. Docstrings may explain by example.

    As `line: word`.
    """
    tree = ast.parse(source)
    explanations = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) in explanations:
            continue
        for text in _texts(node):
            found += [f"{getattr(node, 'lineno', '?')}: {word}" for word in _foreign(text)]
    return found


def _texts(node: ast.AST) -> Iterator[str]:
    """Every name and string that stands in the node itself."""
    for _, value in ast.iter_fields(node):
        yield from (text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str))


def _foreign(text: str) -> list[str]:
    words = {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*", text)}
    return sorted(words & FOREIGN) + [word for word in FOREIGN_IN_KOREAN if word in text]


def test_the_engine_names_nothing_of_what_it_is_used_for():
    # Given all code of the engine; migrations tell what was, tests give examples
    modules = [path for path in ENGINE.rglob("*.py") if not {"migrations", "tests"} & set(path.parts)]
    others = [path for kind in ("lua", "html") for path in ENGINE.rglob(f"*.{kind}")]
    assert len(modules) > 30
    assert len(others) > 3
    # When it is read
    found = {str(path.relative_to(ENGINE)): foreign_in_code(path.read_text()) for path in modules}
    found |= {str(path.relative_to(ENGINE)): _foreign(path.read_text()) for path in others}
    # Then it knows no word of the floors above
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    "source",
    [
        "PHOTOS = 1",
        "class LetterQueue: ...",
        "def of_company(): ...",
        "def f(*, maskFile): ...",
        "from photos import services",
        "import aws.prices",
        "step.portrait = 1",
        "plan(queue='letters')",
        "kind == f'photos.{name}'",
        "label = '첫 사진'",
        "client('bedrock-runtime')",
        "global S3_bucket",
    ],
)
def test_a_foreign_name_is_seen(source: str):
    assert foreign_in_code(source)


@pytest.mark.parametrize(
    "source", ["'''Photos, letters.'''", "LIMIT = 1\n'''Of a letter.'''", "surface = 'newsletter'"]
)
def test_an_explanation_or_another_word_is_not(source: str):
    assert foreign_in_code(source) == []
