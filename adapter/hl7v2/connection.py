"""One sender's MLLP connection: bytes in, messages to the store, answers out in order."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Protocol, cast

from adapter.domain.identifiers import sha256_hex
from adapter.domain.message import InboundMessage
from adapter.errors import Malformed, ReadoutError, TooLarge
from adapter.hl7v2.framing import Block, BlockKind, FrameReader
from adapter.hl7v2.group_commit import Arrival
from adapter.hl7v2.message import Header, messages_in
from adapter.hl7v2.moment import Moment
from adapter.hl7v2.pace import Pace
from adapter.hl7v2.responder import Turn


@dataclass(frozen=True, slots=True)
class MllpLimits:
    """What one listener bears."""

    max_frame_bytes: int = 4_194_304
    max_connections: int = 512
    idle_seconds: float = 600.0
    max_pending_bytes: int = 33_554_432
    """Messages received and not yet stored; above it, reading pauses."""
    max_responding: int = 64
    """Messages of one connection whose answer waits until they are applied; then it pauses."""
    outside_seconds: float = 0.2
    """Wait for more bytes before bytes outside a frame are refused."""


class Host(Protocol):
    """What a connection needs of its listener."""

    limits: MllpLimits
    moment: Moment
    connections: set[Connection]
    stopping: bool
    protocol: str
    pace: Pace | None

    def admit(self, connection: Connection, transport: asyncio.BaseTransport) -> bool:
        """Whether this connection is borne."""

    def review(self, body: bytes, header: Header) -> ReadoutError | None:
        """Why the message is refused at the door; None when it is welcome."""

    def submit(self, arrival: Arrival) -> None:
        """Hand a message to the group commit."""

    def answer(self, arrival: Arrival, refusal: ReadoutError | None) -> bytes | None:
        """The ACK in its frame; None where the sender asked for none."""

    def turn(self, arrival: Arrival) -> Turn | None:
        """When an answer that waits until the message is applied is to be given, if at all."""

    def respond(self, arrival: Arrival) -> asyncio.Future[bytes | None]:
        """That answer in its frame, once it is there."""

    def owed_by(self, header: Header) -> str:
        """The listener's name where it will owe the sender an answer of its own, or ""."""

    def told(self, arrival: Arrival, *, given: bool) -> None:
        """An answer of its own was written, or the connection had ended."""

    def settled(self, connection: Connection, arrival: Arrival) -> None:
        """The sender is there: it may be told what it is owed."""


