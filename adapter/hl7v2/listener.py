"""The MLLP listener: every message is stored before it is acknowledged."""

from __future__ import annotations

import asyncio
import itertools
import logging
import ssl
from collections import Counter
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from adapter.domain.message import InboundMessage
from adapter.errors import ReadoutError, Rejected
from adapter.hl7v2.ack import Acknowledger
from adapter.hl7v2.allow import AllowList
from adapter.hl7v2.answer_mode import as_if_asked
from adapter.hl7v2.connection import Connection, MllpLimits
from adapter.hl7v2.feed_watch import FeedWatch
from adapter.hl7v2.framing import frame
from adapter.hl7v2.group_commit import Arrival, GroupCommit, Store
from adapter.hl7v2.message import Header, Message
from adapter.hl7v2.moment import Moment
from adapter.hl7v2.owed import Alone, Courier, Ledger, Owing, only_node
from adapter.hl7v2.pace import Pace
from adapter.hl7v2.responder import Responder, Turn
from adapter.hl7v2.tls_door import TlsServer
from adapter.mapping.listeners import AnswerAddress
from adapter.ports import Clock

_log = logging.getLogger(__name__)
_FAREWELL_SECONDS = 5.0
_RESPONDERS = 4  # answers that wait for their message at once
_HANDSHAKE_SECONDS = 15.0
_BACKLOG = 512

__all__ = ["Door", "Glance", "MllpLimits", "MllpListener", "Review", "Store"]

Review = Callable[[Message], object]
"""Looks at a message at the door; raises Rejected for what must be refused. Fast, no I/O."""

Glance = Callable[[bytes, Header], bool]
"""True only for a message that the review would certainly let in: it is then spared."""


@dataclass(frozen=True, slots=True)
class Door:
    """What one listener asks of its senders beyond the limits; `protocol` names who reads them."""

    protocol: str = "hl7v2"
    name: str = "default"
    tls: ssl.SSLContext | None = None
    allow: AllowList = field(default_factory=AllowList)
    pace: Pace | None = None
    answer_mode: str = "auto"
    watch: FeedWatch | None = None
    responder: Responder | None = None
    ledger: Ledger | None = None
    answers: AnswerAddress | None = None
    alone: Alone = only_node


