"""A receiver of OpenTelemetry traces: OTLP over HTTP, each span kept as it came."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Span:
    """One span, ids in hex; `error` of its status."""

    node: str
    name: str
    trace_id: str
    id: str
    parent_id: str
    began: int
    ended: int
    told: dict[str, Any]
    error: bool


class TraceReceiver:
    """Listens on loopback; `bodies` are the requests, `spans` what stood in them."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.spans: list[Span] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def named(self, name: str) -> list[Span]:
        """In the order of their beginnings."""
        found = [each for each in self.spans if each.name == name]
        return sorted(found, key=lambda each: each.began)

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: bytes) -> None:
        """Keep what a node sent."""
        self.bodies.append(body)
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            node = _values(group.resource.attributes)["service.instance.id"]
            for scope in group.scope_spans:
                self.spans += [_span(node, each) for each in scope.spans]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.take(self.rfile.read(int(self.headers["Content-Length"])))
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200 if self.path == "/v1/traces" else 404)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                """Keep the test's output clean."""

        return Handler


def _span(node: str, one: Any) -> Span:
    ids = (one.trace_id.hex(), one.span_id.hex(), one.parent_span_id.hex())
    times = one.start_time_unix_nano, one.end_time_unix_nano
    return Span(node, one.name, *ids, *times, _values(one.attributes), one.status.code == 2)


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
