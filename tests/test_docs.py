"""What the README promises can be looked up, and what can be set is in the README."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def names_of_settings() -> set[str]:
    """Every environment variable that the settings read."""
    modules = sorted((ROOT / "resume_site" / "settings").glob("*.py"))
    source = "\n".join(module.read_text() for module in modules)
    return set(re.findall(r'(?:env\.\w+|choice|at_least|rate|_quota)\(\s*"([A-Z_]+)"', source))


def test_every_setting_is_in_the_readme():
    # Given every environment variable that the settings read
    names = names_of_settings()
    assert {"DATABASE_URL", "AI_BACKEND", "MASK_SCOPE", "WEB_PORT", "QUOTA_SAM_CONCURRENCY"} <= names
    # When looked up, Then each is in the table
    documented = set(re.findall(r"`([A-Z_]+)`", (ROOT / "README.md").read_text()))
    assert names - documented == set()


def test_links_in_the_documents_lead_somewhere():
    tracked = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in tracked.stdout.split():
        for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text()):
            assert (ROOT / name).parent.joinpath(target).exists(), f"{name}: {target}"


def test_no_address_of_a_registry_is_recorded():
    tracked = subprocess.run(
        ["git", "ls-files", "requirements*", "*.toml", "*.yml", "*.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in tracked.stdout.split():
        lines = [line for line in (ROOT / name).read_text().splitlines() if not line.lstrip().startswith("#")]
        assert not [line for line in lines if "://" in line and "index" in line], name


NAMED = re.compile(r"`([\w./-]+\.(?:py|js|css|toml|in|md|yaml|po)|[\w-][\w./-]*/)(?::([\w.]+))?`")
"""A file or a folder of this repository in a document, and a name in the file."""


def defined(file: Path) -> set[str]:
    """Names that a module defines: `name`, and `Class.name` in a class."""
    text = file.read_text()
    if file.suffix == ".js":
        return set(re.findall(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", text, re.MULTILINE))
    return set(_defined(ast.parse(text)))


def _defined(tree: ast.Module | ast.ClassDef, before: str = "") -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{before}{node.name}"
        if isinstance(node, ast.ClassDef):
            yield from _defined(node, f"{before}{node.name}.")
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (f"{before}{target.id}" for target in targets if isinstance(target, ast.Name))


def lost(text: str) -> list[str]:
    """What a document names and the code does not have."""
    return [
        f"{path}:{name}"
        for path, name in NAMED.findall(text)
        if not (ROOT / path).exists() or (name and name not in defined(ROOT / path))
    ]


@pytest.mark.parametrize("document", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_and_name_in_a_guide_is_there(document: str):
    text = (ROOT / document).read_text()
    assert len(NAMED.findall(text)) > 25
    assert lost(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "`workers/nowhere.py`",
        "`workers/errors.py:Exhausted`",
        "`workers/engine/claims.py:Claim.vanish`",
        "`resumes/static/resumes/state.js:before`",
        "`nowhere/`",
    ],
)
def test_a_name_that_is_not_there_is_seen(text: str):
    assert lost(text)


def test_a_walk_has_at_most_six_stops_and_each_names_code():
    # Given the walks of the architecture page
    _, *walks = (ROOT / "docs" / "architecture.md").read_text().partition("## Four walks")[2].split("\n### ")
    assert [walk.partition("\n")[0] for walk in walks] == ["A photo", "A letter", "A retry", "An event"]
    for walk in walks:
        stops = re.findall(r"^\d\. (.*)", walk, re.MULTILINE)
        # Then each is short, and begins every stop with a file and a name in it
        assert 3 <= len(stops) <= 6, walk
        for stop in stops:
            found = NAMED.match(stop)
            assert found, stop
            assert found[2], stop
