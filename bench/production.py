"""One résumé through the production stack without containers: each service of docker-compose.yml by its own command.

    .venv/bin/python -m bench.production

MariaDB stands for MySQL, SeaweedFS is the S3 server, OpenSearch is a node from published artifacts, Redis is Redis,
and the double of AWS answers for Rekognition, SageMaker and Bedrock. Commands are taken from the compose file word for
word, but for hosts (127.0.0.1) and ports. Ends with 0 when the résumé is done and all was stored where it belongs.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import MySQLdb
import yaml

from aws_double import signing
from bench.processes import ROOT, logged
from launcher import mariadb
from launcher.services import free_port
from tests import opensearch_node, s3_server
from tests.applicant import Applicant
from tests.database import own_database

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
BIN = Path(sys.executable).parent
READY = {"photos": "worker ready.", "letters": "worker ready.", "web": "startup complete", "flower": "Connected to"}
LONGEST_SECONDS = 240


def main() -> int:
    begun = time.monotonic()
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="production-") as path:
        folder = Path(path)
        environment = stack.enter_context(_services(folder))
        _say(begun, "MariaDB, Redis, SeaweedFS, OpenSearch and the double are up")
        _run_as_composed("prepared", environment)
        _say(begun, "prepared: tables, companies, index, bucket")
        commands = {name: _command(name, environment) for name in ("web", "photos", "letters", "flower")}
        for name in commands:
            stack.enter_context(logged({name: commands[name]}, environment, folder, READY[name]))
        _say(begun, "web, photos, letters, flower: ready")
        found = _resume(environment)
        _say(begun, "one résumé: done")
        for line in [*found, *_stored(environment)]:
            _say(begun, line)
    return 0


def _say(begun: float, line: str) -> None:
    sys.stdout.write(f"{time.monotonic() - begun:6.1f} s  {line}\n")
    sys.stdout.flush()


@contextmanager
def _services(folder: Path) -> Iterator[dict[str, str]]:
    """What the compose file takes from images, by packages; yields the environment that its `x-app` sets."""
    for part in ("s3", "opensearch", "redis", "run"):
        (folder / part).mkdir()
    with ExitStack() as stack:
        # One account for the bucket and for the models, as at AWS.
        stack.enter_context(mock.patch.object(s3_server, "ACCESS_KEY", signing.ACCESS_KEY))
        stack.enter_context(mock.patch.object(s3_server, "SECRET_KEY", signing.SECRET_KEY))
        bucket = stack.enter_context(s3_server.running(folder / "s3"))
        stack.enter_context(mock.patch.dict(os.environ, DATABASE_URL=stack.enter_context(mariadb.running())))
        database = stack.enter_context(own_database(folder))
        opensearch = stack.enter_context(opensearch_node.running(folder / "opensearch"))
        redis_port = free_port(0)
        server, *composed = COMPOSE["redis"]["command"]
        composed = [
            shutil.which(server) or str(BIN / server),
            *composed,
            "--port",
            str(redis_port),
            "--bind",
            "127.0.0.1",
        ]
        redis = {"redis": [*composed, "--dir", str(folder / "redis")]}
        stack.enter_context(logged(redis, os.environ, folder, "Ready to accept connections"))
        double = stack.enter_context(_double(folder))
        yield {
            **os.environ,
            **signing.environment(double),
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "RUN_DIR": str(folder / "run"),
            "WEIGHTS_DIR": str(ROOT / ".run" / "weights"),
            "DATABASE_URL": database.url,
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
            "OPENSEARCH_URL": opensearch,
            "AWS_ENDPOINT_URL_S3": bucket.environment["AWS_ENDPOINT_URL_S3"],
            "AWS_STORAGE_BUCKET_NAME": bucket.name,
            "DJANGO_SECRET_KEY": secrets.token_hex(32),
            "FLOWER_BASIC_AUTH": "operator:secret",
            "AI_BACKEND": "aws",
            "PHOTO_WORKERS_AT_ONCE": "16",
            "LETTER_WORKERS_AT_ONCE": "16",
            "LOG_LEVEL": "INFO",
            "WEB_PORT": str(free_port(0)),
            "FLOWER_PORT": str(free_port(0)),
        }


@contextmanager
def _double(folder: Path) -> Iterator[str]:
    port = free_port(0)
    command = [sys.executable, "-m", "aws_double", "--port", str(port)]
    with logged({"double": command}, os.environ, folder, "AWS_ENDPOINT_URL="):
        yield f"http://127.0.0.1:{port}"


def _command(name: str, environment: Mapping[str, str]) -> list[str]:
    """The service's own words; what the image runs by default stands in the Dockerfile."""
    words = COMPOSE[name].get("command") or json.loads(
        re.findall(r"^CMD (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[-1]
    )
    filled = [re.sub(r"\$\{(\w+):-[^}]*\}", lambda found: environment[found[1]], word) for word in words]
    ours = {"0.0.0.0": "127.0.0.1", "--address=0.0.0.0": "--address=127.0.0.1"}
    ports = {"8000": environment["WEB_PORT"], "--port=5555": f"--port={environment['FLOWER_PORT']}"}
    return [{**ours, **ports}.get(word, word) for word in filled]


def _run_as_composed(name: str, environment: Mapping[str, str]) -> None:
    subprocess.run(COMPOSE[name]["command"], cwd=ROOT, env=dict(environment), check=True, stdout=subprocess.DEVNULL)


def _resume(environment: Mapping[str, str]) -> list[str]:
    applicant = Applicant(f"http://127.0.0.1:{environment['WEB_PORT']}")
    resume = applicant.create(ROOT / "examples" / "portrait.jpg")
    with applicant.watch(resume["id"]) as reader:
        company = resume["recommendations"][0]["company"]["slug"]
        applicant.ask_letter(resume["id"], company).raise_for_status()
        reader.wait_for(lambda r: r.has("done"), LONGEST_SECONDS)
        shown = applicant.get(resume["id"])
        texts = [section["text"] for section in shown["letter"]["sections"]]
        assert reader.letter_texts(shown["letter"]["version"]) == texts, "the reader's text is not the stored text"
    picture = applicant.http.get(shown["photo"]["candidates"][0]["url"])
    assert picture.status_code == 302, picture.status_code
    with urllib.request.urlopen(picture.headers["Location"], timeout=10) as answer:
        assert answer.headers["Content-Type"] == "image/jpeg"
    pdf = applicant.http.get(shown["pdf_url"]).raise_for_status()
    assert pdf.content.startswith(b"%PDF")
    with urllib.request.urlopen(f"http://127.0.0.1:{environment['FLOWER_PORT']}/healthcheck", timeout=10) as answer:
        assert answer.status == 200
    return [
        f"company {company}, items of {', '.join(str(len(text)) for text in texts)} characters, equal to the stream",
        f"portrait by 302 to a signed address, PDF of {len(pdf.content)} bytes, Flower healthy",
    ]


def _stored(environment: Mapping[str, str]) -> list[str]:
    address = re.fullmatch(r"mysql://(.+?):(.+?)@(.+?):(\d+)/(\w+)", environment["DATABASE_URL"])
    assert address
    user, password, host, port, name = address.groups()
    with MySQLdb.connect(host=host, port=int(port), user=user, password=password, database=name) as connection:
        cursor = connection.cursor()
        cursor.execute(
            "SELECT kind, provider, outcome, calls FROM workers_attempt a JOIN workers_step s ON s.id=step_id"
        )
        attempts: list[tuple[Any, ...]] = list(cursor.fetchall())
    with urllib.request.urlopen(f"{environment['OPENSEARCH_URL']}/_cat/aliases?format=json", timeout=10) as answer:
        aliases = [each["alias"] for each in json.load(answer) if each["alias"].startswith("ai-resume")]
    with urllib.request.urlopen(f"{environment['AWS_ENDPOINT_URL']}/_double/record", timeout=10) as answer:
        calls = [call["operation"] for call in json.load(answer)]
    assert {outcome for _, _, outcome, _ in attempts} == {"done"}, attempts
    return [
        "MariaDB: " + ", ".join(f"{kind} by {provider} in {number} calls" for kind, provider, _, number in attempts),
        f"OpenSearch: alias {', '.join(aliases)}",
        "double: " + ", ".join(f"{calls.count(each)} × {each}" for each in sorted(set(calls))),
    ]


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
