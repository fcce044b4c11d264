"""The processes of the embedded world."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from launcher.checkout import ADMIN_USER, Checkout, State
from launcher.setup import environment
from launcher.supervisor import Service

FLOWER_USER = "operator"
# Settings cannot be imported before set-up; resume_site/settings/operations.py has the same numbers.
LETTER_THREADS = 16
THREADS_WHERE_PROVIDERS_WAIT = 32
"""Photo steps at once when other machines compute."""
OLDEST_REDIS = (6, 2)
"""What Celery's Redis transport asks for."""


@dataclass(frozen=True)
class World:
    services: list[Service]
    state: State
    """state.json without the pids."""


def embedded(checkout: Checkout, *, flower: bool, photos: bool, double: bool = False) -> World:
    """What `./run` starts: without `flower` for one résumé only, without `photos` where the models are missing.

    With `double`, providers are AWS's, and a double of AWS on loopback answers for them.
    """
    web_port = free_port(int(os.environ.get("WEB_PORT") or 8000))
    flower_port = free_port(int(os.environ.get("FLOWER_PORT") or 5555), besides=web_port)
    own_redis = not os.environ.get("REDIS_URL")
    redis_port = free_port(0) if own_redis else 0
    shared = {
        **environment(checkout),
        "WEB_PORT": str(web_port),
        "FLOWER_PORT": str(flower_port),
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0" if own_redis else os.environ["REDIS_URL"],
    }
    services = [_redis(checkout, redis_port)] if own_redis else []
    threads = _photo_threads(double)
    if double:
        port = free_port(0)
        services.append(_double(checkout, shared, port))
        shared |= {**_double_environment(checkout, port), "PHOTO_WORKERS_AT_ONCE": str(threads)}
    services.append(_web(checkout, shared, web_port))
    if photos:
        # One process computes, on all cores; more would only share them (and hold the models twice).
        services += _workers(checkout, shared, "PHOTO", "photos", queues="photos", threads=threads)
    letter_threads = int(os.environ.get("LETTER_WORKERS_AT_ONCE") or LETTER_THREADS)
    services += _workers(checkout, shared, "LETTER", "letters", queues="letters,default", threads=letter_threads)
    if flower:
        services.append(_flower(checkout, shared, flower_port))
    return World(
        services,
        {
            "web": f"http://127.0.0.1:{web_port}",
            "flower": f"http://127.0.0.1:{flower_port}" if flower else None,
            "flower_user": FLOWER_USER,
            "flower_password": checkout.secret("flower_password"),
            "admin_user": ADMIN_USER,
            "admin_password": checkout.secret("admin_password"),
        },
    )


def _photo_threads(double: bool) -> int:
    """As many as settings let run at once: on-device models compute one picture at a time, providers are waited for."""
    backend = os.environ.get("AI_BACKEND") or "local"
    backends = {os.environ.get(f"{step}_BACKEND") or backend for step in ("FACE", "MASK", "OUTPAINT")}
    waited_for = double or backends == {"aws"}
    return int(os.environ.get("PHOTO_WORKERS_AT_ONCE") or (THREADS_WHERE_PROVIDERS_WAIT if waited_for else 1))


def _double(checkout: Checkout, shared: Mapping[str, str], port: int) -> Service:
    command = [str(checkout.python), "-m", "aws_double", "--port", str(port), "--observed"]
    ping = f"http://127.0.0.1:{port}/_double/ping"
    return Service("double", command, shared, ready_url=ping, stop_group=2, first=True)


def _double_environment(checkout: Checkout, port: int) -> dict[str, str]:
    """What makes our processes take the double for AWS; it says so itself."""
    question = (
        "import json, sys; from aws_double.signing import environment as said;"
        "sys.stdout.write(json.dumps(said(sys.argv[1])))"
    )
    command = [str(checkout.python), "-c", question, f"http://127.0.0.1:{port}"]
    said = subprocess.run(command, cwd=checkout.root, env=environment(checkout), capture_output=True, check=True)
    answer: dict[str, str] = json.loads(said.stdout)
    return {**answer, "AI_BACKEND": "aws"}


def _redis(checkout: Checkout, port: int) -> Service:
    folder = checkout.run_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    command = [_redis_server(checkout), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    # Nothing is kept on disk: the rows are the truth. Evicting would lose Celery's bindings.
    command += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
    return Service(
        "redis", command, environment(checkout), ready_output=b"Ready to accept connections", stop_group=2, first=True
    )


def _redis_server(checkout: Checkout) -> str:
    """The system's, where it is recent enough, else the one that came with the packages."""
    if system := shutil.which("redis-server"):
        said = subprocess.run([system, "--version"], capture_output=True, text=True).stdout
        version = re.search(r"v=(\d+)\.(\d+)", said)
        if version and (int(version[1]), int(version[2])) >= OLDEST_REDIS:
            return system
    return str(checkout.venv / "bin" / "redis-server")


def _web(checkout: Checkout, shared: Mapping[str, str], port: int) -> Service:
    # Nothing stands in front here: without --proxy-headers no made-up X-Forwarded-For becomes the client's address.
    command = [str(checkout.python), "-m", "resume_site.serve", "--host", "127.0.0.1", "--port", str(port)]
    # Less than the supervisor waits before it kills.
    command += ["--stop-seconds", "2"]
    return Service("web", command, shared, ready_url=f"http://127.0.0.1:{port}/healthz")


def _workers(
    checkout: Checkout, shared: Mapping[str, str], craft: str, name: str, *, queues: str, threads: int
) -> Iterator[Service]:
    """PHOTO_WORKER_PROCESSES or LETTER_WORKER_PROCESSES of them, one by default, which share the threads."""
    processes = int(os.environ.get(f"{craft}_WORKER_PROCESSES") or 1)
    for number in range(1, processes + 1):
        numbered = f"{name}-{number}" if processes > 1 else name
        yield _worker(checkout, shared, numbered, queues=queues, threads=math.ceil(threads / processes))


def _worker(checkout: Checkout, shared: Mapping[str, str], name: str, *, queues: str, threads: int) -> Service:
    command = [str(checkout.python), "-m", "celery", "-A", "resume_site", "worker", "-n", f"{name}@%h", "-Q", queues]
    command += ["-P", "threads", "-c", str(threads), "-l", shared.get("LOG_LEVEL") or "INFO"]
    command += ["-E", "--without-mingle", "--without-gossip"]
    # SIGTERM is Celery's warm shutdown: what runs may end. Its soft and cold ones fail with a pool of threads.
    return Service(name, command, shared, ready_output=b" ready.", stop_group=0)


def _flower(checkout: Checkout, shared: Mapping[str, str], port: int) -> Service:
    command = [str(checkout.python), "-m", "celery", "-A", "resume_site", "flower"]
    command += ["--address=127.0.0.1", f"--port={port}"]
    # By environment: everybody on the machine can read a command line.
    password = {"FLOWER_BASIC_AUTH": f"{FLOWER_USER}:{checkout.secret('flower_password')}"}
    return Service("flower", command, {**shared, **password}, ready_url=f"http://127.0.0.1:{port}/healthcheck")


def free_port(wanted: int, besides: int | None = None) -> int:
    """`wanted`, or the next one that nobody listens on and that is not `besides`; any free one for 0."""
    for port in range(wanted, min(wanted + 1000, 65536)):
        if port == besides:
            continue
        with socket.socket() as listener:
            # As the servers do: a port whose last connections are still closing is free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    raise OSError(f"no free port from {wanted} on")
