"""Takes connections over TLS; a handshake that comes to nothing is told, not passed over."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

Failed = Callable[[str, str], None]
"""Called with the sender's address and why its handshake came to nothing."""


class TlsServer:
    """A listener that awaits each handshake itself: asyncio's own keeps failures to itself."""

    def __init__(
        self,
        protocol: Callable[[], asyncio.Protocol],
        context: ssl.SSLContext,
        seconds: float,
        failed: Failed,
    ) -> None:
        self._protocol, self._context, self._seconds = protocol, context, seconds
        self._failed = failed
        self._sockets: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int, backlog: int) -> int:
        """Listen on every address of the host; returns the port. Raises OSError."""
        loop = asyncio.get_running_loop()
        kind, flags = socket.SOCK_STREAM, socket.AI_PASSIVE
        found = await loop.getaddrinfo(host, port, type=kind, flags=flags)
        places = dict.fromkeys((family, address) for family, _, _, _, address in found)
        try:
            for family, address in places:
                door = socket.create_server(address, family=family, backlog=backlog)
                self._sockets.append(door)
                door.setblocking(False)
        except OSError:
            self.close()
            raise
        for door in self._sockets:
            self._do(self._accept(door))
        return int(self._sockets[0].getsockname()[1])

    def close(self) -> None:
        """Take no more connections."""
        for task in self._tasks:
            task.cancel()
        for door in self._sockets:
            door.close()

    async def _accept(self, door: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                plain, address = await loop.sock_accept(door)
            except OSError:  # out of file descriptors, or the sender has gone already
                await asyncio.sleep(0.1)
                continue
            self._do(self._greet(plain, str(address[0])))

    async def _greet(self, plain: socket.socket, address: str) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                self._protocol, plain, ssl=self._context, ssl_handshake_timeout=self._seconds
            )
        except OSError as error:
            self._failed(address, handshake_reason(error))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def handshake_reason(error: OSError) -> str:
    """Why a handshake failed, in words that name no address."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS error").replace("_", " ").lower()
    is_slow = isinstance(error, TimeoutError) or "longer" in str(error)
    return "timed out" if is_slow else "connection closed"
