"""What a hostile or slow client may take of a web process: real sockets against the process that `./run` starts."""

from __future__ import annotations

import http.client
import io
import json
import os
import random
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import httpx
import pytest
from PIL import Image

from launcher.services import embedded
from launcher.setup import environment
from launcher.supervisor import Service
from tests.applicant import PORTRAIT, Applicant
from tests.database import own_database
from tests.stack import PREPARE, ROOT, OwnFolder

pytestmark = pytest.mark.processes

MEGABYTE = 1024 * 1024
HALF_OPEN = 200


@dataclass
class Web:
    """The web process alone, by the command of `./run`, with a run directory and a temporary folder of its own."""

    service: Service
    run: Path
    temporary: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return str(self.service.ready_url).removesuffix("/healthz")

    def connect(self, receive_buffer: int = 0) -> socket.socket:
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(20)
        client.connect(("127.0.0.1", httpx.URL(self.url).port or 0))
        return client

    def start(self) -> None:
        self.process = _started(self.service, self.temporary)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def spooled(self) -> list[str]:
        """Files with content that the process holds open, deleted ones too, or that lie in its temporary folder."""
        own = [entry.name for entry in self.temporary.iterdir()]
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            try:
                target = str(entry.readlink())
                if target.startswith(str(self.temporary)) and entry.stat().st_size:
                    own.append(target)
            except FileNotFoundError:
                continue
        return own

    def written_bytes(self) -> int:
        """What the process has ever given to files and sockets (/proc/PID/io, wchar)."""
        lines = Path(f"/proc/{self.process.pid}/io").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("wchar")))

    def peak_bytes(self) -> int:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return 1024 * int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))


def _started(service: Service, temporary: Path) -> subprocess.Popen[bytes]:
    settings = {"TMPDIR": str(temporary), "DJANGO_SETTINGS_MODULE": "tests.short_deadlines"}
    process = subprocess.Popen(
        service.command, cwd=ROOT, env={**service.environment, **settings}, start_new_session=True
    )
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(str(service.ready_url), timeout=1).status_code == 200:
                return process
        except httpx.HTTPError:
            select.select([], [], [], 0.05)
    raise AssertionError("the web process does not answer")


@contextmanager
def running(folder: Path) -> Iterator[Web]:
    for name in ("run", "temporary"):
        (folder / name).mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in ("RUN_DIR", "DATABASE_URL")}
    limits = {"API_THROTTLE_ANON": "none", "API_THROTTLE_USER": "none", "DAILY_RESUMES_PER_PERSON": "none"}
    with own_database(folder) as database:
        own = {"RUN_DIR": str(folder / "run"), "DATABASE_URL": database.url, "WEB_PORT": "29000", **limits}
        with mock.patch.dict(os.environ, {**kept, **own}, clear=True):
            checkout = OwnFolder(root=ROOT, folder=folder / "run")
            command = [str(checkout.python), "-c", PREPARE]
            subprocess.run(command, cwd=ROOT, env=environment(checkout), check=True, stdout=subprocess.DEVNULL)
            service = next(
                each for each in embedded(checkout, flower=False, photos=False).services if each.name == "web"
            )
        temporary = folder / "temporary"
        web = Web(service, folder / "run", temporary, _started(service, temporary))
        try:
            yield web
        finally:
            web.process.terminate()
            web.process.wait(20)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running(tmp_path_factory.mktemp("web")) as running_web:
        yield running_web


@pytest.fixture
def applicant(web: Web) -> Applicant:
    return Applicant(web.url)


