"""One MLLP connection as a client: a message out, its answer back."""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from adapter.errors import TryAgain
from adapter.hl7v2.framing import BlockKind, FrameReader, frame
from adapter.hl7v2.tls_door import handshake_reason

_LARGEST_ANSWER = 1_048_576


class HandshakeFailed(TryAgain):
    """The receiver and we could not agree on TLS; `why` names no address."""

    def __init__(self, message: str, why: str) -> None:
        super().__init__(message)
        self.why = why


class MllpLink(asyncio.Protocol):
    """A connection to a receiver, used for one message at a time."""

    def __init__(self) -> None:
        self._reader = FrameReader(_LARGEST_ANSWER)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self.loop = asyncio.get_running_loop()

    @classmethod
    async def connect(
        cls,
        host: str,
        port: int,
        seconds: float,
        attempts: int = 1,
        *,
        tls: ssl.SSLContext | None = None,
        server_name: str = "",
    ) -> MllpLink:
        """A new connection; raises TryAgain after `attempts` of at most `seconds` each.

        Over TLS the receiver's certificate must hold `server_name`, or else the host.
        """
        name = (server_name or host) if tls else None
        tries = AsyncRetrying(
            stop=stop_after_attempt(attempts),
            wait=wait_exponential(multiplier=0.1, max=1.0),
            retry=retry_if_exception_type(OSError),
            reraise=True,
        )
        try:
            return await tries(cls._connect_once, host, port, seconds, tls, name)
        except ssl.SSLError as error:
            why = handshake_reason(error)
            raise HandshakeFailed(f"no connection to {host}:{port}: {why}", why) from None
        except OSError as error:
            raise TryAgain(f"no connection to {host}:{port}: {_reason(error)}") from None

    @classmethod
    async def _connect_once(
        cls, host: str, port: int, seconds: float, tls: ssl.SSLContext | None, name: str | None
    ) -> MllpLink:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            _, link = await loop.create_connection(cls, host, port, ssl=tls, server_hostname=name)
        return link

    @property
    def usable(self) -> bool:
        """Whether a message may be sent: open, and on the running loop."""
        open_ = self._transport is not None and not self._transport.is_closing()
        return open_ and self.loop is asyncio.get_running_loop()

    async def exchange(self, body: bytes, seconds: float) -> bytes:
        """Send one message, return the body of the next frame; raises TryAgain.

        After trouble the link is dropped: a late answer must never meet the next message.
        """
        if self._transport is None or self._answer is not None:
            raise TryAgain("the connection is closed or busy")
        self._answer = self.loop.create_future()
        try:
            self._transport.write(frame(body))
            async with asyncio.timeout(seconds):
                return await self._answer
        except TimeoutError:
            self.drop()
            raise TryAgain(f"no answer within {seconds:g} seconds") from None
        except asyncio.CancelledError:
            self.drop()
            raise
        finally:
            self._answer = None

    def write(self, body: bytes) -> None:
        """Send one message that nobody answers; raises TryAgain."""
        if self._transport is None or self._answer is not None:
            raise TryAgain("the connection is closed or busy")
        self._transport.write(frame(body))

    def drop(self) -> None:
        """Close at once; safe from any thread once the link's loop has ended."""
        transport, self._transport = self._transport, None
        if transport is None:
            return
        if not self.loop.is_running():
            return  # its loop took the socket with it
        self.loop.call_soon_threadsafe(transport.abort)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer; whatever was not asked for ends the connection."""
        for block in self._reader.feed(data):
            waiting = self._answer
            if block.kind is not BlockKind.FRAME or waiting is None or waiting.done():
                self._fail("the receiver sent what is no answer to a message")
                return
            waiting.set_result(block.body)

    def connection_lost(self, exc: Exception | None) -> None:
        """The receiver closed, or the network failed."""
        why = f": {_reason(exc)}" if exc else ""
        self._fail(f"the connection was closed before the answer{why}")

    def _fail(self, why: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(TryAgain(why))
        self.drop()


def _reason(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return "timed out" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
