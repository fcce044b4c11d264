"""A running stack of real processes for the tests that cross apps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from photos.weights import missing
from tests.applicant import Applicant
from tests.stack import Stack, running


@pytest.fixture(scope="session")
def running_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web, photo worker, letter worker, Redis; shared by the session's tests, which leave it as they found it."""
    if missing(settings.WEIGHTS_DIR):
        pytest.skip("model weights are missing: run ./run once")
    with _stack(tmp_path_factory) as stack:
        yield stack


def _stack(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("stack")
    return running(
        folder,
        OFFLINE_WRITER_CHARACTERS_PER_SECOND="600",
        API_THROTTLE_ANON="none",
        API_THROTTLE_USER="none",
        DAILY_RESUMES_PER_PERSON="none",
    )


@pytest.fixture
def applicant(running_stack: Stack) -> Applicant:
    return Applicant(running_stack.web)
