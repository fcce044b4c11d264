"""Publishes letter text at a steady rate: `python -m bench.streaming.publisher`.

Prints `ready`. Reads lines of JSON from standard input, {"resumes": […], "rate": events a second, "seconds": …,
"together": events in a round trip}, and prints after each how many events each résumé had, and how late the latest one
was published. The text of an event is when it was published, in microseconds since 1970.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from typing import Any

from workers.events.log import publish
from workers.events.wire import Event

TEXT_LENGTH = 16


def main() -> None:
    # A log's first event ever makes every reader show the rows again; that is not what is measured.
    publish([_event("nobody", offset=0)])
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(_publish(**json.loads(line))), flush=True)


def _publish(resumes: list[str], rate: float, seconds: float, together: int) -> dict[str, Any]:
    told: Counter[str] = Counter(dict.fromkeys(resumes, 0))
    chosen, latest, begun = random.Random(0), 0.0, time.monotonic()
    for number in range(0, int(rate * seconds), together):
        due = begun + number / rate
        time.sleep(max(0.0, due - time.monotonic()))
        latest = max(latest, time.monotonic() - due)
        events = []
        for resume in chosen.choices(resumes, k=together):
            events.append(_event(resume, offset=told[resume] * TEXT_LENGTH))
            told[resume] += 1
        publish(events)
    return {"told": told, "latest": latest}


def _event(resume: str, offset: int) -> Event:
    text = f"{time.time_ns() // 1000:016d}"
    data = {"version": 1, "section": 1, "fence": 1, "text": text, "offset": offset}
    return Event(resume, "letter.delta", data)


if __name__ == "__main__":
    main()
