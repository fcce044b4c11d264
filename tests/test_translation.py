"""Every Korean sentence has its English one, and the compiled catalogues are those of the sources."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "companies", "photos", "letters", "resumes", "resume_site", "workers")
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parent.parent.name)
def test_the_compiled_catalogue_is_that_of_its_source(catalogue):
    source = {entry.msgid: entry.msgstr for entry in polib.pofile(str(catalogue)) if entry.msgstr}
    compiled = {entry.msgid: entry.msgstr for entry in polib.mofile(str(catalogue.with_suffix(".mo")))}
    assert compiled == source


def test_every_marked_sentence_is_translated():
    # Given every sentence that the code and the templates mark for translation
    marked = {sentence for app in APPS for path in (ROOT / app).rglob("*.py") for sentence in _in_code(path)}
    marked |= {sentence for app in APPS for path in (ROOT / app).rglob("*.html") for sentence in _in_template(path)}
    # When looked up, Then each has an English one
    english = {entry.msgid for entry in polib.pofile(str(ROOT / "locale/en/LC_MESSAGES/django.po")) if entry.msgstr}
    assert sorted(marked - english) == []


def _in_code(path: Path) -> set[str]:
    calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id in ("_", "gettext", "gettext_lazy")
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def _in_template(path: Path) -> set[str]:
    """By Django's own reading of the template, which turns each tag into the call that it stands for."""
    string = r"""u('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
    calls = templatize(path.read_text())
    plain = re.findall(rf"\bn?gettext\({string}", calls)
    with_context = re.findall(rf"\bn?pgettext\({string}, {string}", calls)
    return {ast.literal_eval(sentence) for sentence in (*plain, *(sentence for _, sentence in with_context))}
