"""Group commit: what arrives while one store call runs goes together into the next."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
        self._runner: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hl7v2-store")
        self._failed = 0  # messages not stored since the store last worked
        self.pending_bytes = 0

    def add(self, arrival: Arrival) -> None:
        """Queue a message; its sender is settled once it is stored."""
        self._waiting.append(arrival)
        self.pending_bytes += len(arrival.message.body)
        if self._runner is None:
            self._runner = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Store and answer what is waiting, then end the thread."""
        while self._runner is not None:
            await asyncio.wait([self._runner])
        self._thread.shutdown()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                size = min(len(self._waiting), _LARGEST_BATCH)
                batch = [self._waiting.popleft() for _ in range(size)]
                messages = [arrival.message for arrival in batch]
                states = await loop.run_in_executor(self._thread, self._stored, messages)
                self._settle(batch, states)
        finally:
            self._runner = None

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
