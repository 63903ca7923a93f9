"""MLLP as the peers speak it, written apart from the service's own: VT message FS CR."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

START, END = b"\x0b", b"\x1c\r"
_LARGEST = 16 * 1024 * 1024

Answerer = Callable[[bytes], Awaitable[bytes | None]]
"""A message to its answer; None: the connection is cut without one."""


async def exchange(host: str, port: int, body: bytes, seconds: float = 10.0) -> bytes:
    """Send one message on a new connection; returns the answer. Raises OSError or TimeoutError."""
    async with asyncio.timeout(seconds):
        reader, writer = await asyncio.open_connection(host, port, limit=_LARGEST)
        try:
            writer.write(START + body + END)
            await writer.drain()
            return (await reader.readuntil(END))[1 : -len(END)]
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("the connection was closed before the answer") from error
        finally:
            writer.close()


class MllpServer:
    """Takes messages on a loopback port and answers each by `answer`."""

    def __init__(self, answer: Answerer) -> None:
        self._answer = answer
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self, port: int = 0) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=_LARGEST)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close everything at once."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                body = (await reader.readuntil(END))[: -len(END)].lstrip(START)
                answer = await self._answer(body)
                if answer is None:
                    break
                writer.write(START + answer + END)
                await writer.drain()
        self._open.discard(writer)
        writer.transport.abort()


def fields(body: bytes, segment: str) -> list[str]:
    """The fields of the first such segment; index n is field n (MSH: n + 1). Empty if absent."""
    for line in body.decode("utf-8", "replace").split("\r"):
        if line.startswith(f"{segment}|"):
            return line.split("|")
    return []


def acknowledgement(body: bytes, code: str = "AA", text: str = "") -> bytes:
    """The ACK of a receiver for this message (HL7 v2 chapter 2.9.2, original mode)."""
    msh = [*fields(body, "MSH"), *[""] * 12]
    route = [msh[4], msh[5], msh[2], msh[3]]
    head = ["MSH", r"^~\&", *route, "20260105080000", "", "ACK", f"A{msh[9]}"[:20], "P", msh[11]]
    lines = ["|".join(head), "|".join(["MSA", code, msh[9], *([text] if text else [])])]
    return ("\r".join(lines) + "\r").encode()
