from __future__ import annotations

import re

import pytest

from photos.decoding import STATUS
from photos.refusals import SENTENCES, sentence

CHAIN_CODES = {
    "no_face",
    "multiple_faces",
    "face_too_small",
    "not_frontal",
    "head_cut_off",
    "too_dark",
    "filtered",
    "face_covered",
    "blurred",
    "not_a_photo",
}


def test_every_code_of_the_api_has_a_sentence():
    # Given the codes that intake answers with and those that the chain leaves behind
    # Then each has a sentence and no sentence is left over
    assert set(SENTENCES) == CHAIN_CODES | set(STATUS)


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_each_sentence_is_in_its_language_and_says_what_to_do(code: str):
    korean, english = sentence(code, "ko"), sentence(code, "en")

    assert re.search(r"[가-힣]", korean)
    assert re.search(r"주세요\.$", korean)
    assert not re.search(r"[가-힣]", english)
    assert "lease" in english


def test_another_language_reads_korean():
    assert sentence("no_face", "fr") == sentence("no_face", "ko")


def test_a_code_that_is_no_refusal_has_no_sentence():
    with pytest.raises(KeyError):
        sentence("throttled", "ko")
