"""boto3's clients of the test's own process, which provider modules keep for as long as it lives."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from unittest import mock

from aws import clients
from aws_double import Double, environment


@contextmanager
def own_clients(variables: Mapping[str, str]) -> Iterator[None]:
    """Clients made anew within, in an environment with these variables."""
    with mock.patch.dict(os.environ, variables):
        clients._clients.clear()
        try:
            yield
        finally:
            clients._clients.clear()


@contextmanager
def doubled() -> Iterator[Double]:
    """A double of AWS that this process's provider modules call."""
    with Double() as double, own_clients(environment(double.url)):
        yield double
