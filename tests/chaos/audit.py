"""The judgement: what the double recorded, what the rows hold and what people were told must agree.

A call is accepted when it was answered 200, whatever the answer held: that is what is paid. Its step is known by the
picture that was sent (everybody's is another) or by the fact in the letter's prompt that only one person gave.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any

from aws_double.record import Call
from aws_double.writing import MARKERS
from tests.chaos import faults
from tests.chaos.people import Person
from tests.chaos.run import Outcome
from tests.stack import Stack

JOB = re.compile(r"chaos engineer no\. \d+\.")
KINDS = {
    "photos.detect_face": faults.DETECT,
    "photos.mask_head": faults.MASK,
    "photos.outpaint": faults.PAINT,
    "letters.write": faults.WRITE,
}
FIRST_SEED = 42
"""What a candidate's number counts from in requests."""
ANOTHER_SEED = 1000
"""Added where a picture was withheld."""
CLOCKS = 0.05
"""Seconds: a row's time is taken just before it is committed, a call's when its body was read."""
UNREAD = 1.0
"""Seconds for which the last request of a process that was killed may lie in the socket before the double reads it."""
MINUTE, SHORTER = 60.0, 10.0
"""Seconds: the quota is a minute's. What falls into a shorter window is told and not judged."""
BROKEN_OFF = {"cut", "silent", "exception", "damaged", "no_stop", "max_tokens", "filter"}
"""Faults after which the last item of a stream is not whole."""


@dataclass
class Audit:
    findings: list[str] = field(default_factory=list)
    """What breaks a promise; empty = all is well."""
    figures: dict[str, Any] = field(default_factory=dict)

    def hold(self, promise: bool, finding: str) -> None:
        if not promise:
            self.findings.append(finding)


def judge(stack: Stack, outcome: Outcome, quota_a_minute: int) -> Audit:
    audit = Audit()
    steps = _steps(stack, outcome)
    _everybody_ended(audit, stack, outcome, steps)
    _calls_are_bounded(audit, outcome, steps)
    _nothing_is_paid_once_stored(audit, stack, outcome, steps)
    _texts_are_what_was_streamed(audit, outcome, steps)
    _rate_is_within_quota(audit, outcome, quota_a_minute)
    _rows_are_whole(audit, stack, outcome, steps)
    took = sorted(person.ended - person.asked for person in outcome.people if person.ended)
    if took:
        audit.figures["seconds from asking to the end, median"] = round(median(took), 1)
        audit.figures["seconds from asking to the end, longest"] = round(took[-1], 1)
    accepted = Counter(call.operation for call in outcome.calls if call.status == 200)
    audit.figures["accepted calls"] = {operation: accepted[operation] for operation in faults.OPERATIONS}
    audit.figures["faults met"] = sum(bool(call.fault) for call in outcome.calls)
    audit.figures["faults that met no call"] = len(outcome.untaken)
    return audit


# --- which call belongs to which step --------------------------------------------------------------


@dataclass
class Steps:
    """Calls by (person's number, operation); in place of a number the digest of a picture that nobody can name.

    Such a picture is one whose every try died: no row was written that tells whose it was.
    """

    calls: dict[tuple[int | str, str], list[Call]]

    def of(self, number: int, operation: str) -> list[Call]:
        return self.calls.get((number, operation), [])


def _steps(stack: Stack, outcome: Outcome) -> Steps:
    owners = _owners_of_pictures(stack, outcome)
    jobs = {person.job: person.number for person in outcome.people}
    calls: dict[tuple[int | str, str], list[Call]] = defaultdict(list)
    for call in outcome.calls:
        if call.operation == faults.WRITE:
            calls[jobs[JOB.search(_said(call))[0]], call.operation].append(call)  # type: ignore[index]
        else:
            picture = _picture(call)
            calls[owners.get(picture, picture), call.operation].append(call)
    return Steps(calls)


def _said(call: Call) -> str:
    return "\n".join(part["text"] for part in call.request["messages"][-1]["content"])


def _picture(call: Call) -> str:
    """The digest of the picture that was sent."""
    request = call.request
    match call.operation:
        case faults.DETECT:
            picture = request["Image"]["Bytes"]
        case faults.MASK:
            picture = request["encode_image"]
        case _:
            picture = request["image"]
    return str(picture["sha256"])


