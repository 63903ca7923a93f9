"""The HTTP door: its socket, and the server behind it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

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
    scheme = "http" if settings.http_certificate is None else "https"
    host = f"[{settings.http_host}]" if ":" in settings.http_host else settings.http_host
    return settings.http_address or f"{scheme}://{host}:{port}"


def bound(host: str, port: int) -> socket.socket:
    """A socket on the HTTP door, before anything else is started; raises ConfigurationError."""
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
    except OSError as error:
        door.close()
        advice = "set READOUT_HTTP_HOST and READOUT_HTTP_PORT to a free address"
        raise cannot_listen("HTTP", host, port, error, advice) from None
    return door
