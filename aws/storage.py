"""The file store in a private S3 bucket, or in one of a server with the same protocol."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

from aws.clients import CONNECT_SECONDS, POOL_CONNECTIONS, translated
from workers.errors import StepError, StoreAway

ADDRESS_SECONDS = 300
"""How long a signed URL is valid: enough to load a page, too short to be passed on."""
READ_SECONDS = 20
ATTEMPTS = 2
"""Attempts of the SDK in all. Whole objects may be read and written again, and web requests have no engine to retry."""


class PrivateBucket(S3Storage):  # type: ignore[misc]
    """django-storages' backend with one client per process, and failures as the engine's errors.

    Endpoint, region and credentials come from boto3's own environment. A name that is saved again is replaced in
    one step. Every operation except `url` raises workers.errors.StoreAway for every failure of the store.
    """

    def __init__(self, **options: Any) -> None:
        config = Config(
            signature_version="s3v4",
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            tcp_keepalive=True,
            max_pool_connections=POOL_CONNECTIONS,
        )
        ours = {
            "client_config": config,
            "querystring_expire": ADDRESS_SECONDS,
            # Pictures are personal data: no shared cache may store them.
            "object_parameters": {"CacheControl": "private, no-cache"},
            # Pictures are small, so parallel transfers in threads would not pay.
            "transfer_config": TransferConfig(use_threads=False),
        }
        super().__init__(**{**ours, **options})
        self._making = threading.Lock()
        self._resource: Any = None

    @property
    def connection(self) -> Any:
        """One resource for all threads. The base class makes one per thread, and each web request is a new thread."""
        with self._making:
            if self._resource is None:
                self._resource = self._make()
            return self._resource

    def _make(self) -> Any:
        """A resource with addresses by host name (bucket and region) at AWS, and by path at other servers.

        For signed URLs botocore would choose AWS's host name without a region. For a new bucket that host answers with
        a redirect, which breaks the signature.
        """
        session = boto3.session.Session()
        regional = session.resource("s3", config=self.client_config.merge(Config(s3={"addressing_style": "virtual"})))
        if "amazonaws.com" in regional.meta.client.meta.endpoint_url:
            return regional
        return session.resource("s3", config=self.client_config.merge(Config(s3={"addressing_style": "path"})))

    def origin(self) -> str:
        """Scheme, host and port of the signed URLs, for the content security policy."""
        address = urlsplit(self.url("origin"))
        return f"{address.scheme}://{address.netloc}"

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """The whole object, in one request. Raises FileNotFoundError."""
        if mode != "rb":
            raise ValueError(f"{mode!r}: objects are read whole and replaced whole")
        client = self.connection.meta.client
        with _translated():
            try:
                answer = client.get_object(Bucket=self.bucket_name, Key=self._normalize_name(name))
                return ContentFile(answer["Body"].read(), name=name)
            except client.exceptions.NoSuchKey as error:
                raise FileNotFoundError(name) from error

    def _save(self, name: str, content: File[bytes]) -> str:
        with _translated():
            saved: str = super()._save(name, content)
            return saved

    def delete(self, name: str) -> None:
        with _translated():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _translated():
            found: bool = super().exists(name)
            return found

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with _translated():
            folders, files = super().listdir(name)
            return folders, files

    def get_modified_time(self, name: str) -> datetime:
        with _translated():
            moment: datetime = super().get_modified_time(name)
            return moment


@contextmanager
def _translated() -> Iterator[None]:
    """Raise every failure as StoreAway, so that the breaker names the store and not the step's provider."""
    try:
        with translated():
            yield
    except StepError as error:
        if error.permanent:
            raise
        raise StoreAway(str(error), retry_after=error.retry_after) from error
