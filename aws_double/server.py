"""The double's HTTP server: one thread per connection, on loopback only."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from aws_double import bucket, catalogue, faces, masks, painting, signing, writing
from aws_double.answers import Answer, Cut, Frame, Refusal, Stream
from aws_double.bucket import Bucket
from aws_double.faults import ERRORS, Fault, Faults, refusal
from aws_double.quotas import Quota, quota
from aws_double.record import Call, Record

SIGNED_AS = {
    "DetectFaces": "rekognition",
    "InvokeEndpoint": "sagemaker",
    "InvokeModel": "bedrock",
    "ConverseStream": "bedrock",
    "GetFoundationModel": "bedrock",
    "GetInferenceProfile": "bedrock",
    "GetProvisionedModelThroughput": "bedrock",
    **dict.fromkeys(bucket.NAMES, "s3"),
}
OBSERVED_SECONDS = {"DetectFaces": 1.0, "InvokeEndpoint": 1.7, "InvokeModel": 20.0, "ConverseStream": 1.0}
"""Reported durations of AWS, not measured here, for realistic runs. By default there is no delay."""


@dataclass
class World:
    """The settings of the double, and the record of calls."""

    record: Record = field(default_factory=Record)
    lookups: Record = field(default_factory=Record)
    """Calls of the control plane, recorded apart because they belong to no résumé and cost nothing."""
    faults: Faults = field(default_factory=Faults)
    bucket: Bucket = field(default_factory=Bucket)
    quotas: dict[str, Quota] = field(default_factory=dict)
    """By operation, or by "operation resource" for one model."""
    latency: dict[str, float] = field(default_factory=dict)
    """Delay before the answer in seconds, by operation."""
    pace: writing.Pace = field(default_factory=writing.Pace)
    faces: list[dict[str, Any]] | None = None
    """FaceDetails to answer with; None = detect faces."""
    ellipses: bool = False
    """Whether masks are ellipses even if MobileSAM is installed."""
    sam_image_field: str = "encode_image"
    lifecycles: dict[str, dict[str, str]] = field(default_factory=lambda: dict(catalogue.LIFECYCLES))
    """By the model's id: `status`, and `legacyTime` and `endOfLifeTime` (RFC 3339) if known."""
    stopping: threading.Event = field(default_factory=threading.Event)
    admitting: threading.Lock = field(default_factory=threading.Lock)

    def change(self, settings: dict[str, Any]) -> None:
        """Change settings by name. Raises ValueError or TypeError for an unknown name or a wrong value."""
        for name, value in settings.items():
            match name:
                case "quotas":
                    for key, numbers in value.items():
                        self.quotas.pop(key, None)
                        if numbers is not None:
                            self.quotas[key] = quota(**numbers)
                case "latency":
                    self.latency = dict(value)
                case "pace":
                    self.pace = replace(self.pace, **value)
                case "faces" | "ellipses" | "sam_image_field" | "lifecycles":
                    setattr(self, name, value)
                case _:
                    raise ValueError(f"unknown setting {name!r}")

    def admit(self, call: Call) -> None:
        """Count the call. Raises Refusal when it exceeds its quota."""
        with self.admitting:
            kept = [self.quotas.get(key) for key in (call.operation, f"{call.operation} {call.resource}")]
            admitted = all(each.admit(time.monotonic()) for each in kept if each is not None)
        if not admitted:
            raise refusal(Fault("throttle"), call.operation)


