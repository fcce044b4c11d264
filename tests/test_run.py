"""`./run`: what it refuses before it starts anything, how it supervises, how its client hears a résumé."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from launcher import resume as command
from launcher.checkout import Checkout
from launcher.client import Api
from launcher.resume import parse
from launcher.services import embedded, free_port
from launcher.setup import Stage, reach
from launcher.story import Story

ROOT = Path(__file__).resolve().parent.parent

STAND_IN = "import signal; print('up and ready.', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + STAND_IN
HOPELESS = "raise SystemExit('the reason')"

SUPERVISOR = """
import os, sys
from pathlib import Path
from typing import Any
from launcher import supervisor
from launcher.checkout import Checkout
from launcher.serve import supervise
from launcher.services import World
from launcher.terminal import result

folder, while_used, *programs = sys.argv[1:]
supervisor.STOP_SECONDS = (0.3, 0.3, 0.3)
environment = dict(os.environ)
services = [
    supervisor.Service(f"number{n}", [sys.executable, "-c", program], environment, b"ready.", stop_group=n % 3)
    for n, program in enumerate(programs)
]
checkout = Checkout(Path(folder))
world = World(services, {"web": "http://127.0.0.1:1"})
try:
    with checkout.supervising(wait=False):
        supervise(checkout, world, lambda state: result("all ready"), while_used=bool(while_used))
except supervisor.StartFailed as error:
    sys.exit(f"start failed: {error}")