def _owners_of_pictures(stack: Stack, outcome: Outcome) -> dict[str, int]:
    """Person by picture: detection sends the stored original; the others' calls are named by the attempts' rows."""
    numbers = {person.resume_id: person.number for person in outcome.people}
    photos = {photo: numbers[resume] for resume, photo in stack.rows("select id, photo_id from resumes_resume")}
    owners = {}
    for photo, number in photos.items():
        original = stack.folder / "media" / "photos" / photo / "original.jpg"
        owners[hashlib.sha256(original.read_bytes()).hexdigest()] = number
    attempts = stack.rows(
        "select request_id, subject from workers_attempt join workers_step on workers_step.id = step_id"
        " where request_id <> ''"
    )
    by_request = {request: photos[subject] for request, subject in attempts if subject in photos}
    for call in outcome.calls:
        if call.operation != faults.WRITE and call.request_id in by_request:
            owners[_picture(call)] = by_request[call.request_id]
    return owners


# --- promises ------------------------------------------------------------------------------------


def _everybody_ended(audit: Audit, stack: Stack, outcome: Outcome, steps: Steps) -> None:
    """Done, or ended by a fault that ends jobs; in time; and told so."""
    states: Counter[str] = Counter()
    latest = 0.0
    for person in outcome.people:
        photo, letter = person.resume["photo"]["state"], person.resume["letter"]["state"]
        ending = "done" if (photo, letter) == ("done", "done") else f"photo {photo}, letter {letter}"
        states[ending] += 1
        name = f"person {person.number}"
        audit.hold(person.ended is not None, f"{name} was never told of an end")
        audit.hold(
            person.told == (photo, letter),
            f"{name} was told {person.told}, GET says {ending}; the latest news: {person.heard_last()}",
        )
        audit.hold(not person.is_done() or person.hears_done(), f"{name} is done and was never told so as a whole")
        if photo != "done":
            operations = (faults.DETECT, faults.MASK, faults.PAINT)
            audit.hold(_explained(steps, person.number, operations), f"{name}: photo {photo} without a fault for it")
        if letter != "done":
            audit.hold(_explained(steps, person.number, (faults.WRITE,)), f"{name}: letter {letter} without a fault")
        waits = [call.started for call in outcome.calls if call.fault == "quota" and _is_of(steps, person, call)]
        last = max([outcome.last_trouble, *(at + faults.QUOTA_WAIT for at in waits)])
        if person.ended is not None:
            latest = max(latest, person.ended - last)
    audit.hold(latest <= outcome.scene.within, f"the last ended {latest:.0f} s after the last trouble")
    audit.figures["ends"] = dict(states)
    by_snapshot = [each for each in outcome.people if each.is_done() and not each.reader.has("done")]
    audit.figures["done by a snapshot alone, without the event"] = len(by_snapshot)
    audit.figures["seconds from the last trouble to the last end"] = round(latest, 1)
    poison = stack.rows("select count(*) from workers_attempt where outcome = ?", "poison")[0][0]
    audit.hold(poison == 0, f"{poison} steps were given up as poison")


def _is_of(steps: Steps, person: Person, call: Call) -> bool:
    return any(call is each for each in steps.of(person.number, call.operation))


def _explained(steps: Steps, number: int, operations: Iterable[str]) -> bool:
    """Whether a permanent fault met the work, or two bad answers one step of it."""
    for operation in operations:
        met = Counter(call.fault for call in steps.of(number, operation))
        if any(met[kind] for kind in faults.PERMANENT) or sum(met[kind] for kind in faults.BAD_ANSWERS) >= 2:
            return True
    return False


def _calls_are_bounded(audit: Audit, outcome: Outcome, steps: Steps) -> None:
    """Accepted calls for one thing ≤ 1 + the step's faults and refusals + the troubles while it was worked on."""
    most = 0
    for (number, operation), calls in steps.calls.items():
        failed = sum(bool(call.fault) or call.status != 200 for call in calls)
        for thing, accepted in _accepted_by_thing(operation, calls).items():
            most = max(most, len(accepted))
            hit = failed + _troubles_between(outcome, operation, accepted[0].started, accepted[-1].started)
            audit.hold(
                len(accepted) <= 1 + hit,
                f"person {number}: {len(accepted)} accepted calls of {operation} {thing}, {failed} faults and refusals,"
                f" {hit - failed} troubles: {_times(outcome, accepted)}",
            )
    audit.figures["most accepted calls for one thing"] = most
    unnamed = sum(len(calls) for (number, _), calls in steps.calls.items() if isinstance(number, str))
    audit.figures["calls that no row can name the person of"] = unnamed


