"""Threads that leave throttling to boto3: `python -m bench.callers.boto MODE ATTEMPTS FIRST LAST THREADS`.

Prints `ready` when warm, begins at a line on standard input, and prints how many jobs it lost.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.client import Config
from botocore.exceptions import ClientError

WARM_UP = -1
"""The job number of a call that the provider does not count."""


def bedrock(mode: str, attempts: int) -> Any:
    retries = {"mode": mode, "total_max_attempts": attempts}
    return boto3.client("bedrock-runtime", config=Config(retries=retries, max_pool_connections=64, read_timeout=30))


def invoke(client: Any, job: int) -> None:
    """Raises ClientError when the provider refuses once more than the client tries."""
    client.invoke_model(modelId="bench", body=json.dumps({"job": job}))


def main() -> None:
    mode, attempts, first, last, threads = sys.argv[1], *map(int, sys.argv[2:])
    client = bedrock(mode, attempts)
    invoke(client, WARM_UP)
    print("ready", flush=True)
    sys.stdin.readline()

    def lost(job: int) -> bool:
        try:
            invoke(client, job)
        except ClientError:
            return True
        return False

    with ThreadPoolExecutor(threads) as people:
        print(sum(people.map(lost, range(first, last))), flush=True)


if __name__ == "__main__":
    main()
