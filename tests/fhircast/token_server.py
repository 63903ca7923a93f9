"""A token endpoint (RFC 6749 4.4) on loopback."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs


@contextmanager
def token_server(expected: str = "us:s3cret") -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(its address, what was asked); it gives token-1, token-2, … with topics user-1, user-2, …"""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            basic = self.headers.get("authorization", "").removeprefix("Basic ")
            told = base64.b64decode(basic).decode()
            asked.append({**parse_qs(body), "basic": told})
            number, good = len(asked), told == expected
            answer = {"access_token": f"token-{number}", "expires_in": 3600}
            answer |= {"topic": f"user-{number}"}
            self.send_response(200 if good else 401)
            self.end_headers()
            self.wfile.write(json.dumps(answer if good else {"error": "invalid_client"}).encode())

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/token", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
