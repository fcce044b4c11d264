"""Follows the event log as a web process does: `python -m bench.streaming.follower REDIS_URL ORIGIN`.

Prints `ready`; a line on standard input makes it print what it has seen, as JSON. A frame's latency is the time between
its stamp and its entry's place in the log, which is Redis's clock in milliseconds.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import redis

from bench.percentiles import percentile
from bench.streaming.stamps import stamps
from workers.events.wire import FEED

BLOCK_MILLISECONDS = 200


class Seen:
    def __init__(self, origin: float) -> None:
        self._origin = origin
        self._milliseconds: list[float] = []
        self.entries = 0

    def take(self, fields: dict[bytes, bytes]) -> None:
        if fields[b"e"] != b"letter.delta":
            return
        self.entries += 1
        logged = int(fields[b"i"].partition(b"-")[0]) - self._origin * 1000
        self._milliseconds += [logged - sent for sent in stamps(json.loads(fields[b"d"])["text"])]

    def report(self) -> dict[str, float]:
        latencies = self._milliseconds
        shares = {name: percentile(latencies, share) for name, share in (("p50", 0.5), ("p99", 0.99), ("worst", 1.0))}
        return {"frames": len(latencies), "entries": self.entries, **shares}


def main() -> None:
    # Any: redis-py types an answer for all its clients and protocols at once.
    log: Any = redis.Redis.from_url(sys.argv[1], socket_timeout=None)
    seen = Seen(float(sys.argv[2]))
    asking = threading.Thread(target=sys.stdin.readline, daemon=True)
    asking.start()
    newest = log.xrevrange(FEED, count=1)
    last = newest[0][0] if newest else b"0-0"
    print("ready", flush=True)
    while (answer := log.xread({FEED: last}, count=1000, block=BLOCK_MILLISECONDS)) or asking.is_alive():
        for _, rows in answer or ():
            last = rows[-1][0]
            for _, fields in rows:
                seen.take(fields)
    print(json.dumps(seen.report()), flush=True)


if __name__ == "__main__":
    main()
