"""A bad link before a server: each connection meets the next trouble of a list, then none."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator

DELAY = "delay"  # every piece comes late; the second message is cut
CUT = "cut"  # in the middle of the message
CUT_ANSWER = "cut answer"  # the message arrives, half of its answer does
BLACK_HOLE = "black hole"  # accepted, and nothing ever comes back
_LATE_S = 0.2
_PIECE = 1 << 16


class Proxy:
    """Forwards a loopback port to another; `met` counts the troubles that a message met.

    A trouble that no message met, as the connection ended before, waits for the next one.
    """

    def __init__(self, port: int, troubles: Iterable[str]) -> None:
        self._port, self._troubles = port, deque(troubles)
        self.met: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        trouble = self._troubles.popleft() if self._troubles else ""
        before = self.met[trouble]
        there, theirs = await asyncio.open_connection("127.0.0.1", self._port)
        ends = {writer, theirs}
        self._open |= ends
        with contextlib.suppress(OSError):
            await asyncio.gather(
                self._forward(reader, theirs, self._way(trouble, {CUT, BLACK_HOLE}), ends),
                self._forward(there, writer, self._way(trouble, {CUT_ANSWER}), ends),
            )
        for each in ends:
            each.transport.abort()
        self._open -= ends
        if trouble and self.met[trouble] == before:
            self._troubles.appendleft(trouble)

    def _way(self, trouble: str, own: set[str]) -> Iterator[str]:
        """What becomes of each piece in one direction."""
        if trouble in own:
            yield trouble
        elif trouble == DELAY:
            yield DELAY
            if own == {CUT, BLACK_HOLE}:
                yield CUT
        while True:
            yield ""

    async def _forward(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        way: Iterator[str],
        ends: set[asyncio.StreamWriter],
    ) -> None:
        while piece := await reader.read(_PIECE):
            trouble = next(way)
            self.met[trouble] += 1
            if trouble == BLACK_HOLE:
                continue
            if trouble == DELAY:
                await asyncio.sleep(_LATE_S)
            half = trouble in (CUT, CUT_ANSWER)
            writer.write(piece[: len(piece) // 2] if half else piece)
            await writer.drain()
            if half:
                break
        for each in ends:
            each.close()  # what was written is still sent
