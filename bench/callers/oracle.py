"""One process that knows the quota and its trace, and calls exactly then: `python -m bench.callers.oracle SETUP JOBS`.

What is refused all the same is called again at the next free moment. Same words in and out as `bench.callers.boto`.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

from bench.callers.boto import WARM_UP, bedrock, invoke
from bench.provider.server import Setup


def main() -> None:
    quota, jobs = Setup(**json.loads(sys.argv[1])).quota(), int(sys.argv[2])
    client = bedrock("standard", 1)
    invoke(client, WARM_UP)
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.monotonic()
    places, taking = itertools.count(), threading.Lock()

    def call(job: int) -> None:
        while True:
            with taking:
                place = next(places)
            # The bucket begins full, so the first call need not wait.
            time.sleep(max(0.0, begun + quota.moment(place) - time.monotonic()))
            try:
                return invoke(client, job)
            except ClientError:
                continue

    with ThreadPoolExecutor(30) as people:
        list(people.map(call, range(jobs)))
    print(0, flush=True)


if __name__ == "__main__":
    main()