def _accepted_by_thing(operation: str, calls: Sequence[Call]) -> dict[Any, list[Call]]:
    """What is paid once if nothing happens: a face, a mask's box, a seed, a letter's item."""
    things: dict[Any, list[Call]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: call.started):
        if call.status != 200:
            continue
        match operation:
            case faults.MASK:
                things[tuple(call.request["input_box"])].append(call)
            case faults.PAINT:
                things[call.request["seed"]].append(call)
            case faults.WRITE:
                for number in _asked_for(call):
                    things[f"item {number}"].append(call)
            case _:
                things["face"].append(call)
    return things


def _asked_for(call: Call) -> list[int]:
    return [MARKERS.index(marker) + 1 for marker in re.findall(rf"^([{MARKERS}])  ", _said(call), re.MULTILINE)]


def _troubles_between(outcome: Outcome, operation: str, first: float, last: float) -> int:
    """Kills of this craft's workers, and whatever befell Redis or the database meanwhile."""
    craft = "letters" if operation == faults.WRITE else "photos"
    count = 0
    for done in outcome.troubles:
        trouble = done.trouble
        concerns = trouble.kind in ("flush", "database_away") or trouble.target.startswith((craft, "redis"))
        count += concerns and done.ended >= first - UNREAD and done.began <= last
    return count


def _times(outcome: Outcome, calls: Sequence[Call]) -> list[str]:
    return [f"{call.started - outcome.began:.1f} s" for call in calls]


def _nothing_is_paid_once_stored(audit: Audit, stack: Stack, outcome: Outcome, steps: Steps) -> None:
    """No call for an artifact after its row, none for a letter after its step was done."""
    numbers = {person.resume_id: person.number for person in outcome.people}
    photos = {photo: numbers[resume] for resume, photo in stack.rows("select id, photo_id from resumes_resume")}
    stored = stack.rows("select kind, subject, data, created_at from workers_artifact")
    for kind, subject, data, created_at in stored:
        number, operation = photos[subject], KINDS[kind]
        seeds = _seeds(data)
        for call in steps.of(number, operation):
            # An artifact of withheld pictures names no seed: the same call is not made again, another seed is.
            if operation == faults.PAINT and call.request["seed"] % ANOTHER_SEED not in seeds:
                continue
            late = call.started - _seconds(created_at)
            audit.hold(late <= CLOCKS, f"person {number}: {operation} called {late:.2f} s after its result was stored")
    query = "select topic, ended_at from workers_step where kind = ? and state = ?"
    written = stack.rows(query, "letters.write", "done")
    for topic, ended_at in written:
        for call in steps.of(numbers[topic], faults.WRITE):
            late = call.started - _seconds(ended_at)
            audit.hold(late <= CLOCKS, f"person {numbers[topic]}: a letter was called for {late:.2f} s after its end")
    audit.figures["artifacts"] = len(stored)


def _seeds(data: Any) -> list[int]:
    made = data if isinstance(data, dict) else json.loads(data)
    files = [candidate["file"] for candidate in made.get("candidates", []) if candidate]
    return [FIRST_SEED + int(found[1]) - 1 for file in files if (found := re.search(r"portrait-(\d+)-", file))]


def _seconds(at: Any) -> float:
    """A row's time, which is UTC without saying so, in seconds since the epoch."""
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return moment.replace(tzinfo=UTC).timestamp()


def _texts_are_what_was_streamed(audit: Audit, outcome: Outcome, steps: Steps) -> None:
    """Stored = what the reader put together = an item that the double streamed to its end, to the letter."""
    compared = 0
    for person in outcome.people:
        sections = person.resume["letter"]["sections"]
        stored = [section["text"] for section in sections]
        audit.hold(
            person.reader.letter_texts(1) == stored, f"person {person.number}: the reader's text is not the stored one"
        )
        if person.resume["letter"]["state"] != "done":
            continue
        streamed: dict[int, set[str]] = defaultdict(set)
        for call in steps.of(person.number, faults.WRITE):
            for number, text in streamed_items(call).items():
                streamed[number].add(text)
        for section in sections:
            compared += 1
            audit.hold(
                section["text"] in streamed[section["number"]],
                f"person {person.number}: item {section['number']} was never streamed as it is stored",
            )
    audit.figures["items compared with the stream"] = compared


