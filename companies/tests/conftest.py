from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from companies import search, seeding
from companies.search import opensearch as opensearch_search
from tests.opensearch_node import Unavailable, running

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture(autouse=True)
def _unlimited(settings: Any) -> None:
    """The tests of a minute ask more than anybody."""
    settings.API_THROTTLE_ANON = None
    settings.API_THROTTLE_USER = None


@pytest.fixture
def catalogue(db: None) -> None:
    """The shipped companies, types and keywords."""
    seeding.seed()


@pytest.fixture
def release(tmp_path: Path) -> Callable[..., Path]:
    """A copy of the seed files as another release would ship them: `release(version, edit)`.

    `edit` gets both files as one dictionary, by name.
    """

    def make(version: int, edit: Edit = lambda files: None) -> Path:
        files = {name: json.loads((seeding.FOLDER / name).read_text(encoding="utf-8")) for name in seeding.FILES}
        for content in files.values():
            content["version"] = version
        edit(files)
        folder = tmp_path / f"release-{version}"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return folder

    return make


@pytest.fixture(scope="session")
def opensearch_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real node, shared by the session's tests."""
    try:
        with running(tmp_path_factory.mktemp("opensearch")) as url:
            yield url
    except Unavailable as reason:
        pytest.skip(f"no OpenSearch node: {reason}")


@pytest.fixture
def opensearch(opensearch_node: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The settings of a service that searches that node, under a prefix of the test's own."""
    # A machine that is busy with other tests is no outage.
    monkeypatch.setattr(opensearch_search, "SEARCH_SECONDS", 60)
    settings.OPENSEARCH_URL = opensearch_node
    settings.OPENSEARCH_INDEX_PREFIX = f"test-{uuid4().hex}"
    settings.COMPANY_SEARCH = "companies.search.opensearch.OpenSearchSearch"
    search._load.cache_clear()
    yield settings
    search._load.cache_clear()