"""


class Supervised:
    """A supervisor in a process of its own; what it says is read line by line, so nothing has to be slept for."""

    def __init__(self, folder: Path, *programs: str, while_used: bool = False) -> None:
        self.checkout = Checkout(folder)
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(folder), "yes" if while_used else "", *programs],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def hears(self, words: str) -> str:
        assert self.process.stdout
        for line in self.process.stdout:
            if words in line:
                return line
        raise AssertionError(f"the supervisor ended without saying {words!r}")

    def pids(self) -> dict[str, int]:
        state = self.checkout.read_state()
        assert state
        pids: dict[str, int] = state["pids"]
        return pids


@pytest.fixture
def start(tmp_path):
    started = []

    def begin(*programs: str, while_used: bool = False) -> Supervised:
        started.append(Supervised(tmp_path, *programs, while_used=while_used))
        return started[-1]

    yield begin
    for supervised in started:
        supervised.process.kill()
        supervised.process.wait()
        if supervised.process.stdout:
            supervised.process.stdout.close()


@contextmanager
def deaths(pids: dict[str, int]) -> Iterator[list[int]]:
    """Handles that become readable when their process has ended, whoever its parent is."""
    handles = [os.pidfd_open(pid) for pid in pids.values()]
    yield handles
    for handle in handles:
        os.close(handle)


def all_end(handles: list[int], seconds: float = 10) -> bool:
    return all(select.select([handle], [], [], seconds)[0] for handle in handles)


def test_a_process_that_is_killed_runs_again_and_state_json_tells_its_new_pid(start):
    # Given two processes that are ready
    supervised = start(STAND_IN, STAND_IN)
    supervised.hears("all ready")
    before = supervised.pids()
    # When one is killed
    os.kill(before["number1"], signal.SIGKILL)
    # Then the terminal says which one, and how it ended, and it runs again under a new pid; the other is untouched
    assert f"number1 (pid {before['number1']}) was killed by signal 9" in supervised.hears("number1")
    supervised.hears("number1 runs again")
    after = supervised.pids()
    assert after["number0"] == before["number0"]
    assert after["number1"] != before["number1"]


def test_state_json_is_for_its_owner_only(start):
    supervised = start(STAND_IN)
    supervised.hears("all ready")
    mode = (supervised.checkout.run_dir / "state.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize("asked_by", [signal.SIGTERM, signal.SIGINT])
def test_being_told_to_stop_ends_every_process_and_removes_state_json(start, asked_by):
    # Given three processes, one of which does not listen
    supervised = start(STAND_IN, STUBBORN, STAND_IN)
    supervised.hears("all ready")
    with deaths(supervised.pids()) as handles:
        # When the supervisor is told to stop
        supervised.process.send_signal(asked_by)
        # Then it ends well, all processes with it, and says nothing of itself any more
        assert supervised.process.wait(10) == 0
        assert all_end(handles)
    assert not (supervised.checkout.run_dir / "state.json").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's life")
def test_a_supervisor_that_is_killed_takes_its_processes_along(start):
    supervised = start(STAND_IN, STUBBORN)
    supervised.hears("all ready")
    with deaths(supervised.pids()) as handles:
        supervised.process.kill()
        supervised.process.wait()
        assert all_end(handles)
    # And what it left behind is not taken for a running service
    assert supervised.checkout.read_state() is None


def test_a_process_that_never_comes_up_is_reported_with_its_last_words(start):
    supervised = start(STAND_IN, HOPELESS)
    assert "number1" in supervised.hears("start failed")
    supervised.hears("the reason")
    assert supervised.process.wait(10) != 0
    assert not (supervised.checkout.run_dir / "state.json").exists()


def test_a_service_started_for_one_resume_lasts_until_its_last_user_has_gone(start, tmp_path):
    # Given a service that two use
    checkout = Checkout(tmp_path)
    with checkout.using():
        with checkout.using():
            supervised = start(STAND_IN, while_used=True)
            supervised.hears("all ready")
        # When one has gone, Then it still runs
        assert checkout.is_supervised()
    # When the other has gone too, Then it ends by itself
    assert supervised.process.wait(10) == 0


def test_what_a_process_says_is_kept_in_its_log(start):
    supervised = start(STAND_IN)
    supervised.hears("all ready")
    assert (supervised.checkout.logs / "number0.log").read_text().startswith("up and ready.")


@pytest.fixture
def photo(tmp_path):
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"not looked into")
    return str(file)


def wrong(capsys, *arguments: str) -> str:
    """The one line that refuses the arguments."""
    with pytest.raises(SystemExit) as ended:
        parse(list(arguments))
    assert ended.value.code == 2
    line: str = capsys.readouterr().err
    assert line.count("\n") == 1
    return line


def test_wrong_arguments_are_refused_in_one_line(capsys, photo, tmp_path):
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "deep.json").write_text('{"job": ' + "[" * 100_000)
    good = [photo, "--name", "김하늘", "--mbti", "enfp", "--out", str(tmp_path / "out")]

    assert "absent.jpg" in wrong(capsys, "absent.jpg", *good[1:])
    assert "--mbti" in wrong(capsys, *good, "--mbti", "ENFX")
    assert "--name" in wrong(capsys, *good, "--name", "  ")
    assert "--name" in wrong(capsys, *good, "--name", "가" * 41)
    assert "--name" in wrong(capsys, photo, "--mbti", "ENFP")
    assert "--language" in wrong(capsys, *good, "--language", "fr")
    assert "--facts" in wrong(capsys, *good, "--facts", str(tmp_path / "none.json"))
    assert "--facts" in wrong(capsys, *good, "--facts", str(tmp_path / "list.json"))
    assert "--facts" in wrong(capsys, *good, "--facts", str(tmp_path / "broken.json"))
    assert "--facts" in wrong(capsys, *good, "--facts", str(tmp_path / "deep.json"))
    assert "--out" in wrong(capsys, *good, "--out", photo)
    for slug in ("카카오", "kakao bank", "kakao/", ""):
        assert "--company" in wrong(capsys, *good, "--company", slug)
    for option in ("--name", "--phone", "--style"):
        assert option in wrong(capsys, *good, option, os.fsdecode(b"\xff"))
    assert "--colour" in wrong(capsys, *good, "--colour", "red")


def test_a_folder_that_nobody_may_write_to_is_refused_before_anything_is_made(capsys, photo, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    assert "--out" in wrong(capsys, photo, "--name", "김하늘", "--mbti", "ENFP", "--out", str(tmp_path))


def test_a_wish_is_sent_as_the_api_names_its_fields(photo, tmp_path):
    (tmp_path / "facts.json").write_text('{"job": "개발자"}')
    wish = parse(
        [photo, "--name", " 김하늘 ", "--mbti", "enfp", "--facts", str(tmp_path / "facts.json"), "--out", str(tmp_path)]
    )
    assert wish.fields == {
        "name": "김하늘",
        "mbti": "ENFP",
        "language": "ko",
        "consent": "true",
        "facts": '{"job": "개발자"}',
    }


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["run", "resume", "absent.jpg", "--name", "김하늘", "--mbti", "ENFP"], 2),
        (["run", "nonsense"], 2),
    ],
)
def test_the_commands_pass_their_status_on(tmp_path, command, status):
    done = subprocess.run([ROOT / command[0], *command[1:]], cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert done.returncode == status, done.stderr
    assert done.stderr.strip()
    assert not list(tmp_path.iterdir())


def test_no_password_stands_in_a_command_line(tmp_path):
    world = embedded(Checkout(tmp_path), flower=True, photos=True)
    said = " ".join(part for service in world.services for part in service.command)
    assert world.state["flower_password"] not in said
    assert world.state["admin_password"] not in said


def test_a_taken_port_gives_way_to_the_next_free_one():
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as foreign:
        taken = foreign.server_port
        assert free_port(taken) > taken


def test_a_stage_is_done_again_only_when_its_inputs_changed(tmp_path):
    inputs, done = ["one"], []
    stage = Stage("stage", "a stage", lambda: inputs, lambda: done.append(inputs[0]))
    for inputs[0] in ("one", "one", "two", "two"):
        reach(stage, tmp_path / "stamp")
    assert done == ["one", "two"]


def test_a_stage_that_failed_is_tried_again(tmp_path):
    def fail() -> None:
        raise OSError("no network")

    done = []
    for work in (fail, lambda: done.append("it")):
        try:
            reach(Stage("stage", "a stage", lambda: ["one"], work), tmp_path / "stamp")
        except OSError:
            continue
    assert done == ["it"]


def resume(text: str, state: str = "writing") -> dict[str, object]:
    return {
        "photo": {"state": "painting", "face": None, "advice": [], "candidates": [], "waiting": None},
        "letter": {
            "version": 1,
            "state": state,
            "company": {"slug": "kakao", "name": "카카오"},
            "sections": [{"number": 1, "title": "지원동기", "text": text}],
            "waiting": None,
        },
    }


def block(event: str, data: object, number: int | None = None) -> bytes:
    lines = [f"id: {number}"] if number else []
    return "\n".join([*lines, f"event: {event}", f"data: {json.dumps(data)}", "", ""]).encode()


def delta(text: str, number: int) -> bytes:
    return block("letter.delta", {"version": 1, "section": 1, "text": text}, number)


@contextmanager
def stream(*connections: bytes) -> Iterator[tuple[str, list[str | None]]]:
    """A server that sends one of these on each connection, then breaks it; with the Last-Event-IDs it was asked for."""
    asked: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Last-Event-ID"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b": hello\n\nretry: 1\n\n" + connections[len(asked) - 1])

        def log_message(self, *arguments: object) -> None:
            """Nothing to the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def api(answers: Mapping[str, tuple[int, bytes]]) -> Iterator[str]:
    """A server that gives each path its answer, and to others that there is nothing."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = answers.get(self.path, (404, b'{"code": "not_found", "detail": "Nothing."}'))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *arguments: object) -> None:
            """Nothing to the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def refusal(status: int, code: str, *fields: str) -> tuple[int, bytes]:
    errors = [{"field": field, "code": code, "detail": "No."} for field in fields]
    return status, json.dumps({"code": code, "detail": "No.", "errors": errors}).encode()


