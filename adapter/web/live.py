"""Live dictation over a WebSocket; the protocol is told in deploy/live_dictation.md."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from adapter.domain.identifiers import Accession
from adapter.errors import Malformed, ReadoutError, Rejected, TooLarge, Unsupported
from adapter.speech.audio import SAMPLE_RATE
from adapter.speech.streaming import SAMPLE_BYTES
from adapter.web import live_messages
from adapter.web.callers import own_author
from adapter.web.live_messages import Message
from adapter.web.parts import Parts
from adapter.web.requests import accession_in
from adapter.workflow.live_dictation import IDLE_S, LiveDictations
from adapter.workflow.live_session import LiveSession

router = APIRouter()

PLACE = "/api/studies/{accession}/dictate"
LONGEST_FRAME = 10 * SAMPLE_RATE * SAMPLE_BYTES
"""Samples in one binary message, in bytes."""

_OFFSET = struct.Struct(">Q")
_LONGEST_TEXT = 4096
_BEGIN_S = 30.0
_PAUSED_S = 3600.0
_LOOK_S = 0.1
_MOST_WORDS = 500  # in one message
_CLOSE_REFUSED = 1008
_CLOSE_TRY_AGAIN = 1013


class _Command(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Start(_Command):
    """The first message: a new session (`session` null), or one to go on with."""

    type: Literal["start"]
    session: Annotated[str | None, Field(max_length=64)] = None
    rate: int = SAMPLE_RATE


class Pause(_Command):
    """No samples for a while; the next ones end the pause."""

    type: Literal["pause"]


class Stop(_Command):
    """The dictation is over."""

    type: Literal["stop"]


_COMMANDS: TypeAdapter[Start | Pause | Stop] = TypeAdapter(
    Annotated[Start | Pause | Stop, Field(discriminator="type")]
)


@router.websocket(PLACE)
async def dictate(
    socket: WebSocket,
    accession: Annotated[str, Path()],
    author: Annotated[str, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")] = "",
    topic: Annotated[str, Query(max_length=256)] = "",
) -> None:
    """One connection: samples in, acknowledged once they are on disk; words out as they come."""
    parts: Parts = socket.app.state.parts
    await socket.accept()
    line = _Line(socket)
    with contextlib.suppress(WebSocketDisconnect):
        try:
            which, author = accession_in(accession), own_author(socket.state.caller, author)
            check = partial(parts.contexts.check_shown, topic, which)
            await _converse(line, parts.live, which, author, check)
        except ReadoutError as error:
            await line.refuse(error)


async def _converse(
    line: _Line,
    live: LiveDictations,
    accession: Accession,
    author: str,
    check_shown: Callable[[], None],
) -> None:
    start = await line.receive(_BEGIN_S)
    if not isinstance(start, Start):
        raise Malformed('send {"type": "start"} first', code="start")
    if start.rate != SAMPLE_RATE:
        raise Unsupported(f"send PCM16 mono at {SAMPLE_RATE} samples a second", code="rate")
    over = await live.settled(accession, start.session) if start.session else None
    if over is not None:
        await line.close(live_messages.final(over))
        return
    if start.session is None:  # one that goes on belongs to the study in which it began
        await asyncio.to_thread(check_shown)
    session, holder = await live.attach(accession, start.session, author)
    try:
        await line.send(live_messages.ready(session.id, session.have))
        teller = _Teller(line, session, holder)
        await _first_of(teller.keep_telling(), _take(line, live, session, holder, teller))
    finally:
        live.detach(session, holder)


async def _first_of(*both: Coroutine[Any, Any, None]) -> None:
    """Until one of them ends, or fails; then the other is given up."""
    tasks = [asyncio.create_task(each) for each in both]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)  # gather would take a cancellation from outside for theirs
    errors = [None if each.cancelled() else each.exception() for each in tasks]
    for error in filter(None, errors):
        raise error


async def _take(
    line: _Line, live: LiveDictations, session: LiveSession, holder: int, teller: _Teller
) -> None:
    """Samples, until the speaker stops or leaves."""
    patience = IDLE_S
    while not isinstance(message := await line.receive(patience), Stop):
        if isinstance(message, Start):
            raise Malformed("the session has started already", code="start")
        if isinstance(message, tuple):
            too_long = _end(message) > live.longest_samples
            if too_long:
                break
            await session.append(holder, *message)
        else:
            session.pause()
        patience = _PAUSED_S if isinstance(message, Pause) else IDLE_S
        await line.send(live_messages.ack(session.have))
        while session.runs_ahead(asyncio.get_running_loop().time()):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_S)  # nothing is read meanwhile: the sender has to wait
    if isinstance(message, tuple):
        await line.send(live_messages.problem(_too_long(live.longest_samples)))
    await session.append(holder, session.have, b"")  # not when another connection has taken over
    final = await live.stop(session)
    await teller.tell()
    await line.close(live_messages.final(final))


class _Teller:
    """Tells one connection what it does not know yet, as fast as it reads.

    Who reads slowly is told the newest partial, and confirmed words in one message.
    """

    def __init__(self, line: _Line, session: LiveSession, holder: int) -> None:
        self._line = line
        self._session = session
        self._holder = holder
        self._words = 0
        self._edits = 0
        self._looks = 0
        self._telling = asyncio.Lock()

    async def keep_telling(self) -> None:
        """Raises Conflict when another connection has taken the session over."""
        while True:
            news = self._session.news
            self._session.check(self._holder)
            try:
                await self.tell()
            except WebSocketDisconnect:  # whoever receives finds that out too, and ends it
                await asyncio.Event().wait()
            await news.wait()

    async def tell(self) -> None:
        """Everything that is new."""
        async with self._telling:
            while (message := self._next()) is not None:
                await self._line.send(message)

    def _next(self) -> Message | None:
        session, first = self._session, self._words
        if first < len(session.words) or self._edits < len(session.edits):
            words = session.words[first : first + _MOST_WORDS]
            self._words += len(words)
            if self._words < len(session.words):
                return live_messages.confirmed(first, words, None)
            edits, self._edits = session.edits[self._edits :], len(session.edits)
            written = live_messages.rewritten(session.text, edits)
            return live_messages.confirmed(first, words, written)
        if session.partial is not None and self._looks < session.looks:
            self._looks = session.looks
            return live_messages.partial(session.partial.event.words, session.partial.text)
        return None


class _Line:
    """The socket, with its messages as values; one message is sent at a time."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._sending = asyncio.Lock()

    async def receive(self, seconds: float) -> Start | Pause | Stop | tuple[int, bytes]:
        """The next command, or samples as (place of the first, PCM16)."""
        try:
            async with asyncio.timeout(seconds):
                message = await self._socket.receive()
        except TimeoutError:
            raise Malformed("nothing came for too long; connect again", code="idle") from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        return _frame(message.get("bytes") or b"") if text is None else _command(text)

    async def send(self, message: Message) -> None:
        """Send in turn; waits while the other side does not read."""
        async with self._sending:
            try:
                await self._socket.send_text(json.dumps(message, ensure_ascii=False))
            except RuntimeError:  # the socket is closed already
                raise WebSocketDisconnect(1006) from None

    async def close(self, last: Message) -> None:
        """Send the last message, and hang up."""
        await self.send(last)
        await self._socket.close()

    async def refuse(self, error: ReadoutError) -> None:
        """Say what is wrong and hang up; the audio acknowledged so far stays."""
        await self.send(live_messages.problem(error))
        again = not isinstance(error, Rejected)
        await self._socket.close(_CLOSE_TRY_AGAIN if again else _CLOSE_REFUSED)


def _frame(body: bytes) -> tuple[int, bytes]:
    pcm = body[_OFFSET.size :]
    if len(pcm) % SAMPLE_BYTES or not pcm:
        raise Malformed("a frame is 8 bytes of sample offset and whole PCM16 samples", code="frame")
    if len(pcm) > LONGEST_FRAME:
        raise TooLarge(f"a frame holds at most {LONGEST_FRAME} bytes of samples", code="frame")
    (first,) = _OFFSET.unpack(body[: _OFFSET.size])
    return first, pcm


def _command(text: str) -> Start | Pause | Stop:
    try:
        if len(text) <= _LONGEST_TEXT:
            return _COMMANDS.validate_json(text)
    except ValidationError:
        pass
    raise Malformed("send start, pause or stop as JSON, samples as binary", code="message")


def _end(frame: tuple[int, bytes]) -> int:
    return frame[0] + len(frame[1]) // SAMPLE_BYTES


def _too_long(samples: int) -> TooLarge:
    told = f"a dictation holds {samples} samples; it ends here, start another one"
    return TooLarge(told, code="too-long")
