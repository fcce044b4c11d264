"""`./run resume`: makes one résumé through the project's API and shows the progress in the terminal."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from companies.personality import MBTI_TYPES
from launcher.checkout import Checkout, State
from launcher.client import Api, Json, Refused, Unreachable
from launcher.setup import set_up
from launcher.story import Story
from launcher.terminal import progress, result

DONE, WRONG_ARGUMENTS, REJECTED, FAILED, IMPOSSIBLE = 0, 2, 3, 4, 5

LONGEST_NAME = 40
ARGUMENTS_REFUSED = (400, 404, 413)
"""Statuses of the server that mean wrong arguments."""


@dataclass(frozen=True)
class Wish:
    photo: Path
    fields: dict[str, str]
    """Fields of the multipart request."""
    company: str | None
    language: str
    out: Path


class PhotoRejected(Exception):
    """`code: sentence`."""


class Failed(Exception):
    """The photo or the letter failed for good. The message says which and why."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_ARGUMENTS, f"./run resume: {message}\n")


def main(checkout: Checkout, arguments: list[str]) -> int:
    """Exit status as the README says. Raises SetUpImpossible."""
    wish = parse(arguments)
    signal.signal(signal.SIGTERM, _leave)
    set_up(checkout)
    with _service(checkout) as state:
        try:
            make(wish, Api(state["web"], wish.language, checkout.is_supervised))
        except PhotoRejected as error:
            progress(str(error))
            return REJECTED
        except Refused as error:
            progress(f"{error.code}: {error}")
            if "photo" in error.fields:
                return REJECTED
            return WRONG_ARGUMENTS if error.status in ARGUMENTS_REFUSED else FAILED
        except (Failed, Unreachable) as error:
            progress(f"failed: {error}")
            return FAILED
    return DONE


def parse(arguments: list[str]) -> Wish:
    """Read the arguments. Raises SystemExit(2), after one line on standard error, for wrong ones."""
    parser = _Parser(prog="./run resume", allow_abbrev=False, description="Make one résumé.")
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="JPEG, PNG, WebP or HEIC, one frontal face")
    parser.add_argument("--name", required=True, help=f"1 to {LONGEST_NAME} characters")
    parser.add_argument("--mbti", required=True, help="one of the 16 types, in any case")
    parser.add_argument("--phone", help="a Korean mobile number")
    parser.add_argument("--company", metavar="SLUG", help="default: the first recommended")
    parser.add_argument("--facts", type=Path, metavar="FILE.json", help="what the letter may say of the person")
    parser.add_argument("--language", choices=("ko", "en"), default="ko", help="of the letter (default: ko)")
    parser.add_argument("--style", help="of the portrait")
    parser.add_argument("--out", type=Path, metavar="DIR", default=Path("out"), help="default: out/")
    given = parser.parse_args(arguments)

    name = given.name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        parser.error(f"--name: 1 to {LONGEST_NAME} characters")
    if given.mbti.upper() not in MBTI_TYPES:
        parser.error(f"--mbti: {given.mbti!r} is none of the 16 types, such as ENFP")
    if not (given.photo.is_file() and os.access(given.photo, os.R_OK)):
        parser.error(f"PHOTO: no file that can be read at {given.photo}")
    if given.company is not None and not re.fullmatch(r"[-a-zA-Z0-9_]+", given.company):
        parser.error(f"--company: {given.company!r} is no slug, such as kakao")
    for option in ("name", "phone", "style"):
        if not _is_text(getattr(given, option) or ""):
            parser.error(f"--{option}: not UTF-8")
    try:
        given.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out: {error}")
    if not os.access(given.out, os.W_OK | os.X_OK):
        parser.error(f"--out: nothing can be written to {given.out}")

    fields = {"name": name, "mbti": given.mbti.upper(), "language": given.language, "consent": "true"}
    fields |= {key: value for key in ("phone", "style") if (value := getattr(given, key))}
    if given.facts:
        fields["facts"] = _facts(given.facts, parser)
    return Wish(given.photo, fields, given.company, given.language, given.out)


