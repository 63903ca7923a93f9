"""A hub on a real socket, in a thread of the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from adapter.clock import SystemClock
from adapter.fhircast.hub import Hub
from adapter.fhircast.hub_app import PATH, HubOptions, HubServer
from adapter.fhircast.hub_serve import hub_server


@contextmanager
def running_hub(
    hub: Hub | None = None, options: HubOptions | None = None, port: int = 0
) -> Iterator[tuple[str, HubServer]]:
    """(hub.url, the server)."""
    made = HubServer(hub or Hub(), SystemClock(), options or HubOptions())
    server = hub_server(made, "127.0.0.1", port)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    bound = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{bound}{PATH}", made
    finally:
        server.should_exit = True
        thread.join()
