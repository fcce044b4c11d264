"""What the README promises can be looked up, and what can be set is in the README."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_setting_is_in_the_readme():
    # Given every environment variable that the settings read
    source = (ROOT / "resume_site" / "settings.py").read_text()
    names = set(re.findall(r'(?:env\.\w+|_choice|_at_least|_rate|_provider)\(\s*"([A-Z_]+)"', source))
    assert {"DATABASE_URL", "AI_BACKEND", "MASK_SCOPE", "WEB_PORT"} <= names
    # When looked up, Then each is in the table
    documented = set(re.findall(r"`([A-Z_]+)`", (ROOT / "README.md").read_text()))
    assert names - documented == set()


def test_links_in_the_documents_lead_somewhere():
    for document in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_no_address_of_a_registry_is_recorded():
    tracked = subprocess.run(
        ["git", "ls-files", "requirements*", "*.toml", "*.yml"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in tracked.stdout.split():
        lines = [line for line in (ROOT / name).read_text().splitlines() if not line.lstrip().startswith("#")]
        assert not [line for line in lines if "://" in line and "index" in line], name
