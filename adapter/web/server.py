"""The HTTP door: its socket, and the server behind it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from fastapi import FastAPI

from adapter.errors import cannot_listen
from adapter.hl7v2.tls import server_context
from adapter.mapping.tls_files import ServerTls
from adapter.settings import Settings

_LONGEST_WS_MESSAGE = 1 << 20


class HttpServer(uvicorn.Server):
    """Leaves the signals of the process to `serve`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def http_server(app: FastAPI, settings: Settings) -> HttpServer:
    """The server of this application."""
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=5,
        ws_max_size=_LONGEST_WS_MESSAGE,
        ws_max_queue=4,
        ws_per_message_deflate=False,  # samples do not get smaller
    )
    tls = tls_of(settings)
    if tls is not None:
        config.load()
        config.ssl = server_context(tls)  # it follows its files, connections go on
    return HttpServer(config)


def tls_of(settings: Settings) -> ServerTls | None:
    """The TLS of the HTTP interface, None: it has none."""
    if settings.http_certificate is None:
        return None
    return ServerTls(certificate=settings.http_certificate, key=settings.http_key)


def own_address(settings: Settings, port: int) -> str:
    """Where browsers reach the interface: as the settings tell, else by its socket."""
    return settings.http_address or socket_address(settings, settings.http_host, port)


def socket_address(settings: Settings, host: str, port: int) -> str:
    """URL of a place where this node answers HTTP."""
    scheme = "http" if settings.http_certificate is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def port_of(server: HttpServer) -> int | None:
    """Where it listens; None: it does not."""
    return int(server.servers[0].sockets[0].getsockname()[1]) if server.started else None


@contextlib.asynccontextmanager
async def serving(server: HttpServer, door: socket.socket) -> AsyncIterator[None]:
    """It answers at this door until the block ends."""
    http = asyncio.create_task(server.serve([door]))
    while not server.started and not http.done():  # noqa: ASYNC110 - no event
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        await http


def bound(host: str, port: int, setting: str = "HTTP") -> socket.socket:
    """A socket for HTTP, before anything else is started; raises ConfigurationError.

    `setting`: the settings of host and port are named READOUT_…_HOST and READOUT_…_PORT.
    """
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
    except OSError as error:
        door.close()
        advice = f"set READOUT_{setting}_HOST and READOUT_{setting}_PORT to a free address"
        raise cannot_listen("HTTP", host, port, error, advice) from None
    return door
