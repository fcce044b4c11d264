"""The page's scripts that the browser is told of before it has read the first."""

from __future__ import annotations

import re
from pathlib import Path

from api.events import EventName
from resumes import pages

SCRIPTS = Path(pages.__file__).parent / "static"


def imported(name: str, known: frozenset[str] = frozenset()) -> frozenset[str]:
    """Every module that a script imports at once, directly or through another one."""
    source = (SCRIPTS / name).read_text()
    for module in re.findall(r'^import [^;]*?from "\./(\w+\.js)";', source, re.MULTILINE):
        if (file := f"resumes/{module}") not in known:
            known = imported(file, known | {file})
    return known


def test_the_browser_is_told_of_each_script_that_the_first_one_needs():
    assert len(imported("resumes/main.js")) > 10
    assert set(pages.MODULES) == imported("resumes/main.js")


def test_the_page_listens_to_each_event_that_is_sent():
    # Given the names that the page's stream listens to
    source = (SCRIPTS / "resumes" / "stream.js").read_text()
    names = re.findall(r'"([a-z.]+)"', source.partition("const NAMES = [")[2].partition("]")[0])
    # Then they are those of the API; `refresh` never leaves the server
    assert set(names) == {*EventName} - {EventName.REFRESH}
