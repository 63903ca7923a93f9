"""Runs a hub in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import uvicorn

from adapter.clock import SystemClock
from adapter.errors import cannot_listen
from adapter.fhircast.hub import Hub
from adapter.fhircast.hub_app import LARGEST_BODY, HubOptions, HubServer


def serve_hub(
    hub: Hub, options: HubOptions, host: str, port: int, ready: Callable[[int], None]
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is told the port."""
    server = hub_server(HubServer(hub, SystemClock(), options), host, port)

    async def main() -> None:
        serving = asyncio.create_task(server.serve())
        while not server.started and not serving.done():  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
        if server.started:
            ready(int(server.servers[0].sockets[0].getsockname()[1]))
        await serving

    try:
        asyncio.run(main())
    except SystemExit:  # uvicorn could not listen
        reason = OSError("it is in use or not of this machine")
        raise cannot_listen("the hub", host, port, reason, "choose another --port") from None


def hub_server(server: HubServer, host: str, port: int) -> uvicorn.Server:
    """The hub behind sockets, not yet serving."""
    config = uvicorn.Config(
        server.app(),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=3,
        ws_max_size=LARGEST_BODY,
        ws_max_queue=32,
    )
    return uvicorn.Server(config)
