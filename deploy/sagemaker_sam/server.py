"""The endpoint's own server, for a container without a serving framework: GET /ping and POST /invocations.

`python server.py`, with the weights in SM_MODEL_DIR (/opt/ml/model, where SageMaker unpacks the artifact) and the
address in BIND (0.0.0.0) and PORT (8080). A request and its pictures are never logged.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import inference

SILENT_SECONDS = 30
"""Of a client in the middle of its request."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], model: inference.Sam) -> None:
        super().__init__(address, Handler)
        self.model = model


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = SILENT_SECONDS

    def do_GET(self) -> None:
        if self.path == "/ping":
            self._answer(200, "{}")
        else:
            self._refuse(404, "there is nothing here")

    def do_POST(self) -> None:
        # SageMaker posts to /invocations; boto3 that is pointed straight here, to /endpoints/NAME/invocations.
        if not self.path.endswith("/invocations"):
            self._refuse(404, "there is nothing here")
            return
        try:
            question = inference.input_fn(self._body(), self.headers.get("Content-Type", ""))
            mask = inference.predict_fn(question, self.server.model)
        except inference.BadRequest as error:
            self._refuse(400, str(error))
        except inference.Busy as error:
            self._refuse(503, str(error))
        except Exception:
            self._refuse(500, "the model failed")
            raise
        else:
            self._answer(200, inference.output_fn(mask, self.headers.get("Accept", "")))

    def _body(self) -> bytes:
        """Raises BadRequest."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise inference.BadRequest("the request must say its Content-Length")
        if int(length) > inference.LARGEST_BODY:
            self._discard(int(length))
            raise inference.BadRequest(f"the body is larger than {inference.LARGEST_BODY} bytes")
        return self.rfile.read(int(length))

    def _discard(self, length: int) -> None:
        """Read what is somewhat too large: a client that is still sending would miss the answer."""
        left = min(length, 4 * inference.LARGEST_BODY)
        while left > 0 and (piece := self.rfile.read(min(left, 1 << 20))):
            left -= len(piece)

    def _refuse(self, status: int, reason: str) -> None:
        # What the client still sends would be taken for its next request.
        self.close_connection = True
        self._answer(status, json.dumps({"error": reason}, ensure_ascii=False))

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """SageMaker counts and times every request itself."""


def main() -> None:
    model = inference.model_fn(os.environ.get("SM_MODEL_DIR", "/opt/ml/model"))
    address = (os.environ.get("BIND", "0.0.0.0"), int(os.environ.get("PORT", "8080")))
    with Server(address, model) as server:
        # As the first process of a container, Python would not hear SIGTERM.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        sys.stdout.write(f"listening on port {server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
