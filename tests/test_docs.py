"""What the README promises can be looked up, and what can be set is in the README."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

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
        ["git", "ls-files", "requirements*", "*.toml", "*.yml"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in tracked.stdout.split():
        lines = [line for line in (ROOT / name).read_text().splitlines() if not line.lstrip().startswith("#")]
        assert not [line for line in lines if "://" in line and "index" in line], name
