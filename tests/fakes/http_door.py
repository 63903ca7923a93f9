"""An HTTP server of the tests on a free loopback port, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_LOOKS_S = 0.01  # how often it looks whether it is to end


@contextmanager
def http_door(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Its base URL, while it serves."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(_LOOKS_S,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
