"""A real OpenSearch node for the tests: a Java process on 127.0.0.1, assembled by Maven from published artifacts.

The first run fetches some 60 MB, which stay in `.run/opensearch-node`; later runs need Maven no more. A start takes
about ten seconds.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from launcher.tether import tether

HERE = Path(__file__).resolve().parent
BUILDS = HERE.parent.parent / ".run" / "opensearch-node"
RUNNER = "org.codelibs.opensearch.runner.OpenSearchRunner"
MODULES = "org.opensearch.analysis.common.CommonAnalysisPlugin,org.opensearch.transport.Netty4Plugin"
BUILD_SECONDS = 300
START_SECONDS = 120
CONFIGURATION = """\
network.host: 127.0.0.1
transport.port: 0
discovery.type: single-node
# As a managed domain should have it: a typing error in a name must not make an index.
action.auto_create_index: false
cluster.routing.allocation.disk.threshold_enabled: false
node.processors: 1
"""


class Unavailable(Exception):
    """There is no node on this machine; the message says what is missing."""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The node's address while it runs, with data and logs in an empty folder. Raises Unavailable."""
    process = subprocess.Popen(
        _command(_build(), folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=tether()
    )
    too_late = threading.Timer(START_SECONDS, process.kill)
    too_late.start()
    assert process.stdout
    with process.stdout as said, (folder / "node.log").open("w") as log:
        try:
            address = _address(said)
            too_late.cancel()
            # What it says is read on, or it would stop at a full pipe.
            reader = threading.Thread(target=shutil.copyfileobj, args=(said, log))
            reader.start()
            yield address
            process.kill()
            reader.join()
        finally:
            too_late.cancel()
            process.kill()
            process.wait()


def _command(build: Path, folder: Path) -> list[str]:
    configuration = folder / "configuration"
    configuration.mkdir()
    (configuration / "opensearch.yml").write_text(CONFIGURATION)
    return [
        *(_program("java"), "-Xms256m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
        *("-cp", f"{build}/classes:{build}/dependency/*", RUNNER),
        *("-basePath", str(folder), "-confPath", str(configuration), "-numOfNode", "1"),
        *("-moduleTypes", MODULES, "-pluginTypes", "resume.NoriPlugin", "-printOnFailure"),
    ]


def _address(said: IO[str]) -> str:
    """Read until the node has started. The runner looks for a free port from 9201 on."""
    lines: list[str] = []
    port = ""
    for line in said:
        lines.append(line)
        published = re.search(r"HttpServerTransport.*publish_address \{127\.0\.0\.1:(\d+)\}", line)
        if published:
            port = published[1]
        elif port and line.rstrip().endswith("] started"):
            return f"http://127.0.0.1:{port}"
    raise RuntimeError("the OpenSearch node did not start:\n" + "".join(lines[-20:]))


def _build() -> Path:
    """The folder with `classes` and `dependency`, made by Maven unless it is there."""
    sources = sorted([HERE / "pom.xml", *HERE.rglob("*.java")])
    fingerprint = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    build = BUILDS / fingerprint
    BUILDS.mkdir(parents=True, exist_ok=True)
    with (BUILDS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not build.exists():
            _make(build)
    return build


def _make(build: Path) -> None:
    with tempfile.TemporaryDirectory(dir=BUILDS) as folder:
        goals = ["compile", "dependency:copy-dependencies"]
        command = ["nice", _program("mvn"), "-B", "-q", "-f", str(HERE / "pom.xml"), f"-Dfolder={folder}", *goals]
        try:
            maven = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"Maven took more than {BUILD_SECONDS} s") from error
        if maven.returncode:
            reasons = [line for line in maven.stdout.splitlines() if line.startswith("[ERROR]")]
            raise Unavailable(f"Maven cannot assemble the node: {' '.join(reasons[:1])}")
        shutil.copytree(folder, build)


def _program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        raise Unavailable(f"{name} is not on the PATH")
    return found