class MllpListener:
    """Takes HL7 v2 messages over MLLP, many connections, one group commit."""

    def __init__(
        self,
        host: str,
        port: int,
        limits: MllpLimits,
        review: Review,
        store: Store,
        clock: Clock,
        *,
        fallback_charset: str = "utf-8",
        glance: Glance | None = None,
        door: Door | None = None,
    ) -> None:
        self.host, self.port = host, port  # port 0 becomes the real one in `start`
        self.limits, self.moment, self._clock = limits, Moment(clock), clock
        self._review, self._fallback_charset = review, fallback_charset
        self._glance = glance
        self._door = door = door or Door()
        self.name = door.name
        self.protocol, self.pace, self.watch = door.protocol, door.pace, door.watch
        self.connections: set[Connection] = set()
        self.failed_handshakes: Counter[str] = Counter()  # by reason
        self.stopping = False
        self._acknowledger = Acknowledger()
        self._commit = GroupCommit(store, self._drained)
        self._threads = ThreadPoolExecutor(_RESPONDERS, thread_name_prefix="hl7v2-answer")
        self._owing: Owing | None = None
        self._courier: Courier | None = None
        if door.ledger is not None:
            self._owing = Owing(door.name, door.ledger, self._made, self._threads, door.alone)
            self._courier = Courier(door.answers, self._owing) if door.answers else None
        self._tasks: set[asyncio.Task[None]] = set()
        self._responses: set[asyncio.Future[bytes | None]] = set()
        self._server: asyncio.Server | TlsServer | None = None
        self._numbers = itertools.count(1)
        self._prefix = ""
        self._paused = False

    async def start(self) -> None:
        """Bind and listen; raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._prefix = f"R{int(self.moment.now[0].timestamp() * 1000):x}-"
        if self._door.tls is not None:
            failed = self._handshake_failed
            self._server = TlsServer(self._greet, self._door.tls, _HANDSHAKE_SECONDS, failed)
            self.port = await self._server.open(self.host, self.port, _BACKLOG)
        else:
            server = await loop.create_server(self._greet, self.host, self.port, backlog=_BACKLOG)
            self._server, self.port = server, server.sockets[0].getsockname()[1]
        if self._courier is not None:
            self._do(self._courier.run())
        await self.remember()

    async def remember(self) -> None:
        """Look who waits for an answer that nobody was there to take."""
        if self._owing is not None and self._courier is None and not self.stopping:
            await self._owing.load()

    def _greet(self) -> asyncio.Protocol:
        return Connection(self)

    def _handshake_failed(self, address: str, why: str) -> None:
        self.failed_handshakes[why] += 1
        _log.warning("TLS handshake failed: %s at listener %s: %s", address, self._door.name, why)

    async def stop(self) -> None:
        """Take no more bytes, store and answer what came, then close every connection."""
        self.stopping = True
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.end_reading()
        await self._commit.close()
        for task in self._tasks:
            task.cancel()
        if self._responses:
            await asyncio.wait(self._responses, timeout=_FAREWELL_SECONDS)
        self._threads.shutdown(wait=False)
        for connection in self.connections:
            connection.close()
        if self.connections:
            await asyncio.wait([each.gone for each in self.connections], timeout=_FAREWELL_SECONDS)
        for connection in self.connections:
            connection.abort()  # its sender does not read

    def admit(self, connection: Connection, transport: asyncio.BaseTransport) -> bool:
        """Whether this connection is borne: on the allow list, and not one too many."""
        if refusal := self._door.allow.refusal(transport):
            _log.warning("MLLP connection refused: %s", refusal)
            return False
        if self.stopping or len(self.connections) >= self.limits.max_connections:
            _log.warning("MLLP connection refused: %d are open", len(self.connections))
            return False
        self.connections.add(connection)
        if self._paused:
            connection.pause_reading("store")
        return True

    def review(self, body: bytes, header: Header) -> ReadoutError | None:
        """Why the message is refused at the door; None when it is welcome."""
        if self._glance is not None and self._glance(body, header):
            return None
        try:
            self._review(Message.of(body, header, self._fallback_charset))
        except Rejected as error:
            return error
        except Exception:  # a fault of ours: the message is kept, its sender told, service goes on
            _log.exception("a HL7 v2 message could not be reviewed")
            return ReadoutError("the message could not be read here; its bytes are kept")
        return None

    def submit(self, arrival: Arrival) -> None:
        """Hand a message to the group commit; pauses all senders when too much is waiting."""
        self._commit.add(arrival)
        if self.watch is not None:
            self.watch.heard(arrival.message.sender)
        if not self._paused and self._commit.pending_bytes > self.limits.max_pending_bytes:
            self._paused = True
            for connection in self.connections:
                connection.pause_reading("store")

    def answer(self, arrival: Arrival, refusal: ReadoutError | None) -> bytes | None:
        """The ACK in its frame; None where the sender asked for none."""
        asked = None if arrival.header is None else self._asked(arrival.header)
        number, body = self._next_id(), None
        if isinstance(refusal, Rejected) and asked is not None and self._door.responder is not None:
            write = partial(self._write, asked, number)
            body = self._door.responder.refusal(asked, arrival.message.body, refusal, write)
        body = body or self._acknowledger.answer(asked, refusal, number, self.moment.now[0])
        return None if body is None else frame(body)

    def _write(
        self, asked: Header, number: str, code: str, refusal: ReadoutError | None, kind: str
    ) -> bytes:
        return self._acknowledger.write(asked, code, refusal, number, self._clock.now(), kind)

    def turn(self, arrival: Arrival) -> Turn | None:
        """When an answer that waits until the message is applied is to be given, if at all."""
        header, responder = arrival.header, self._door.responder
        if header is None or responder is None or header.form.is_ack:
            return None
        turn = responder.turn(self._asked(header), arrival.message.body)
        return None if turn is Turn.AFTER and self._courier is not None else turn

    def owed_by(self, header: Header) -> str:
        """The listener's name where it will owe the sender an answer of its own, or ""."""
        responder = self._door.responder
        if self._owing is None or responder is None or not header.form.application:
            return ""
        if header.form.is_ack:
            return ""
        return self._door.name if responder.turn(self._asked(header), b"") is Turn.AFTER else ""

    def told(self, arrival: Arrival, *, given: bool) -> None:
        """An answer of its own was written, or the connection had ended."""
        if self._owing is not None and self._courier is None and arrival.message.owed_by:
            self._owing.end(arrival.message, given=given)

    def settled(self, connection: Connection, arrival: Arrival) -> None:
        """The sender is there: it may be told what it is owed."""
        sender = arrival.message.sender
        if self._owing is not None and sender in self._owing.senders:
            self._do(self._owing.give(sender, connection.tell))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def respond(self, arrival: Arrival) -> asyncio.Future[bytes | None]:
        """That answer in its frame, once it is there."""
        if self._owing is not None and arrival.message.owed_by:
            self._owing.begin(arrival.message)
        response = asyncio.ensure_future(self._respond(arrival))
        self._responses.add(response)
        response.add_done_callback(self._responses.discard)
        return response

    async def _respond(self, arrival: Arrival) -> bytes | None:
        loop = asyncio.get_running_loop()
        body = await loop.run_in_executor(self._threads, self._made, arrival.message)
        return None if body is None else frame(body)

    def _made(self, message: InboundMessage) -> bytes | None:
        """The answer once the message is applied; blocking."""
        if self._door.responder is None:
            return None
        asked = self._asked(Header.parse(message.body))
        write = partial(self._write, asked, self._next_id())
        return self._door.responder.answer(message, asked, write)

    def _asked(self, header: Header) -> Header:
        """The header as this listener answers it."""
        mode = self._door.answer_mode
        return header if mode == "auto" else as_if_asked(header, mode)

    def _next_id(self) -> str:
        return f"{self._prefix}{next(self._numbers):x}"

    def _drained(self) -> None:
        if self._paused and self._commit.pending_bytes <= self.limits.max_pending_bytes // 2:
            self._paused = False
            for connection in self.connections:
                connection.resume_reading("store")
