from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from companies import seeding

Edit = Callable[[dict[str, Any]], None]


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