def answer(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the one answer. Status 0 where the connection ended without one."""
    response = http.client.HTTPResponse(client)
    try:
        response.begin()
        body = response.read()
    except (ConnectionResetError, http.client.BadStatusLine):
        return 0, {}, b""
    return response.status, {name.lower(): value for name, value in response.getheaders()}, body


def rest(client: socket.socket) -> bytes:
    """What still comes until the connection ends."""
    received = b""
    try:
        while data := client.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received


def ended_within(clients: list[socket.socket], seconds: float) -> int:
    """How many of the connections the server has closed by then."""
    until = time.monotonic() + seconds
    watched = select.poll()
    open_ones = {client.fileno(): client for client in clients}
    for number in open_ones:
        watched.register(number, select.POLLIN)
    while open_ones and (left := until - time.monotonic()) > 0:
        for number, _ in watched.poll(left * 1000):
            try:
                data = open_ones[number].recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                watched.unregister(number)
                del open_ones[number]
    return len(clients) - len(open_ones)


def request(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def send_until_refused(client: socket.socket, pieces: Callable[[], Iterator[bytes]]) -> int:
    """How many bytes could be sent before the answer came or the connection broke."""
    sent = 0
    for piece in pieces():
        if select.select([client], [], [], 0)[0]:
            break
        try:
            client.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            break
        sent += len(piece)
    return sent


def chunks(size: int) -> Callable[[], Iterator[bytes]]:
    piece = f"{MEGABYTE:x}\r\n".encode() + bytes(MEGABYTE) + b"\r\n"
    return lambda: (piece for _ in range(size // MEGABYTE))


def plain(size: int) -> Callable[[], Iterator[bytes]]:
    return lambda: (bytes(MEGABYTE) for _ in range(size // MEGABYTE))


@pytest.mark.parametrize("shape", ["announced", "chunked", "announced, 100-continue"])
def test_300_megabytes_to_healthz_are_refused_before_they_are_read(web: Web, shape: str):
    # Given a client that wants to send 300 MB where nothing is expected
    size = 300 * MEGABYTE
    length = "Transfer-Encoding: chunked" if shape == "chunked" else f"Content-Length: {size}"
    expecting = ["Expect: 100-continue"] if "100" in shape else []
    before = web.written_bytes()
    with web.connect() as client:
        client.sendall(request("POST", "/healthz", length, "Accept-Language: en", *expecting))
        # When it sends until it is refused
        pieces = plain(0) if expecting else chunks(size) if shape == "chunked" else plain(size)
        sent = send_until_refused(client, pieces)
        status, headers, body = answer(client)
    # Then it is told at once, in its language, and nothing was written anywhere
    assert (status, headers["content-type"], headers["connection"]) == (413, "application/problem+json", "close")
    assert json.loads(body)["code"] == "too_large"
    assert json.loads(body)["title"] == "Too large"
    assert sent < 30 * MEGABYTE
    assert web.written_bytes() - before < MEGABYTE
    assert web.spooled() == []


def send_all(client: socket.socket, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        client.sendall(piece)


def test_a_refused_body_is_not_read_for_ever(web: Web):
    # Given a refused client that goes on sending, without a look at the answer
    with web.connect() as client:
        client.sendall(request("POST", "/healthz", f"Content-Length: {10**12}"))
        begun = time.monotonic()
        # When it sends as fast as it can
        endless = (bytes(MEGABYTE) for _ in range(10**6) if time.monotonic() - begun < 10)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            send_all(client, endless)
        # Then the connection ends soon
        assert time.monotonic() - begun < 4


HALVES = [
    b"",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
    request("POST", "/healthz", "Content-Length: 1000") + b"begun",
    request("POST", "/api/v1/auth/guest/", "Transfer-Encoding: chunked") + b"3e8\r\nbegun",
]
"""Nothing, half of the headers, of a body, of a chunk."""


def test_half_open_requests_hold_nobody_up_and_end(web: Web):
    # Given 200 clients that begin a request, each kind of half, and never finish it
    with ExitStack() as stack:
        clients = [stack.enter_context(web.connect()) for _ in range(HALF_OPEN)]
        for number, client in enumerate(clients):
            client.sendall(HALVES[number % len(HALVES)])
        # When others ask
        begun = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: httpx.get(f"{web.url}/healthz", timeout=5).status_code, range(24)))
        # Then they are served without waiting, and the 200 are closed by their deadline
        assert answers == [200] * 24
        assert time.monotonic() - begun < 3
        assert ended_within(clients, 8) == HALF_OPEN


def test_a_trickle_does_not_count_as_sending(web: Web):
    # Given clients that send a byte now and then, in the headers and in the body
    heads, body = (
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        request("POST", "/healthz", "Content-Length: 1000"),
    )
    with web.connect() as slow_head, web.connect() as slow_body:
        slow_head.sendall(heads)
        slow_body.sendall(body)
        # When they go on like this
        until = time.monotonic() + 8
        open_ones = {slow_head, slow_body}
        while open_ones and time.monotonic() < until:
            answered = select.select(list(open_ones), [], [], 0.1)[0]
            open_ones -= set(answered)
            for client in open_ones:
                client.sendall(b"x")
        # Then both are told that they were too slow
        assert [answer(client)[0] for client in (slow_head, slow_body)] == [408, 408]


def test_too_many_connections_end_those_that_ask_for_nothing(web: Web, applicant: Applicant):
    # Given a reader of an event stream, and more silent connections than a process may have
    resume = applicant.create(PORTRAIT)
    with ExitStack() as stack:
        reader = stack.enter_context(web.connect())
        reader.sendall(
            request("GET", f"/api/v1/resumes/{resume['id']}/events/", f"Authorization: Token {applicant.token}")
        )
        assert reader.recv(65536).startswith(b"HTTP/1.1 200")
        silent = [stack.enter_context(web.connect()) for _ in range(420)]
        # When another asks for something
        served = httpx.get(f"{web.url}/healthz", timeout=5).status_code
        # Then it is served, those that were silent for longest are closed, and the reader stays
        assert served == 200
        assert [answer(client)[0] for client in silent[:20]] == [503] * 20
        assert ended_within([reader], 0.2) == 0


def test_clients_that_leave_at_their_deadline_harm_nobody(web: Web):
    # Given many half-open requests
    with ExitStack() as stack:
        clients = [stack.enter_context(web.connect()) for _ in range(300)]
        for client in clients:
            client.sendall(b"GET /")
        # When all close their connections while the server, one after the other, is refusing them
        assert select.select(clients, [], [], 8)[0]
        for client in reversed(clients):
            client.close()
    # Then others are served
    assert httpx.get(f"{web.url}/healthz", timeout=5).status_code == 200


def test_too_many_bodies_at_once_are_told_to_come_again(web: Web):
    # Given as many bodies as a process reads at once
    head = request("POST", "/healthz", "Content-Length: 1000", "Accept-Language: en")
    with ExitStack() as stack:
        clients = [stack.enter_context(web.connect()) for _ in range(260)]
        for client in clients:
            client.sendall(head)
        # When one more comes, Then it is refused at once, with the time to wait
        refused = [answer(client) for client in clients[250:]]
        assert {(status, headers["retry-after"]) for status, headers, _ in refused} == {(503, "5")}
        assert {json.loads(body)["code"] for _, _, body in refused} == {"unavailable"}
        # And who sends no body is served
        assert httpx.get(f"{web.url}/healthz", timeout=5).status_code == 200


def test_a_client_that_does_not_read_is_cut_off(web: Web):
    # Given a client that asks for a large file, several times over, and reads nothing
    path = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
    assert len(httpx.get(web.url + path, headers={"Accept-Encoding": "identity"}).content) > MEGABYTE
    with web.connect(receive_buffer=4096) as client:
        client.sendall(request("GET", path) * 8)
        # When it waits, Then the connection is reset
        poll = select.poll()
        poll.register(client, select.POLLERR | select.POLLHUP)
        assert poll.poll(8000)


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (request("POST", "/healthz", "Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n", {400}),
        (request("POST", "/healthz", "Content-Length: 5", "Content-Length: 6") + b"hello", {400}),
        (request("POST", "/healthz", "Content-Length: -5"), {400}),
        (request("POST", "/healthz", f"Content-Length: {'9' * 30}"), {400}),
        (request("POST", "/healthz", f"Content-Length: {'9' * 18}"), {413}),
        (request("POST", "/healthz", "Transfer-Encoding: gzip, chunked"), {400}),
        (request("POST", "/healthz", "Transfer-Encoding: chunked") + b"zz\r\n", {400}),
        (request("GET", "/healthz", *(f"X-{n}: 1" for n in range(100_000))), {400, 431}),
        (request("GET", "/healthz", *(f"X-{n}: 1" for n in range(5_000))), {400, 431}),
        (request("GET", "/healthz", "X-Long: " + "a" * 200_000), {400, 431}),
        (request("GET", "/healthz?" + "a" * 200_000), {400, 414}),
        (request("GET", "/healthz?" + "a" * 9_000), {414}),
        (request("GET", "/api/v1/resumes/1/events/", "Content-Length: 5") + b"hello", {413}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
    ],
    ids=[
        "two lengths", "lengths that differ", "negative", "no number", "huge", "unknown coding", "broken chunk",
        "100,000 headers", "5,000 headers", "long header", "very long address", "long address", "body for a stream",
        "TLS",
    ],
)  # fmt: skip
def test_shapes_that_are_refused(web: Web, sent: bytes, statuses: set[int]):
    # Given a request of a shape that servers read differently, or that is out of all proportion
    with web.connect() as client:
        begun = time.monotonic()
        with ExitStack() as stack:
            sender = threading.Thread(target=_send, args=(client, sent + request("GET", "/healthz")))
            sender.start()
            stack.callback(sender.join)
            # When it is sent with another behind it
            status, _, _ = answer(client)
        # Then it is refused, soon, and the connection ends without an answer to the second
        assert status in statuses
        assert time.monotonic() - begun < 2
        assert rest(client) == b""


def _send(client: socket.socket, data: bytes) -> None:
    try:
        client.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        return


def form(photo: bytes) -> tuple[bytes, str]:
    fields = {"name": "김하늘", "phone": "010-1234-5678", "mbti": "ENFP", "consent": "true"}
    built = httpx.Request("POST", "http://127.0.0.1/", data=fields, files={"photo": ("photo.jpg", photo)})
    return built.read(), built.headers["Content-Type"]


def test_a_photo_of_more_than_21_megabytes_is_refused_as_a_photo(web: Web, applicant: Applicant):
    # Given a person with a file of 40 MB
    headers = [f"Authorization: Token {applicant.token}", "Accept-Language: en", f"Content-Length: {40 * MEGABYTE}"]
    for method, path in (("POST", "/api/v1/resumes/"), ("PUT", "/api/v1/resumes/1/photo/")):
        with web.connect() as client:
            # When they send it
            client.sendall(request(method, path, *headers))
            status, _, body = answer(client)
        # Then the photo is what is wrong, in words for a photo
        assert (status, json.loads(body)["code"]) == (413, "too_large")
        assert [error["field"] for error in json.loads(body)["errors"]] == ["photo"]
        assert "20 MB" in json.loads(body)["detail"]


def test_a_strangers_photo_is_refused_before_it_is_read(web: Web):
    with web.connect() as client:
        client.sendall(request("POST", "/api/v1/resumes/", f"Content-Length: {20 * MEGABYTE}"))
        status, _, body = answer(client)
    assert (status, json.loads(body)["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_photo_of_almost_20_megabytes_is_taken(web: Web, applicant: Applicant, chunked: bool):
    # Given the largest photo that is allowed, sent with its length, or in chunks as programs do that do not know it
    photo = PORTRAIT.read_bytes()
    body, content_type = form(photo + bytes(20 * MEGABYTE - len(photo)))
    content = iter([body[:MEGABYTE], body[MEGABYTE:]]) if chunked else body
    # When sent, Then a résumé is made of it, and nothing is left on the disk
    made = applicant.http.post("/api/v1/resumes/", content=content, headers={"Content-Type": content_type})
    assert made.status_code == 201, made.text
    assert web.spooled() == []


def test_uploads_wait_for_room_and_small_requests_do_not(web: Web, applicant: Applicant):
    # Given people who together send more than a process may hold, each almost to the end
    body, content_type = form(PORTRAIT.read_bytes() + bytes(19 * MEGABYTE))
    headers = request(
        "POST",
        "/api/v1/resumes/",
        f"Authorization: Token {applicant.token}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
    )
    with ExitStack() as stack:
        clients = [stack.enter_context(web.connect()) for _ in range(16)]
        pool = stack.enter_context(ThreadPoolExecutor(len(clients)))
        sends = [pool.submit(_send, client, headers + body[:-1000]) for client in clients]
        # When another asks for something small meanwhile
        guest = httpx.post(f"{web.url}/api/v1/auth/guest/", timeout=5)
        statuses = [answer(client)[0] for client in clients]
        for send in sends:
            send.result()
    # Then that is served; of the uploads some find no room and may come again, the others were too slow
    assert guest.status_code == 201
    assert set(statuses) == {503, 408}
    # And the room is free again
    assert applicant.create(PORTRAIT)["photo"]["state"] == "queued"
    assert web.peak_bytes() < 500 * MEGABYTE


def test_nothing_of_an_upload_stays_when_the_process_is_killed(web: Web, applicant: Applicant):
    # Given photos that are large and take a while to decode, under way without a pause
    noise = Image.frombytes("RGB", (2400, 1600), random.Random(9).randbytes(2400 * 1600 * 3))
    file = io.BytesIO()
    noise.save(file, "JPEG", quality=95)
    body, content_type = form(file.getvalue())
    assert len(body) > 4 * MEGABYTE
    answered = threading.Event()

    def send_again_and_again() -> None:
        with httpx.Client(base_url=web.url, headers=applicant.http.headers, timeout=20) as http:
            while True:
                try:
                    http.post("/api/v1/resumes/", content=body, headers={"Content-Type": content_type})
                except httpx.HTTPError:
                    return
                answered.set()

    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(send_again_and_again)
        # When the process is killed in the middle of it
        assert answered.wait(20)
        os.kill(web.process.pid, signal.SIGKILL)
    web.process.wait()
    web.start()
    # Then nothing that the person sent lies in the system's temporary folder, nor beside what is kept
    assert list(web.temporary.iterdir()) == []
    kept = {path.name for path in web.run.rglob("*") if path.is_file() and path.stat().st_size > 4 * MEGABYTE}
    assert not any(name.endswith((".upload", ".tmp", ".part")) for name in kept)