GUEST, KAKAO, RESUMES = "/api/v1/auth/guest/", "/api/v1/companies/kakao/", "/api/v1/resumes/"
MADE = {"id": "1", "recommendations": [], "events_url": "/api/v1/resumes/1/events/"}
FINISHED: dict[str, Any] = {
    "photo": {"state": "done", "face": None, "advice": [], "candidates": [], "waiting": None, "mask_url": "/mask"},
    "letter": {
        "version": 1,
        "state": "done",
        "company": {"name": "카카오"},
        "sections": [{"number": 1, "title": "지원동기", "text": "글", "problems": []}],
        "waiting": None,
    },
    "pdf_url": "/pdf",
}


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ({}, 2),
        ({KAKAO: (200, b"{}"), RESUMES: refusal(413, "too_large")}, 2),
        ({KAKAO: (200, b"{}"), RESUMES: refusal(400, "invalid", "facts")}, 2),
        ({KAKAO: (200, b"{}"), RESUMES: refusal(413, "too_large", "photo")}, 3),
        ({KAKAO: (200, b"{}"), RESUMES: (201, json.dumps(MADE).encode())}, 4),
    ],
    ids=["no such company", "too long facts", "wrong facts", "too large a photo", "deleted meanwhile"],
)
def test_the_status_tells_whose_fault_it_was(photo, tmp_path, monkeypatch, answers, status):
    with api({GUEST: (201, b'{"token": "t"}'), **answers}) as web:
        assert ended(monkeypatch, web, tmp_path, photo) == status


