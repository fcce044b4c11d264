"""Clients of AWS, and the translation of their failures to the engine's errors. The apps decide which calls to make.

Endpoint, credentials and region come from boto3's own environment. A client tries once, because the engine retries.
The translation follows the table of provider errors in docs/aws.md.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import urllib3.exceptions
from botocore import exceptions as botocore_errors
from botocore.client import Config
from botocore.eventstream import ParserError as EventStreamParserError
from botocore.parsers import ResponseParserError

from workers.engine.receipts import Receipt, note
from workers.errors import BadAnswer, Filtered, Misconfigured, NotReady, Rejected, StepError, Throttled, Transient

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5
POOL_CONNECTIONS = 256
"""More than the threads of any worker process. With botocore's default of 10, connections would often be reopened."""
QUOTA_WAIT = timedelta(minutes=5)
"""A used-up quota of the account stays used up for longer than a throttled rate."""

THROTTLED = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
    }
)
QUOTA_USED_UP = frozenset({"ServiceQuotaExceededException", "LimitExceededException"})
NOT_READY = frozenset({"ModelNotReadyException"})
PASSING = frozenset(
    {
        "ServiceUnavailableException",
        "ServiceUnavailable",
        "InternalServerException",
        "InternalServerError",
        "InternalFailure",
        "InternalDependencyException",
        "OverloadedException",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)
MODEL_FAILED = frozenset({"ModelTimeoutException", "ModelErrorException", "ModelError", "ModelStreamErrorException"})
REFUSED_AS_INVALID = frozenset({"ValidationException", "ValidationError"})
CONFIGURATION = frozenset(
    {
        "AccessDeniedException",
        "AccessDenied",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "MissingAuthenticationTokenException",
        "ExpiredTokenException",
        "ExpiredToken",
        "RequestExpired",
        "OptInRequired",
        "SubscriptionRequiredException",
        "UnknownOperationException",
    }
)

DEAD_MODEL_WORDS = (
    "model identifier",
    "end of its life",
    "on-demand throughput",
    "access to the model",
    "use case details",
    "endpoint",
)
"""A ValidationException with one of these is about a wrong model id, a model without access, or a missing endpoint."""
FILTER_WORDS = ("content filter", "responsible ai", "content polic", "usage polic", "safety", "moderation")
"""Parts of the messages of content filters. AWS does not publish the wording, so the list may be incomplete: an unknown
wording counts as a plain failure."""

CREDENTIALS = (
    botocore_errors.NoCredentialsError,
    botocore_errors.PartialCredentialsError,
    botocore_errors.CredentialRetrievalError,
    botocore_errors.NoAuthTokenError,
    botocore_errors.TokenRetrievalError,
)
NETWORK = (
    botocore_errors.HTTPClientError,
    botocore_errors.ConnectionError,
    botocore_errors.IncompleteReadError,
    urllib3.exceptions.HTTPError,
    EventStreamParserError,
    ConnectionError,
    TimeoutError,
)
"""Streams raise errors of urllib3 and of the event stream parser. Other calls raise those of botocore."""


# --- clients -------------------------------------------------------------------------------------

_clients: dict[tuple[str, float, str | None], Any] = {}
_making = threading.Lock()
# A forked child must not use its parent's connections.
os.register_at_fork(after_in_child=_clients.clear)


def client(service: str, *, read_timeout: float, region: str | None = None) -> Any:
    """The process's client of a service, safe for any number of threads.

    `read_timeout` is how many seconds the service may be silent. `region` None or "" means boto3's default. Raises
    Misconfigured when no region is set.
    """
    key = (service, read_timeout, region or None)
    with _making:
        if key not in _clients:
            # boto3's default session is not thread-safe, so each client gets its own.
            with translated():
                _clients[key] = _make(boto3.session.Session(), service, read_timeout, region or None)
        return _clients[key]


def _make(session: Any, service: str, read_timeout: float, region: str | None) -> Any:
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_timeout,
        # One attempt in all: `max_attempts` would count retries, and the environment could add some.
        retries={"total_max_attempts": 1, "mode": "standard"},
        # Routers on the path drop connections that are idle for 350 s.
        tcp_keepalive=True,
        max_pool_connections=POOL_CONNECTIONS,
    )
    made = session.client(service, region_name=region, config=config)
    made.meta.events.register("after-call", _note_request)
    return made


