"""The processes that `./run` starts."""

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
# The same numbers as in resume_site/settings/operations.py, which cannot be imported before set-up.
LETTER_THREADS = 16
THREADS_WHERE_PROVIDERS_WAIT = 32
"""Photo steps at once when providers compute."""
OLDEST_REDIS = (6, 2)
"""The oldest version that Celery's Redis transport supports."""


@dataclass(frozen=True)
class World:
    services: list[Service]
    state: State
    """The content of state.json without the pids."""


def embedded(checkout: Checkout, *, flower: bool, photos: bool, double: bool = False) -> World:
    """The services that `./run` starts. `flower`: false for `./run resume`. `photos`: false when models are missing.

    With `double`, the providers are those of AWS, and a double of AWS on loopback answers for them.
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
        # One process uses all cores. More would share the cores and load the models again.
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
    """The limit of the settings: one for on-device models, which use all cores, more when providers compute."""
    backend = os.environ.get("AI_BACKEND") or "local"
    backends = {os.environ.get(f"{step}_BACKEND") or backend for step in ("FACE", "MASK", "OUTPAINT")}
    waited_for = double or backends == {"aws"}
    return int(os.environ.get("PHOTO_WORKERS_AT_ONCE") or (THREADS_WHERE_PROVIDERS_WAIT if waited_for else 1))


def _double(checkout: Checkout, shared: Mapping[str, str], port: int) -> Service:
    command = [str(checkout.python), "-m", "aws_double", "--port", str(port), "--observed"]
    ping = f"http://127.0.0.1:{port}/_double/ping"
    return Service("double", command, shared, ready_url=ping, stop_group=2, first=True)


def _double_environment(checkout: Checkout, port: int) -> dict[str, str]:
    """Environment variables with which our processes call the double instead of AWS, read from `aws_double`."""
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
    # Nothing is stored on disk: the rows are authoritative. Eviction would lose Celery's bindings.
    command += ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
    return Service(
        "redis", command, environment(checkout), ready_output=b"Ready to accept connections", stop_group=2, first=True
    )


def _redis_server(checkout: Checkout) -> str:
    """The path of the system's redis-server if it is recent enough, else of the one in the virtual environment."""
    if system := shutil.which("redis-server"):
        said = subprocess.run([system, "--version"], capture_output=True, text=True).stdout
        version = re.search(r"v=(\d+)\.(\d+)", said)
        if version and (int(version[1]), int(version[2])) >= OLDEST_REDIS:
            return system
    return str(checkout.venv / "bin" / "redis-server")


def _web(checkout: Checkout, shared: Mapping[str, str], port: int) -> Service:
    # No proxy is in front, so --proxy-headers is not set: a forged X-Forwarded-For is ignored.
    command = [str(checkout.python), "-m", "resume_site.serve", "--host", "127.0.0.1", "--port", str(port)]
    # Shorter than the time after which the supervisor kills.
    command += ["--stop-seconds", "2"]
    return Service("web", command, shared, ready_url=f"http://127.0.0.1:{port}/healthz")


def _workers(
    checkout: Checkout, shared: Mapping[str, str], prefix: str, name: str, *, queues: str, threads: int
) -> Iterator[Service]:
    """PHOTO_WORKER_PROCESSES or LETTER_WORKER_PROCESSES workers, one by default. They share the threads evenly."""
    processes = int(os.environ.get(f"{prefix}_WORKER_PROCESSES") or 1)
    for number in range(1, processes + 1):
        numbered = f"{name}-{number}" if processes > 1 else name
        yield _worker(checkout, shared, numbered, queues=queues, threads=math.ceil(threads / processes))


def _worker(checkout: Checkout, shared: Mapping[str, str], name: str, *, queues: str, threads: int) -> Service:
    command = [str(checkout.python), "-m", "celery", "-A", "resume_site", "worker", "-n", f"{name}@%h", "-Q", queues]
    command += ["-P", "threads", "-c", str(threads), "-l", shared.get("LOG_LEVEL") or "INFO"]
    command += ["-E", "--without-mingle", "--without-gossip"]
    # SIGTERM is Celery's warm shutdown: running tasks may end. Soft and cold shutdown fail with a thread pool.
    return Service(name, command, shared, ready_output=b" ready.", stop_group=0)


def _flower(checkout: Checkout, shared: Mapping[str, str], port: int) -> Service:
    command = [str(checkout.python), "-m", "celery", "-A", "resume_site", "flower"]
    command += ["--address=127.0.0.1", f"--port={port}"]
    # In the environment, because every user of the machine can read command lines.
    password = {"FLOWER_BASIC_AUTH": f"{FLOWER_USER}:{checkout.secret('flower_password')}"}
    return Service("flower", command, {**shared, **password}, ready_url=f"http://127.0.0.1:{port}/healthcheck")


def free_port(wanted: int, besides: int | None = None) -> int:
    """The first free port from `wanted` on that is not `besides`; any free port for 0. Raises OSError."""
    for port in range(wanted, min(wanted + 1000, 65536)):
        if port == besides:
            continue
        with socket.socket() as listener:
            # As the servers do: a port with connections that are still closing counts as free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    raise OSError(f"no free port from {wanted} on")
