"""docker-compose.yml and .env.example, as far as they can be read without an engine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from launcher.checkout import Checkout
from launcher.services import embedded
from tests.test_docs import names_of_settings

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]
OURS = [name for name, service in SERVICES.items() if service.get("image") == "ai-resume"]
ITS_OWN = {"RUN_DIR", "WEIGHTS_DIR", "WEB_PORT", "FLOWER_PORT"}
"""Fixed by the image, or by what the services publish."""


def test_every_setting_reaches_every_service_of_ours():
    # Given every environment variable that the settings read
    names = names_of_settings() - ITS_OWN
    # When compared, Then each service of ours is handed all of them
    assert OURS == ["prepared", "web", "photos", "letters", "flower"]
    for name in OURS:
        assert names - SERVICES[name]["environment"].keys() == set(), name


def test_the_example_names_every_variable():
    example = set(re.findall(r"^(?:# )?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    interpolated = set(re.findall(r"\$\{([A-Z0-9_]+)", COMPOSE))
    handed_on = {name for name, value in SERVICES["web"]["environment"].items() if value is None}
    assert (interpolated | handed_on) - example == set()


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "prepared"])
def test_every_service_is_watched_and_keeps_to_this_machine(name: str):
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    # A tag that names a version: the same file starts the same stack next year.
    assert service["image"] == "ai-resume" or re.search(r":\d", service["image"])


def test_the_image_serves_by_the_command_of_run(tmp_path: Path):
    # Given the image's own command, which the web service runs, and what `./run` starts
    image = json.loads(re.findall(r"^CMD (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[-1])
    launched = embedded(Checkout(tmp_path), flower=False, photos=False).services
    web = next(service.command for service in launched if service.name == "web")
    # When compared, Then one module serves in both, which sets the limits and deadlines of requests
    assert "command" not in SERVICES["web"]
    assert list(web[1:3]) == image[1:3] == ["-m", "resume_site.serve"]
