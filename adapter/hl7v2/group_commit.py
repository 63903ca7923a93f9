"""Group commit: what arrives while one store call runs goes together into the next."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple, Protocol

from adapter.domain.message import InboundMessage, MessageState
from adapter.errors import ReadoutError, TryAgain
from adapter.hl7v2.message import Header

_log = logging.getLogger(__name__)
_LARGEST_BATCH = 512
_NOT_STORED = "the message could not be stored; send it again later"

Store = Callable[[Sequence[InboundMessage]], Sequence[MessageState]]
"""Stores all in one transaction and tells what each is; blocking; raises when none was stored."""


class Sender(Protocol):
    """The connection that waits for an answer."""

    def settle(self, arrival: Arrival, refusal: ReadoutError | None) -> None:
        """The message is stored, or `refusal` says why it is not accepted."""


class Arrival(NamedTuple):
    """A message on its way into the store, and who waits for the answer."""

    message: InboundMessage
    header: Header | None
    refusal: ReadoutError | None
    sender: Sender


class GroupCommit:
    """One store call at a time in a thread of its own; answers leave in the order of arrival."""

    def __init__(self, store: Store, after_batch: Callable[[], None]) -> None:
        self._store = store
        self._after_batch = after_batch
        self._waiting: deque[Arrival] = deque()
        self._batches: SimpleQueue[list[Arrival]] = SimpleQueue()  # an empty one ends the thread
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle: asyncio.Future[None] | None = None  # there while something is being stored
        self._failed = 0  # messages not stored since the store last worked
        self.pending_bytes = 0

    def add(self, arrival: Arrival) -> None:
        """Queue a message; its sender is settled once it is stored."""
        self._waiting.append(arrival)
        self.pending_bytes += len(arrival.message.body)
        if self._idle is None:
            loop = self._loop or self._begin()
            self._idle = loop.create_future()
            loop.call_soon(self._next)  # with what else has come by then

    async def close(self) -> None:
        """Store and answer what is waiting, then end the thread."""
        while self._idle is not None:
            await self._idle
        self._batches.put([])

    def _begin(self) -> asyncio.AbstractEventLoop:
        self._loop = loop = asyncio.get_running_loop()
        Thread(target=self._work, args=(loop,), name="hl7v2-store", daemon=True).start()
        return loop

    def _next(self) -> None:
        if self._waiting:
            size = min(len(self._waiting), _LARGEST_BATCH)
            self._batches.put([self._waiting.popleft() for _ in range(size)])
        elif self._idle is not None:
            self._idle.set_result(None)
            self._idle = None

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        while batch := self._batches.get():
            states = self._stored([arrival.message for arrival in batch])
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits
                loop.call_soon_threadsafe(self._done, batch, states)

    def _done(self, batch: list[Arrival], states: Sequence[MessageState] | None) -> None:
        self._next()  # stored while these are answered
        self._settle(batch, states)

    def _stored(self, messages: list[InboundMessage]) -> Sequence[MessageState] | None:
        """The states, or None when nothing was stored."""
        try:
            states = self._store(messages)
        except Exception:  # whatever the store's trouble is: no ACK, and the service goes on
            if not self._failed:  # once for a run of failures: senders try again and again
                _log.exception("HL7 v2 messages cannot be stored; their senders are told so")
            self._failed += len(messages)
            return None
        if self._failed:
            _log.warning("storing works again after %d messages were not stored", self._failed)
            self._failed = 0
        return states

    def _settle(self, batch: list[Arrival], states: Sequence[MessageState] | None) -> None:
        for place, arrival in enumerate(batch):
            self.pending_bytes -= len(arrival.message.body)
            refusal = arrival.refusal if states is not None else TryAgain(_NOT_STORED)
            if states is not None and refusal is None and states[place] is MessageState.REFUSED:
                refusal = ReadoutError(arrival.message.refusal or "the message was refused")
            try:
                arrival.sender.settle(arrival, refusal)
            except Exception:  # a fault of ours with one answer: the others must have theirs
                _log.exception("the answer to a HL7 v2 message could not be written")
        self._after_batch()
