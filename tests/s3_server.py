"""A real S3 server on loopback (SeaweedFS): it verifies signatures and their expiry, as AWS does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx

from launcher.services import free_port
from launcher.tether import tether

PROGRAM = Path(sys.executable).with_name("weed")
ACCESS_KEY = "AKIDTESTS"
SECRET_KEY = "not-a-secret"
START_SECONDS = 60.0
GRPC = 10_000
"""SeaweedFS listens for its own parts at each port plus this."""


@dataclass(frozen=True)
class Bucket:
    name: str
    environment: dict[str, str]
    """What makes boto3, and so our processes, take the server for S3."""

    def keys(self) -> list[str]:
        return sorted(each.key for each in self._bucket().objects.all())

    def make(self) -> None:
        self._bucket().create()

    def empty(self) -> None:
        self._bucket().objects.all().delete()

    def _bucket(self):
        session = boto3.session.Session(ACCESS_KEY, SECRET_KEY, region_name="us-east-1")
        return session.resource("s3", endpoint_url=self.environment["AWS_ENDPOINT_URL_S3"]).Bucket(self.name)


@contextmanager
def running(folder: Path) -> Iterator[Bucket]:
    """The server with one empty bucket, everything on 127.0.0.1 and in `folder`."""
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    keys = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    who = folder / "s3.json"
    who.write_text(json.dumps({"identities": [{"name": "tests", "credentials": keys, "actions": actions}]}))
    ports = _ports()
    command = [str(PROGRAM), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3"]
    command += [f"-{name}.port={port}" for name, port in ports.items()]
    command += [f"-{name}.localSocket={folder / name}.sock" for name in ("s3", "filer")]
    command += [f"-s3.config={who}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.preStopSeconds=0"]
    command += ["-master.telemetry=false", "-master.volumeSizeLimitMB=64"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=tether())
    url = f"http://127.0.0.1:{ports['s3']}"
    environment = {
        "AWS_ENDPOINT_URL_S3": url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    try:
        _await(server, url, folder)
        bucket = Bucket("resumes", environment)
        bucket.make()
        yield bucket
    finally:
        # What it holds is thrown away; asked politely, it takes its time.
        server.kill()
        server.wait()
        for left in Path("/tmp").glob("seaweedfs-*.sock"):
            if any(str(port + GRPC) in left.name for port in ports.values()):
                left.unlink(missing_ok=True)


def _ports() -> dict[str, int]:
    ports: dict[str, int] = {}
    start = 11_000 + os.getpid() % 10_000
    for name in ("master", "volume", "filer", "s3"):
        # Below 32768, so that nobody is given the port, nor the one 10,000 above, by chance.
        port = start = free_port(start)
        while free_port(port + GRPC) != port + GRPC:
            port = start = free_port(start + 1)
        ports[name] = port
        start += 1
    return ports


def _await(server: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            httpx.get(url, timeout=2)
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError(f"the S3 server does not start: {(folder / 'log').read_text()[-2000:]}")