def test_a_file_that_cannot_be_written_is_a_failure_in_one_line(photo, tmp_path, monkeypatch, capsys):
    # Given a folder where another folder stands in the letter's place
    (tmp_path / "letter.md").mkdir()
    answers = {
        GUEST: (201, b'{"token": "t"}'),
        KAKAO: (200, b"{}"),
        RESUMES: (201, json.dumps(MADE).encode()),
        str(MADE["events_url"]): (200, block("snapshot", FINISHED, 1)),
        "/api/v1/resumes/1/": (200, json.dumps(FINISHED).encode()),
        "/api/v1/resumes/1/letter/": (202, b"{}"),
        "/mask": (200, b""),
        "/pdf": (200, b""),
    }
    # When a résumé was made, Then the command says what it could not write
    with api(answers) as web:
        assert ended(monkeypatch, web, tmp_path, photo) == 4
    assert capsys.readouterr().err.startswith("failed: --out: ")


def test_the_best_portrait_is_also_written_as_a_print(photo, tmp_path, monkeypatch):
    # Given a finished résumé with one portrait
    candidate = {"number": 1, "url": "/one", "score": 0.9, "verdict": "send", "reasons": []}
    finished = {**FINISHED, "id": "1", "photo": {**FINISHED["photo"], "candidates": [candidate]}}
    answers = {
        GUEST: (201, b'{"token": "t"}'),
        KAKAO: (200, b"{}"),
        RESUMES: (201, json.dumps(MADE).encode()),
        str(MADE["events_url"]): (200, block("snapshot", finished, 1)),
        "/api/v1/resumes/1/": (200, json.dumps(finished).encode()),
        "/api/v1/resumes/1/letter/": (202, b"{}"),
        "/one": (200, b"whole"),
        "/api/v1/resumes/1/portrait.jpg?size=3x4cm": (200, b"print"),
        "/mask": (200, b""),
        "/pdf": (200, b""),
    }
    # When it was made, Then both lie in the folder
    with api(answers) as web:
        assert ended(monkeypatch, web, tmp_path, photo) == 0
    assert (tmp_path / "portrait-1.jpg").read_bytes() == b"whole"
    assert (tmp_path / "portrait-3x4cm.jpg").read_bytes() == b"print"


def ended(monkeypatch, web: str, folder: Path, photo: str) -> int:
    """How the command ends with this server."""

    @contextmanager
    def service(_: Checkout) -> Iterator[dict[str, str]]:
        yield {"web": web}

    monkeypatch.setattr(command, "_service", service)
    monkeypatch.setattr(command, "set_up", lambda _: None)
    # pytest's own process keeps its handlers.
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    checkout = Checkout(folder / "checkout")
    arguments = [photo, "--name", "김하늘", "--mbti", "ENFP", "--company", "kakao", "--out", str(folder)]
    return command.main(checkout, arguments)