def _note_request(parsed: dict[str, Any], **_: Any) -> None:
    note(Receipt(request_id=parsed.get("ResponseMetadata", {}).get("RequestId", "")))


# --- what failures mean --------------------------------------------------------------------------


@contextmanager
def translated() -> Iterator[None]:
    """Raise every failure of a call or stream inside the block as one of the engine's errors."""
    try:
        yield
    except botocore_errors.ClientError as error:
        raise _verdict(error) from error
    except CREDENTIALS as error:
        raise Misconfigured(type(error).__name__) from error
    except NETWORK as error:
        raise Transient(type(error).__name__) from error
    except ResponseParserError as error:
        raise BadAnswer("an answer that cannot be read") from error
    except botocore_errors.ParamValidationError as error:
        raise Rejected("a request that the service's own model forbids", code="failed") from error
    except botocore_errors.BotoCoreError as error:
        # The remaining classes are about regions, profiles, endpoints and settings.
        raise Misconfigured(type(error).__name__) from error


def _verdict(error: botocore_errors.ClientError) -> StepError:
    """The engine's error for AWS's. Its message holds names and numbers only: AWS's message may repeat the input."""
    metadata = error.response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 0))
    code = str(error.response.get("Error", {}).get("Code", ""))
    # In an event stream the same names begin with a lower-case letter.
    code = code[:1].upper() + code[1:]
    said = f"{error.operation_name}: {code}, HTTP {status}, request {metadata.get('RequestId', 'unknown')}"
    retry_after = _retry_after(metadata.get("HTTPHeaders", {}))
    if code in QUOTA_USED_UP:
        logger.error("a quota of the account is used up: %s", said)
        return Throttled(said, retry_after=max(retry_after or QUOTA_WAIT, QUOTA_WAIT))
    if code in NOT_READY:
        return NotReady(said, retry_after=retry_after)
    if code in THROTTLED:
        return Throttled(said, retry_after=retry_after)
    if code in PASSING:
        return Transient(said, retry_after=retry_after)
    if code in MODEL_FAILED:
        return BadAnswer(said)
    if code in CONFIGURATION:
        return Misconfigured(said)
    if code in REFUSED_AS_INVALID:
        return _invalid(said, str(error.response["Error"].get("Message", "")).lower())
    return _by_status(status, said, retry_after)


def _invalid(said: str, message: str) -> StepError:
    if any(words in message for words in FILTER_WORDS):
        return Filtered(said)
    if any(words in message for words in DEAD_MODEL_WORDS):
        return Misconfigured(said)
    return Rejected(said, code="failed")


def _by_status(status: int, said: str, retry_after: timedelta | None) -> StepError:
    """The error of an unknown name, by its HTTP status."""
    if status == 429:
        return Throttled(said, retry_after=retry_after)
    if status in (401, 403, 404):
        return Misconfigured(said)
    if status in (408, 424):
        return BadAnswer(said)
    if status >= 500 or status == 0:
        return Transient(said, retry_after=retry_after)
    return Rejected(said, code="failed")


def _retry_after(headers: dict[str, str]) -> timedelta | None:
    """From `x-amz-retry-after`, in milliseconds, or `Retry-After` (RFC 9110), in seconds or as a date. Else None."""
    milliseconds, wait = headers.get("x-amz-retry-after", ""), headers.get("retry-after", "")
    if milliseconds.isdecimal():
        return timedelta(milliseconds=int(milliseconds))
    if wait.isdecimal():
        return timedelta(seconds=int(wait))
    try:
        return max(timedelta(), parsedate_to_datetime(wait) - datetime.now(UTC)) if wait else None
    except (ValueError, TypeError):
        # An invalid date, or one without a time zone, is ignored.
        return None
