"""A pytest plugin: how `./test` deals the tests out to its processes (pytest-xdist), and which begin.

Files stay whole, and so does a folder that shares a stack: what a module or a session starts is started once. Where
most tests wait for real processes it begins: that takes longest, and others compute meanwhile.
"""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from launcher.tether import tether_this_process

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

WAITING = ("processes", "browser")
"""Markers of tests that spend most of their time waiting for other processes."""
TOGETHER = PurePosixPath("tests/page")
"""A folder whose tests share a browser and a stack."""


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        # Else it would outlive a first process that was killed, and its servers with it.
        tether_this_process()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    waiting = Counter(_whole(item.nodeid) for item in items if any(map(item.get_closest_marker, WAITING)))
    items.sort(key=lambda item: -waiting[_whole(item.nodeid)])


def _whole(nodeid: str) -> str:
    """The file or folder that one process runs."""
    file = PurePosixPath(nodeid.partition("::")[0])
    return str(TOGETHER if file.is_relative_to(TOGETHER) else file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    from xdist.scheduler import LoadFileScheduling

    class WholeFolders(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return _whole(nodeid)

    return WholeFolders(config, log)