class Connection(asyncio.Protocol):
    """One sender's connection."""

    def __init__(self, listener: Host) -> None:
        self._listener, self._loop = listener, asyncio.get_running_loop()
        self._reader = FrameReader(listener.limits.max_frame_bytes)
        self._transport: asyncio.Transport | None = None
        self._peer = self._address = ""
        self._encrypted = False
        self._unanswered = self._responding = 0
        self._in_turn: deque[bytes | asyncio.Future[bytes | None]] = deque()
        self._last_read = 0.0
        self._ended = False  # the sender will send no more
        self._deaf = False  # refused or stopping: what still comes is not read
        self._pauses: set[str] = set()  # why it is not read from at the moment
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self.gone: asyncio.Future[None] = self._loop.create_future()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A sender has connected."""
        self._transport = cast(asyncio.Transport, transport)
        if not self._listener.admit(self, transport):
            self.abort()
            return
        address = transport.get_extra_info("peername") or ("unknown", 0)
        self._address, self._peer = str(address[0]), f"{address[0]}:{address[1]}"
        self._encrypted = transport.get_extra_info("ssl_object") is not None
        self._watch_idle()

    def data_received(self, data: bytes) -> None:
        """Bytes have come, split anywhere."""
        self._last_read = self._loop.time()
        if not self._deaf:
            blocks = self._reader.feed(data)
            self._take(blocks)
            if self._reader.outside_waits or "outside" in self._timers:
                self._watch_outside()
            if self._listener.pace is not None:
                self._slow_down(self._listener.pace, len(blocks))

    def eof_received(self) -> bool:
        """The sender will send no more; it may still wait for answers."""
        self._ended = True
        if not self._deaf:
            self._take(self._reader.flush())
            self._deaf = True
        self._close_when_answered()
        return not self._encrypted  # TLS has no half-closed connection

    def connection_lost(self, _exc: Exception | None) -> None:
        """The connection is gone; what came whole is stored all the same."""
        self._transport = None
        if self in self._listener.connections and not self._deaf:
            self._take(self._reader.flush())
        self._listener.connections.discard(self)
        self.gone.set_result(None)
        self._deaf = True
        for timer in self._timers.values():
            timer.cancel()

    def pause_writing(self) -> None:
        """The sender does not read its answers: no more is read from it."""
        self.pause_reading("answers")

    def resume_writing(self) -> None:
        """The sender reads again."""
        self.resume_reading("answers")

    # What came

    def _take(self, blocks: list[Block]) -> None:
        for block in blocks:
            if self._deaf:
                return
            if block.kind is BlockKind.FRAME:
                for body in messages_in(block.body):
                    self._arrive(body)
            else:
                self._deaf = True  # the stream has lost its place: refuse, answer, close
                self._arrive(block.body, self._framing_refusal(block.kind))

    def _arrive(self, body: bytes, refusal: ReadoutError | None = None) -> None:
        host, header, owed_by = self._listener, None, ""
        try:
            header = Header.parse(body)
        except Malformed as error:
            refusal = refusal or error
        if header is not None and refusal is None:
            refusal = host.review(body, header)
            owed_by = host.owed_by(header) if refusal is None else ""
        digest = sha256_hex(body)
        message = InboundMessage(
            host.protocol,
            self._peer,
            header.sender if header else "",
            (header.control_id if header else "") or digest[:20],
            header.type if header else "",
            body,
            digest,
            host.moment.now[1],
            str(refusal) if refusal else "",
            owed_by,
        )
        self._unanswered += 1
        host.submit(Arrival(message, header, refusal, self))

    def _framing_refusal(self, kind: BlockKind) -> ReadoutError:
        if kind is BlockKind.OVERSIZE:
            limit = self._listener.limits.max_frame_bytes
            return TooLarge(
                f"the message is larger than {limit} bytes "
                "(setting mllp_max_frame_bytes, or max_frame_bytes of the listener's file)"
            )
        if kind is BlockKind.UNFINISHED:
            return Malformed("the connection ended within an MLLP frame", code="structure")
        return Malformed(
            "bytes came outside an MLLP frame; a message is sent as VT message FS CR",
            code="structure",
        )

    # What is answered

    def settle(self, arrival: Arrival, refusal: ReadoutError | None) -> None:
        """Answer a message whose fate is known."""
        self._unanswered -= 1
        if self._transport is None:
            self._listener.told(arrival, given=False)
            return
        turn = self._listener.turn(arrival) if refusal is None else None
        if turn is not Turn.INSTEAD:
            self._write(self._listener.answer(arrival, refusal))
        if turn is not None:
            self._unanswered += 1
            self._responding += 1
            if self._responding >= self._listener.limits.max_responding:
                self.pause_reading("responses")
            response = self._listener.respond(arrival)
            if turn is Turn.INSTEAD:
                self._in_turn.append(response)
            response.add_done_callback(partial(self._responded, turn, arrival))
        self._listener.settled(self, arrival)
        if self._deaf and not self._listener.stopping:
            self._close_when_answered()

    def _write(self, answer: bytes | None) -> None:
        """In turn: behind the answers that are still being made."""
        if answer is not None and self._in_turn:
            self._in_turn.append(answer)
        elif answer is not None and self._transport is not None:
            self._transport.write(answer)

    def _responded(
        self, turn: Turn, arrival: Arrival, response: asyncio.Future[bytes | None]
    ) -> None:
        self._unanswered -= 1
        self._responding -= 1
        if self._responding <= self._listener.limits.max_responding // 2:
            self.resume_reading("responses")
        answer = None if response.cancelled() else response.result()
        if turn is Turn.AFTER:  # a message of its own, in no turn
            given = not response.cancelled() and (answer is None or self.tell(answer))
            self._listener.told(arrival, given=given)
        waiting, self._in_turn = self._in_turn, deque()
        while waiting and (isinstance(waiting[0], bytes) or waiting[0].done()):
            head = waiting.popleft()
            self._write(head if isinstance(head, bytes) else head.result())
        self._in_turn = waiting
        if self._deaf and not self._listener.stopping:
            self._close_when_answered()

    def tell(self, message: bytes) -> bool:
        """Write a message of our own; whether the sender is there for it.

        One that has ended its side may still read, or be gone.
        """
        if self._transport is None or self._transport.is_closing():
            return False
        self._transport.write(message)
        return not self._ended

    def end_reading(self) -> None:
        """Take nothing more from this sender."""
        self._deaf = True
        self.pause_reading("stop")

    def close(self) -> None:
        """Close once the answers are written."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def _close_when_answered(self) -> None:
        if self._unanswered == 0:
            self.close()

    # Flow and time

    def pause_reading(self, why: str) -> None:
        """Let the sender wait."""
        if self._transport is not None and not self._pauses and not self._transport.is_closing():
            self._transport.pause_reading()
        self._pauses.add(why)

    def resume_reading(self, why: str) -> None:
        """Let the sender go on when nothing else stops it."""
        self._pauses.discard(why)
        if self._transport is not None and not self._pauses and not self._transport.is_closing():
            self._transport.resume_reading()

    def _slow_down(self, pace: Pace, messages: int) -> None:
        """Let a sender wait that is faster than the listener allows."""
        if (wait := pace.spend(self._address, messages, self._loop.time())) > 0:
            self.pause_reading("pace")
            self._timers["pace"] = self._loop.call_later(wait, self.resume_reading, "pace")

    def _watch_idle(self) -> None:
        now = self._loop.time()
        self._last_read = self._last_read or now
        rest = self._last_read + self._listener.limits.idle_seconds - now
        if rest <= 0 and self._unanswered == 0:
            self.close()
        else:
            self._timers["idle"] = self._loop.call_later(max(rest, 0.05), self._watch_idle)

    def _watch_outside(self) -> None:
        if timer := self._timers.pop("outside", None):
            timer.cancel()
        if self._reader.outside_waits and not self._deaf:
            wait = self._listener.limits.outside_seconds
            self._timers["outside"] = self._loop.call_later(wait, self._refuse_outside)

    def _refuse_outside(self) -> None:
        self._take(self._reader.flush())
