"""A running stack of real processes for the tests that cross apps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from photos.weights import missing
from tests.applicant import Applicant
from tests.stack import Stack, unlimited

SILENCE = 4
"""Seconds after which a worker that does not report is believed to be gone."""


@pytest.fixture(scope="module")
def running_stack(weights: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web, photo worker, letter worker, Redis; shared by a file's tests, which leave it as they found it.

    A letter takes six seconds: time to kill somebody in the middle of it. A frozen worker is found out in four.
    """
    settings = {"OFFLINE_WRITER_CHARACTERS_PER_SECOND": "600", "WORKER_SILENCE_SECONDS": str(SILENCE)}
    with unlimited(tmp_path_factory.mktemp("stack"), **settings) as stack:
        yield stack


@pytest.fixture(scope="session")
def weights() -> None:
    if missing(settings.WEIGHTS_DIR):
        pytest.skip("model weights are missing: run ./run once")


@pytest.fixture
def applicant(running_stack: Stack) -> Applicant:
    return Applicant(running_stack.web)