def test_a_broken_stream_goes_on_where_it_stopped_and_the_text_is_the_writers():
    # Given a stream that breaks after two deltas, once in the middle of a third, and then begins anew with a snapshot
    first = block("snapshot", resume(""), 7) + delta("가나", 8) + delta("다\n라", 9) + delta("잃음", 10)[:-9]
    again = block("letter.reset", {"version": 1, "section": 1, "reason": "throttled"}, 10) + delta("마", 11)
    last = block("snapshot", resume("마바"), 12) + delta("사", 13)
    done = block("done", {"photo": True, "letter_version": 1}, 14)
    terminal = io.StringIO()
    story = Story(terminal)
    with stream(first, again, last + done) as (web, asked):
        # When a client follows it to the end
        for event in Api(web, "ko").events("/events/"):
            story.hear(event.type, event.data)
            if event.type == "done":
                break
    # Then it asked for the rest each time, and holds exactly the writer's text
    assert asked == [None, "9", "11"]
    assert story.text(1, 1) == "마바사"
    assert terminal.getvalue().endswith("1. 지원동기\n마바사")


def test_the_letter_is_told_under_its_titles_and_not_interrupted():
    terminal = io.StringIO()
    story = Story(terminal)
    story.hear("letter.section", {"version": 1, "section": 1, "title": "지원동기"})
    story.hear("letter.delta", {"version": 1, "section": 1, "text": "저는 "})
    story.hear("photo.candidate", {"number": 1, "url": "", "score": 0.9, "verdict": "send", "reasons": []})
    story.hear("letter.delta", {"version": 1, "section": 1, "text": "씁니다."})
    story.hear("letter.section", {"version": 1, "section": 2, "title": "성장과정"})
    story.hear("letter.delta", {"version": 1, "section": 2, "text": "그리고"})
    assert "1. 지원동기\n저는 씁니다.\n" in terminal.getvalue()
    assert terminal.getvalue().index("portrait 1") < terminal.getvalue().index("2. 성장과정")


@pytest.mark.parametrize(
    ("seconds", "reason", "words"),
    [(12, "queue", "place 3 in the queue, about 12 s"), (None, "no_worker", "paused until a worker is back")],
)
def test_the_story_promises_no_second_that_nobody_knows(seconds: int | None, reason: str, words: str):
    terminal = io.StringIO()
    waiting = {"position": 3, "seconds": seconds, "reason": reason}
    Story(terminal).hear("photo.state", {"state": "queued", "code": None, "detail": None, "waiting": waiting})
    assert words in terminal.getvalue()
    assert "None" not in terminal.getvalue()


def test_advice_is_told_once_and_a_portrait_with_its_verdict():
    terminal = io.StringIO()
    story = Story(terminal)
    # Given advice that comes again with a snapshot, and a portrait that should not be handed in
    dark = {"code": "dark", "detail": "얼굴이 어둡습니다."}
    for _ in range(2):
        story.hear("photo.advice", {"advice": [dark]})
    reason = {"code": "hair_lost", "detail": "머리카락 일부가 잘려 나갔습니다."}
    story.hear("photo.candidate", {"number": 2, "url": "", "score": 0.2, "verdict": "dont", "reasons": [reason]})
    # Then each is one line
    assert terminal.getvalue().count("dark: 얼굴이 어둡습니다.") == 1
    assert "portrait 2, judged 0.20, not to be sent; hair_lost" in terminal.getvalue()


def test_the_story_ends_when_portrait_and_letter_are_done():
    story = Story(io.StringIO())
    story.hear("photo.state", {"state": "done", "code": None, "detail": None, "waiting": None})
    story.hear("done", {"photo": True, "letter_version": None})
    assert not story.is_done
    story.hear("letter.state", {"version": 1, "state": "done", "company": {"name": "카카오"}, "waiting": None})
    assert story.is_done


def test_every_container_that_stays_has_a_health_check_and_waits_only_for_what_there_is():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name, service in services.items():
        assert "healthcheck" in service or service["restart"] == "no", name
        for other, condition in service.get("depends_on", {}).items():
            waits_for_health = condition["condition"] == "service_healthy"
            assert waits_for_health == ("healthcheck" in services[other]), f"{name} waits for {other}"