def streamed_items(call: Call) -> dict[int, str]:
    """The items that left the double whole, by number: each begins with a line that holds its marker alone."""
    parts = re.split(rf"^([{MARKERS}])\n", call.text, flags=re.MULTILINE)
    numbers, texts = [MARKERS.index(marker) + 1 for marker in parts[1::2]], parts[2::2]
    if parts[0].strip():
        # The first marker was left out on purpose; the text is the first item's that was asked for.
        numbers, texts = [_asked_for(call)[0], *numbers], [parts[0], *texts]
    items = {number: text.strip() for number, text in zip(numbers, texts, strict=True)}
    if items and (call.error or call.fault in BROKEN_OFF):
        del items[numbers[-1]]
    return items


def _rate_is_within_quota(audit: Audit, outcome: Outcome, quota_a_minute: int) -> None:
    """Arrivals at the double, refused ones too, in every minute wherever it begins."""
    arrivals = sorted(call.started for call in outcome.calls if call.operation == faults.PAINT)
    for window in (MINUTE, SHORTER):
        share = f"{quota_a_minute * window / MINUTE:g}"
        audit.figures[f"image calls in the fullest {window:g} s (quota's share {share})"] = fullest(arrivals, window)
    most = fullest(arrivals, MINUTE)
    audit.hold(most <= quota_a_minute, f"{most} image calls within a minute where {quota_a_minute} are allowed")
    refused = sum(call.status == 429 and not call.fault for call in outcome.calls)
    audit.figures["calls refused for quota's sake"] = refused


def fullest(times: Sequence[float], window: float) -> int:
    """The most of the sorted times in any half-open window."""
    most = first = 0
    for place, time in enumerate(times):
        while times[first] <= time - window:
            first += 1
        most = max(most, place + 1 - first)
    return most


def _rows_are_whole(audit: Audit, stack: Stack, outcome: Outcome, steps: Steps) -> None:
    """One résumé a person, no step unfinished, no artifact missing or there twice."""
    resumes = {resume for (resume,) in stack.rows("select id from resumes_resume")}
    audit.hold(resumes == {person.resume_id for person in outcome.people}, "résumés and people do not match")
    unfinished = stack.rows(
        "select kind, state, count(*) from workers_step where state not in (?, ?, ?) group by kind, state",
        *("done", "failed", "cancelled"),
    )
    ended = sum(
        person.resume["photo"]["state"] == "done" and person.resume["letter"]["state"] == "done"
        for person in outcome.people
    )
    # Behind a failed step the rest of its chain stays blocked.
    left = [row for row in unfinished if row[1] != "blocked" or ended == len(outcome.people)]
    audit.hold(not left, f"steps left unfinished: {left}")
    versions = stack.rows("select document, count(*) from letters_letter group by document having count(*) <> 1")
    audit.hold(not versions, f"letters asked for once and made more often: {versions}")
    made = Counter((subject, kind) for subject, kind in stack.rows("select subject, kind from workers_artifact"))
    numbers = {person.resume_id: person.number for person in outcome.people}
    owners = dict(stack.rows("select photo_id, id from resumes_resume"))
    done = {photo for photo, state in stack.rows("select id, state from photos_photo") if state == "done"}
    for photo in done:
        number = numbers[owners[photo]]
        found = [made[photo, kind] for kind in ("photos.detect_face", "photos.mask_head", "photos.outpaint")]
        # Own clothes are one more. A picture that is refused for good is left out, one that is withheld has a second.
        refused = sum(call.fault in faults.PERMANENT for call in steps.of(number, faults.PAINT))
        right = found[:2] == [1, 1] and 4 - refused <= found[2] <= 4 + refused
        audit.hold(right, f"person {number}: artifacts of a finished photo: {found}, {refused} pictures refused")
    missing = [
        file
        for photo, file in stack.rows("select photo_id, file from photos_candidate")
        if photo in done and not (stack.folder / "media" / file).is_file()
    ]
    audit.hold(not missing, f"{len(missing)} portraits have no file")
