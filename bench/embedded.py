"""The embedded world in figures: photo steps, first letter text, uploads, memory.

    .venv/bin/python -m bench.embedded [--runs 12]

Starts a stack of its own in a temporary folder and prints a Markdown table.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from bench.percentiles import percentile
from tests.applicant import Applicant
from tests.stack import Stack, running

PORTRAIT = Path(__file__).resolve().parent.parent / "examples" / "portrait.jpg"
OPEN = {"API_THROTTLE_ANON": "none", "API_THROTTLE_USER": "none", "DAILY_RESUMES_PER_PERSON": "none"}


def twelve_megapixels(folder: Path) -> Path:
    """The example portrait as a phone would take it: 3000 × 4000, quality 90."""
    portrait = Image.open(PORTRAIT).convert("RGB")
    scale = max(3000 / portrait.width, 4000 / portrait.height)
    grown = portrait.resize((round(portrait.width * scale), round(portrait.height * scale)), Image.Resampling.BICUBIC)
    left = (grown.width - 3000) // 2
    file = folder / "twelve-megapixels.jpg"
    grown.crop((left, 0, left + 3000, 4000)).save(file, quality=90)
    return file


def spread(name: str, seconds: Sequence[float], aim: str = "") -> str:
    ordered = sorted(seconds)
    return (
        f"| {name} | {len(ordered)} | {ordered[0]:.3f} | {statistics.median(ordered):.3f} "
        f"| {percentile(ordered, 0.95):.3f} | {ordered[-1]:.3f} | {aim} |"
    )


def photo_chains(stack: Stack, photo: Path, runs: int) -> Iterator[str]:
    """Warm: the first run loads the models and is not counted."""
    applicant = Applicant(stack.web)
    whole, ids = [], []
    for run in range(runs + 1):
        started = time.monotonic()
        resume = applicant.create(photo)
        with applicant.watch(resume["id"]) as reader:
            reader.wait_for(lambda r: any(photo_state(*event) == "done" for event in r.events))
        if run:
            whole.append(time.monotonic() - started)
            ids.append(resume["id"])
    for kind, seconds in working_seconds(stack, ids).items():
        yield spread(kind, seconds)
    chains = [sum(times) for times in zip(*working_seconds(stack, ids).values(), strict=True)]
    yield spread("the three steps together", chains, "≤ 2.0")
    yield spread("from upload to `photo.state` done", whole)


def photo_state(name: str, data: dict[str, Any]) -> str | None:
    if name == "photo.state":
        return str(data["state"])
    return str(data["photo"]["state"]) if name == "snapshot" else None


def working_seconds(stack: Stack, ids: Sequence[str]) -> dict[str, list[float]]:
    rows = stack.rows(
        "select kind, working_seconds, topic from workers_attempt join workers_step"
        " on workers_step.id = step_id where outcome = ? order by workers_attempt.id",
        "done",
    )
    kinds = ("photos.detect_face", "photos.mask_head", "photos.outpaint")
    return {kind: [seconds for k, seconds, topic in rows if k == kind and topic in ids] for kind in kinds}


def first_text(stack: Stack, photo: Path, runs: int) -> str:
    """From asking for a letter to the first text on the event stream, of one person at a time."""
    applicant = Applicant(stack.web)
    resume = applicant.create(photo)
    seconds = []
    with applicant.watch(resume["id"]) as reader:
        reader.wait_for(lambda r: any(photo_state(*event) == "done" for event in r.events))
        for version in range(1, runs + 1):
            started = time.monotonic()
            applicant.ask_letter(resume["id"], "kakao")
            reader.wait_for_event("letter.delta", version=version, section=1)
            seconds.append(time.monotonic() - started)
            reader.wait_for_event("done", letter_version=version)
    return spread("from choosing a company to the first letter text", seconds, "≤ 0.3")


def uploads(stack: Stack, photo: Path, runs: int) -> str:
    """`POST resumes/` one after another; each chain ends before the next upload begins."""
    applicant = Applicant(stack.web)
    seconds = []
    for _ in range(runs):
        started = time.monotonic()
        resume = applicant.create(photo)
        seconds.append(time.monotonic() - started)
        with applicant.watch(resume["id"]) as reader:
            reader.wait_for(lambda r: any(photo_state(*event) == "done" for event in r.events))
    return spread("`POST resumes/`, 12-megapixel JPEG", seconds, "p95 ≤ 0.4")


def peak_memory(stack: Stack) -> Iterator[str]:
    for name, pid in sorted(stack.pids.items()):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                yield f"| {name} | {int(line.split()[1]) / 1024:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=12)
    runs = parser.parse_args().runs
    os.environ.setdefault("WEIGHTS_DIR", str(Path(__file__).resolve().parent.parent / ".run" / "weights"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = twelve_megapixels(folder)
        size = Image.open(io.BytesIO(photo.read_bytes())).size
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, photo {size}\n")
        with running(folder, **OPEN, OFFLINE_WRITER_CHARACTERS_PER_SECOND="3000") as stack:
            print("| seconds | runs | min | median | p95 | max | aim |\n|---|---|---|---|---|---|---|")
            for line in photo_chains(stack, photo, runs):
                print(line, flush=True)
            print(first_text(stack, photo, runs), flush=True)
            print(uploads(stack, photo, runs), flush=True)
            print("\n| process | peak memory, MiB |\n|---|---|")
            for line in peak_memory(stack):
                print(line)


if __name__ == "__main__":
    main()
