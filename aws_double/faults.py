"""Faults on demand: the next matching call uses each."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field, replace
from typing import Any

from aws_double.answers import Refusal


@dataclass(frozen=True)
class Fault:
    kind: str
    """A name of ERRORS, or one of BEHAVIOURS."""
    operation: str = "*"
    """DetectFaces, InvokeEndpoint, InvokeModel, ConverseStream, PutObject, …, or any."""
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    """Headers of an error, such as Retry-After."""
    after_items: int = 0
    """In a letter: how many whole items are sent before the fault. Half of the next item follows them."""
    code: str = "modelStreamErrorException"
    """The code of an exception inside a stream."""
    about: str = ""
    """A regular expression. The fault applies only to requests in which it is found, as JSON with pictures
    described."""

    def __post_init__(self) -> None:
        if self.kind not in ERRORS and self.kind not in BEHAVIOURS:
            raise ValueError(f"unknown fault {self.kind!r}: one of {', '.join((*ERRORS, *BEHAVIOURS))}")


ERRORS: dict[str, tuple[int, str, str]] = {
    "throttle": (429, "ThrottlingException", "Too many requests, please wait before trying again."),
    "provisioned": (400, "ProvisionedThroughputExceededException", "Provisioned rate exceeded."),
    "quota": (400, "ServiceQuotaExceededException", "Your request exceeds the service quota for your account."),
    "not_ready": (429, "ModelNotReadyException", "The model specified in the request is not ready to serve requests."),
    "unavailable": (503, "ServiceUnavailableException", "The service isn't currently available. Try again later."),
    "slow_down": (503, "SlowDown", "Please reduce your request rate."),
    "internal": (500, "InternalServerException", "An internal server error occurred. Retry your request."),
    "overloaded": (529, "OverloadedException", "Overloaded"),
    "model_timeout": (408, "ModelTimeoutException", "The request took too long to process."),
    "model_error": (424, "ModelErrorException", "The request failed due to an error while processing the model."),
    "validation": (400, "ValidationException", "Malformed input request, please reformat your input and try again."),
    "dead_model": (400, "ValidationException", "The provided model identifier is invalid."),
    "filter_validation": (400, "ValidationException", "This request has been blocked by our content filters."),
    "denied": (403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
    "missing": (404, "ResourceNotFoundException", "Could not resolve the foundation model from the model identifier."),
    "expired": (403, "ExpiredTokenException", "The security token included in the request is expired"),
}
SAGEMAKER_NAMES = {
    "ServiceUnavailableException": "ServiceUnavailable",
    "InternalServerException": "InternalFailure",
    "ModelErrorException": "ModelError",
    "ValidationException": "ValidationError",
}
REKOGNITION_NAMES = {"InternalServerException": "InternalServerError"}

BEHAVIOURS = (
    "drop",  # the connection is closed instead of an answer
    "stall",  # no answer, for as long as the double runs
    "garbage",  # HTTP 200 with a body that is no answer
    "filter",  # HTTP 200 without the picture or letter, which the content filter removed
    "filter_some",  # one picture of several removed by the filter
    "inference_error",  # Stability's other finish reason
    "empty",  # an answer without content
    "wrong_size",  # a picture or a mask of another shape
    "inverted",  # an inverted mask
    "none",  # an empty mask
    # Inside a letter's stream, after so many items:
    "cut",
    "silent",
    "exception",
    "damaged",
    "no_stop",
    "missing_marker",
    "max_tokens",
)


class Faults:
    """The waiting faults, in order. Shared by all threads of the server."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        with self._lock:
            self._waiting.extend(faults)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, operation: str, said: str = "") -> Fault | None:
        """The first fault for this operation and request, with its `times` reduced by one; None when there is none."""
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if fault.operation in ("*", operation) and re.search(fault.about, said):
                    if fault.times > 1:
                        self._waiting[index] = replace(fault, times=fault.times - 1)
                    else:
                        del self._waiting[index]
                    return fault
        return None

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [vars(fault) for fault in self._waiting]


def refusal(fault: Fault, operation: str) -> Refusal:
    """The error under the name that this operation's service uses."""
    status, code, message = ERRORS[fault.kind]
    names = {"InvokeEndpoint": SAGEMAKER_NAMES, "DetectFaces": REKOGNITION_NAMES}.get(operation, {})
    if operation == "DetectFaces" and status == 429:
        status = 400
    return Refusal(status, names.get(code, code), message, fault.headers)
