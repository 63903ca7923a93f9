"""Live dictation over a WebSocket; the protocol is told in deploy/live_dictation.md."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from adapter.domain.identifiers import Accession
from adapter.domain.transcript import Word
from adapter.errors import Malformed, ReadoutError, Rejected, TooLarge, TryAgain, Unsupported
from adapter.speech.audio import SAMPLE_RATE
from adapter.speech.streaming import SAMPLE_BYTES, Confirmed, Partial
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
) -> None:
    """One connection: samples in, acknowledged once they are on disk; words out as they come."""
    parts: Parts = socket.app.state.parts
    await socket.accept()
    line = _Line(socket)
    with contextlib.suppress(WebSocketDisconnect):
        try:
            await _converse(line, parts.live, accession_in(accession), author)
        except ReadoutError as error:
            await line.refuse(error)


async def _converse(line: _Line, live: LiveDictations, accession: Accession, author: str) -> None:
    start = await line.receive(_BEGIN_S)
    if not isinstance(start, Start):
        raise Malformed('send {"type": "start"} first', code="start")
    if start.rate != SAMPLE_RATE:
        raise Unsupported(f"send PCM16 mono at {SAMPLE_RATE} samples a second", code="rate")
    over = await live.settled(accession, start.session) if start.session else None
    if over is not None:
        await line.final(*over)
        return
    async with line.sending:  # words heard meanwhile come after the ready
        session = await live.attach(accession, start.session, author, line.tell)
        holder = session.holder
        await line.now({"type": "ready", "session": session.id, "have": session.have})
        if session.words:
            await line.now(_confirmed(0, session.words))
    try:
        await _take(line, live, session, holder)
    finally:
        live.detach(session, holder)


async def _take(line: _Line, live: LiveDictations, session: LiveSession, holder: int) -> None:
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
        patience = _PAUSED_S if isinstance(message, Pause) else IDLE_S
        await line.send({"type": "ack", "have": session.have})
        while session.runs_ahead(asyncio.get_running_loop().time()):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_S)  # nothing is read meanwhile: the sender has to wait
    if isinstance(message, tuple):
        await line.send(_error(_too_long(live.longest_samples)))
    await session.append(holder, session.have, b"")  # not when another connection has taken over
    await line.final(*await live.stop(session))


class _Line:
    """The socket, with its messages as values; one message is sent at a time."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self.sending = asyncio.Lock()

    async def receive(self, seconds: float) -> Start | Pause | Stop | tuple[int, bytes]:
        """The next command, or samples as (place of the first, PCM16)."""
        try:
            message = await asyncio.wait_for(self._socket.receive(), seconds)
        except TimeoutError:
            raise Malformed("nothing came for too long; connect again", code="idle") from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        return _frame(message.get("bytes") or b"") if text is None else _command(text)

    async def send(self, message: dict[str, Any]) -> None:
        """Send in turn; waits while the other side does not read."""
        async with self.sending:
            await self.now(message)

    async def now(self, message: dict[str, Any]) -> None:
        """Send at once; the caller holds `sending`."""
        try:
            await self._socket.send_text(json.dumps(message, ensure_ascii=False))
        except RuntimeError:  # the socket is closed already
            raise WebSocketDisconnect(1006) from None

    async def tell(self, event: Confirmed | Partial) -> None:
        """Words for the speaker, if there still is one."""
        with contextlib.suppress(WebSocketDisconnect):
            if isinstance(event, Confirmed):
                await self.send(_confirmed(event.first, event.words))
            else:
                text = " ".join(word.text for word in event.words)
                words = [_word(word) for word in event.words]
                await self.send({"type": "partial", "text": text, "words": words})

    async def final(self, dictation: str | None, text: str) -> None:
        """The last message."""
        await self.send({"type": "final", "dictation": dictation, "text": text})
        await self._socket.close()

    async def refuse(self, error: ReadoutError) -> None:
        """Say what is wrong and hang up; the audio acknowledged so far stays."""
        await self.send(_error(error))
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


def _error(error: ReadoutError) -> dict[str, Any]:
    code = getattr(error, "code", "try-again" if isinstance(error, TryAgain) else "failed")
    return {"type": "error", "code": code, "detail": str(error)}


def _confirmed(first: int, words: tuple[Word, ...]) -> dict[str, Any]:
    return {"type": "confirmed", "from": first, "words": [_word(word) for word in words]}


def _word(word: Word) -> dict[str, Any]:
    ms = [word.start_ms, word.end_ms]
    return {"text": word.text, "ms": ms, "confidence": word.confidence}
