"""Application acknowledgements that a listener owes: given later where the connection ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from adapter.domain.message import InboundMessage
from adapter.errors import ReadoutError, TryAgain
from adapter.hl7v2.ack import read_acknowledgement
from adapter.hl7v2.framing import frame
from adapter.hl7v2.link import MllpLink
from adapter.hl7v2.message import Header
from adapter.hl7v2.tls import client_contexts
from adapter.mapping.listeners import AnswerAddress

_log = logging.getLogger(__name__)
_AT_ONCE = 50
_LOOK_S = 2.0
_LONGEST_WAIT_S = 60.0


class Ledger(Protocol):
    """Which messages are owed an answer; every call blocks."""

    def senders(self, listener: str) -> Sequence[str]:
        """MSH-3|MSH-4 of those who wait for an answer of this listener."""

    def owed(self, listener: str, sender: str | None, limit: int) -> Sequence[InboundMessage]:
        """Messages whose answer is owed to this sender, or to anybody, oldest first."""

    def given(self, answered: InboundMessage) -> None:
        """Nothing more is owed for this message."""


Alone = Callable[[str], AbstractAsyncContextManager[None]]
"""Works this lane as the only node; raises TryAgain where another does, or when that has to end."""


def only_node(_lane: str) -> AbstractAsyncContextManager[None]:
    """For a node that has its database to itself."""
    return nullcontext()


@dataclass
class Owing:
    """What one listener owes. `make` writes the answer to a message, or None where none is due.

    Nodes share the ledger: answers of one sender, or for one address, are given by one at a time.
    """

    listener: str
    ledger: Ledger
    make: Callable[[InboundMessage], bytes | None]
    threads: Executor
    alone: Alone = only_node

    def __post_init__(self) -> None:
        self.senders: set[str] = set()  # whose next connection is told
        self._in_hand: set[tuple[str, str, str]] = set()

    async def load(self) -> None:
        """Remember who waits since an earlier run, or of another node."""
        try:
            self.senders.update(await self.run(self.ledger.senders, self.listener))
        except Exception:  # the next look tries again
            _log.exception("who waits for an answer could not be read")

    def begin(self, message: InboundMessage) -> None:
        """The answer is being made for a connection that is open."""
        self._in_hand.add(_key(message))

    def end(self, message: InboundMessage, *, given: bool) -> None:
        """It was written there, or could not be."""
        self._in_hand.discard(_key(message))
        if given:
            with suppress(RuntimeError):  # the listener ends: then the sender hears it once more
                self.threads.submit(self._given, message)
        else:
            self.senders.add(message.sender)

    async def give(self, sender: str, tell: Callable[[bytes], bool]) -> None:
        """Tell a sender that is connected again; `tell` says whether it still is."""
        self.senders.discard(sender)
        try:
            async with self.alone(f"{self.listener} {sender}"):
                more = await self._tell(sender, tell)
        except TryAgain:  # another node tells it: the next message of this sender looks again
            more = True
        except Exception:  # the rows stay: the next message of this sender tries again
            _log.exception("answers that are owed could not be given")
            more = True
        if more:
            self.senders.add(sender)

    async def _tell(self, sender: str, tell: Callable[[bytes], bool]) -> bool:
        """Whether there may be more to tell."""
        found = await self.run(self.ledger.owed, self.listener, sender, _AT_ONCE)
        for message in found:
            if _key(message) in self._in_hand:
                continue
            body = await self.run(self.make, message)
            if body is not None and not tell(frame(body)):
                return True
            await self.run(self.ledger.given, message)
        return len(found) == _AT_ONCE

    def _given(self, message: InboundMessage) -> None:
        try:
            self.ledger.given(message)
        except Exception:  # then the sender hears it once more
            _log.exception("an answer was given, which could not be written down")

    async def run(self, call: Callable[..., Any], *values: Any) -> Any:
        """A blocking call in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, call, *values)


class Courier:
    """Brings the answers to another address: oldest first, one at a time, until each is taken.

    Every node has one. While one brings, the others only look whether it still does.
    """

    def __init__(self, address: AnswerAddress, owing: Owing) -> None:
        self._address, self._owing = address, owing
        self._tls = client_contexts(address.tls) if address.tls else None
        self._link: MllpLink | None = None
        self._failures = 0

    async def run(self) -> None:
        """Until it is cancelled."""
        try:
            while True:
                await asyncio.sleep(min(_LOOK_S * 2**self._failures, _LONGEST_WAIT_S))
                await self._bring()
        finally:
            self._drop()

    async def _bring(self) -> None:
        owing = self._owing
        try:
            if not await self._owed(1):
                return
            async with AsyncExitStack() as held:
                try:
                    await held.enter_async_context(owing.alone(owing.listener))
                except TryAgain:
                    return
                await self._bring_all()
        except ReadoutError as error:
            self._drop()
            if not self._failures:
                _log.warning("answers of listener %s wait: %s", owing.listener, error)
            self._failures = min(self._failures + 1, 8)
        except Exception:  # the rows stay
            _log.exception("answers of listener %s wait", owing.listener)
            self._failures = min(self._failures + 1, 8)

    async def _bring_all(self) -> None:
        owing = self._owing
        while found := await self._owed(_AT_ONCE):
            for message in found:
                body = await owing.run(owing.make, message)
                if body is not None:
                    await self._send(body)
                await owing.run(owing.ledger.given, message)
                self._failures = 0

    async def _owed(self, limit: int) -> Sequence[InboundMessage]:
        owing = self._owing
        found: Sequence[InboundMessage] = await owing.run(
            owing.ledger.owed, owing.listener, None, limit
        )
        return found

    async def _send(self, body: bytes) -> None:
        link = await self._connected()
        if not self._address.acknowledged:
            link.write(body)
            return
        ack = read_acknowledgement(await link.exchange(body, self._address.answer_seconds))
        if ack.control_id != Header.parse(body).control_id:
            raise TryAgain("the receiver answered another message (MSA-2 is not our control id)")
        if ack.code[1:] != "A":
            _log.warning("an answer of %s was refused: %s", self._owing.listener, ack.code[:10])

    async def _connected(self) -> MllpLink:
        at = self._address
        if self._link is None or not self._link.usable:
            self._link = await MllpLink.connect(
                at.host,
                at.port,
                at.connect_seconds,
                tls=self._tls.get() if self._tls else None,
                server_name=at.tls.server_name if at.tls else "",
            )
        return self._link

    def _drop(self) -> None:
        if self._link is not None:
            self._link.drop()
            self._link = None


def _key(message: InboundMessage) -> tuple[str, str, str]:
    return message.sender, message.control_id, message.body_sha256
