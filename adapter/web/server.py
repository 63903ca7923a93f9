"""The HTTP door: its socket, and the server behind it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from adapter.errors import cannot_listen
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
    return HttpServer(config)


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