def _is_text(argument: str) -> bool:
    """Whether the argument is valid UTF-8. Invalid bytes come from the command line as lone surrogates."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _facts(file: Path, parser: _Parser) -> str:
    try:
        text = file.read_text(encoding="utf-8")
        facts = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        parser.error(f"--facts: {file}: {error}")
    if not isinstance(facts, dict):
        parser.error(f"--facts: {file}: a JSON object is needed")
    return text


def make(wish: Wish, api: Api) -> None:
    """Make the résumé and write its files. Raises PhotoRejected, Failed, Refused, Unreachable."""
    api.become_guest()
    if wish.company:
        # Fails for a wrong slug before anything is made.
        api.get(f"/api/v1/companies/{wish.company}/")
    resume = api.post_form("/api/v1/resumes/", wish.fields, "photo", wish.photo)
    try:
        _follow(wish, api, resume)
    except Refused as error:
        # The arguments were accepted before. A refusal now means that the résumé was deleted or may not go on.
        raise Failed(f"{error.code}: {error}") from error


def _follow(wish: Wish, api: Api, resume: Json) -> None:
    """Follow the event stream to the end, ask for the letter on the way, and write the files."""
    address = f"/api/v1/resumes/{resume['id']}/"
    story = Story(sys.stdout)
    story.recommend(resume["recommendations"])
    company = wish.company or resume["recommendations"][0]["company"]["slug"]
    letter_asked = False
    for event in api.events(resume["events_url"]):
        story.hear(event.type, event.data)
        _raise_if_over(story, api, address)
        if story.photo_accepted and not letter_asked:
            # Not earlier, so that a refused photo leaves no letter behind.
            api.post(f"{address}letter/", {"company": company})
            letter_asked = True
        if letter_asked and story.is_done:
            break
    _write(wish, api, api.get(address), story)


def _raise_if_over(story: Story, api: Api, address: str) -> None:
    if story.photo_state == "rejected":
        photo = api.get(address)["photo"]
        raise PhotoRejected(" ".join(f"{photo['code']}: {photo['detail']}".split()))
    if story.photo_state == "failed":
        photo = api.get(address)["photo"]
        raise Failed(f"photo: {photo['code']}: {photo['detail']}")
    if story.letter_state in ("failed", "cancelled"):
        raise Failed(f"letter: {story.letter_state}")


def _write(wish: Wish, api: Api, resume: Json, story: Story) -> None:
    letter = resume["letter"]
    files: dict[str, bytes] = {
        f"portrait-{candidate['number']}.jpg": api.download(candidate["url"])
        for candidate in resume["photo"]["candidates"]
    }
    if resume["photo"]["candidates"]:
        files["portrait-3x4cm.jpg"] = api.download(f"/api/v1/resumes/{resume['id']}/portrait.jpg?size=3x4cm")
    files["mask.png"] = api.download(resume["photo"]["mask_url"])
    files["letter.md"] = _letter_text(letter).encode()
    files["resume.pdf"] = api.download(resume["pdf_url"])
    files["resume.json"] = (json.dumps(resume, ensure_ascii=False, indent=2) + "\n").encode()
    try:
        for name, content in files.items():
            (wish.out / name).write_bytes(content)
    except OSError as error:
        raise Failed(f"--out: {error}") from error
    for section in letter["sections"]:
        if story.text(letter["version"], section["number"]) != section["text"]:
            progress(f"item {section['number']}: the stream and the stored text differ; letter.md holds the stored one")
        for problem in section["problems"]:
            progress(f"item {section['number']}: {problem['check']}: {problem['detail']}")
    result(f"written to {wish.out}/: {' '.join(files)}")


def _letter_text(letter: Json) -> str:
    parts = [f"# {letter['company']['name']}\n"]
    for section in letter["sections"]:
        parts.append(f"## {section['number']}. {section['title']}\n\n{section['text'].strip()}\n")
    return "\n".join(parts)


@contextmanager
def _service(checkout: Checkout) -> Iterator[State]:
    """The state of the running service, or of one started here that runs until the last `./run resume` ends."""
    started: subprocess.Popen[bytes] | None = None
    try:
        with checkout.using():
            while (state := checkout.read_state()) is None:
                if started and started.poll():
                    # The started process has printed the reason.
                    raise SystemExit(IMPOSSIBLE)
                if (started is None or started.poll() == 0) and not checkout.is_supervised():
                    result("starting the service")
                    started = _start(checkout)
                time.sleep(0.1)
            yield state
    finally:
        if started and started.poll() is None:
            _wait(started)


def _start(checkout: Checkout) -> subprocess.Popen[bytes]:
    """Start a supervisor in its own session: Ctrl-C here must not stop it while others use it."""
    return subprocess.Popen(
        [sys.executable, "-m", "launcher", "run", "--while-used"],
        cwd=checkout.root,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
    )


def _wait(started: subprocess.Popen[bytes]) -> None:
    try:
        started.wait(10)
    except subprocess.TimeoutExpired:
        progress("waiting for another ./run resume that uses the same service")
        started.wait()


def _leave(number: int, frame: Any) -> NoReturn:
    raise SystemExit(128 + number)