class Double:
    """The server with its world; also a context manager."""

    def __init__(self, port: int = 0) -> None:
        self.world = World()
        handler = type("Handler", (_Handler,), {"world": self.world})
        self._server = _Server(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="aws-double", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Double:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.world.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Double:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    world: World
    protocol_version = "HTTP/1.1"
    # Send frames as soon as they are written.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        match self.path:
            case "/_double/record":
                self._send(Answer.of(self.world.record.as_json()))
            case "/_double/lookups":
                self._send(Answer.of(self.world.lookups.as_json()))
            case "/_double/faults":
                self._send(Answer.of(self.world.faults.as_json()))
            case "/_double/bucket":
                self._send(Answer.of(self.world.bucket.keys()))
            case "/_double/ping":
                self._send(Answer.of({"ready": True}))
            case _:
                self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        if not self.path.startswith("/_double/"):
            self._serve()
            return
        match self.path:
            case "/_double/record":
                self.world.record.clear()
            case "/_double/lookups":
                self.world.lookups.clear()
            case "/_double/faults":
                self.world.faults.clear()
        self._send(Answer.of({}))

    def do_PUT(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        if self.path.startswith("/_double/"):
            self._control()
        else:
            self._serve()

    def log_message(self, *_: Any) -> None:
        """Log nothing: the record holds every call."""

    # --- control ---------------------------------------------------------------------------------

    def _control(self) -> None:
        try:
            value = json.loads(self._body())
            match self.path:
                case "/_double/faults":
                    self.world.faults.add(*(Fault(**each) for each in (value if isinstance(value, list) else [value])))
                case "/_double/settings":
                    self.world.change(value)
                case _:
                    raise ValueError(self.path)
        except (ValueError, TypeError, KeyError) as error:
            self._send(Answer(json.dumps({"error": str(error)}).encode(), 400))
        else:
            self._send(Answer.of({}))

    # --- AWS -------------------------------------------------------------------------------------

    def _serve(self) -> None:
        body = self._body()
        if len(body) < int(self.headers.get("Content-Length", 0)):
            # The client died in the middle of the request, which a real service would not process.
            self.close_connection = True
            return
        request_id = str(uuid.uuid4())
        operation, resource = self._operation()
        record = self.world.lookups if operation in catalogue.OPERATIONS else self.world.record
        said = {"key": resource, "bytes": len(body)} if operation in bucket.NAMES else _parsed(body)
        call = record.begin(operation, resource, said, request_id)
        try:
            headers = {name.lower(): value for name, value in self.headers.items()}
            signing.check(self.command, self._full_url(), headers, body, SIGNED_AS.get(operation, ""))
            answer = self._answer(call, body)
            call.status = 200 if isinstance(answer, Stream) else answer.status
            self._deliver(answer, call)
        except Refusal as error:
            call.status, call.error = error.status, error.code
            self._send(bucket.refused(error) if operation in bucket.NAMES else error.answer(), call)
        except (Cut, OSError) as error:
            call.error = call.error or type(error).__name__
            self.close_connection = True
        finally:
            call.ended = time.time()

    def _operation(self) -> tuple[str, str]:
        if bucket.SCOPE in self.headers.get("Authorization", ""):
            return bucket.operation(self.command, self.path)
        parts = [unquote(part) for part in urlsplit(self.path).path.split("/")]
        match parts:
            case ["", ""] if self.headers.get("X-Amz-Target") == "RekognitionService.DetectFaces":
                return "DetectFaces", ""
            case ["", "endpoints", name, "invocations"]:
                return "InvokeEndpoint", name
            case ["", "model", model, "invoke"]:
                return "InvokeModel", model
            case ["", "model", model, "converse-stream"]:
                return "ConverseStream", model
            case ["", "foundation-models", model]:
                return "GetFoundationModel", model
            case ["", "inference-profiles", profile]:
                return "GetInferenceProfile", profile
            case ["", "provisioned-model-throughput", name]:
                return "GetProvisionedModelThroughput", name
        return "", ""

    def _answer(self, call: Call, body: bytes) -> Answer | Stream:
        if call.operation not in SIGNED_AS:
            raise Refusal(404, "UnknownOperationException", "the double does not know this operation")
        self.world.admit(call)
        fault = self.world.faults.take(call.operation, json.dumps(call.request, ensure_ascii=False))
        call.fault = fault.kind if fault else ""
        self.world.stopping.wait(self.world.latency.get(call.operation, 0))
        if fault and fault.kind in ERRORS:
            raise refusal(fault, call.operation)
        if fault and fault.kind in ("drop", "stall"):
            self.world.stopping.wait(3600 if fault.kind == "stall" else 0)
            call.status = None
            raise Cut
        if fault and fault.kind == "garbage":
            return Answer(b"<html>not what was asked for</html>")
        if call.operation in catalogue.OPERATIONS:
            return catalogue.OPERATIONS[call.operation](call.resource, self.world.lifecycles)
        if call.operation in bucket.NAMES:
            return self.world.bucket.answer(call.operation, call.resource, self.path, body)
        request = json.loads(body)
        match call.operation:
            case "DetectFaces":
                return faces.detect(request, self.world.faces)
            case "InvokeEndpoint":
                return masks.segment(request, len(body), self.world.sam_image_field, self.world.ellipses, fault)
            case "InvokeModel":
                return painting.paint(call.resource, request, len(body), fault)
            case _:
                return writing.converse(call.resource, request, self.world.pace, fault, self.world.stopping.wait)

    def _deliver(self, answer: Answer | Stream, call: Call) -> None:
        if isinstance(answer, Answer):
            self._send(answer, call)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("x-amzn-RequestId", call.request_id)
        self.end_headers()
        for frame in self._paced(answer.frames):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(frame.data), frame.data))
            call.bytes_sent += len(frame.data)
            call.text += frame.text
        self.wfile.write(b"0\r\n\r\n")

    def _paced(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        pace = self.world.pace
        pause = pace.characters / pace.per_second if pace.per_second else 0.0
        for frame in frames:
            yield frame
            if self.world.stopping.wait(pause) if pause else self.world.stopping.is_set():
                raise Cut

    def _send(self, answer: Answer, call: Call | None = None) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        if call is not None:
            self.send_header("x-amzn-RequestId", call.request_id)
            call.bytes_sent = len(answer.body)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _full_url(self) -> str:
        return f"http://{self.headers['Host']}{self.path}"


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return {"bytes": len(body)}
