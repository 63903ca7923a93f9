"""Live dictations of one node: audio is kept first, heard in turns, and becomes a dictation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import NamedTuple

import sqlalchemy as sa
import structlog

from adapter.domain.identifiers import Accession
from adapter.domain.transcript import Transcript
from adapter.errors import NotFound, ReadoutError, TryAgain
from adapter.ports import SpeechContext
from adapter.reporting.live_text import GrowingText, LiveText
from adapter.speech.audio import SAMPLE_RATE
from adapter.speech.streaming import SAMPLE_BYTES, LiveHearing, Memory
from adapter.store import dictations, speaking, studies
from adapter.store.live_audio import LiveAudio, LiveHead
from adapter.workflow.dictations import Dictations, context_of
from adapter.workflow.fair_turns import FairTurns
from adapter.workflow.live_session import LiveSession
from adapter.workflow.study_flow import House, iso

log = structlog.get_logger()

Listen = Callable[[SpeechContext, Memory], LiveHearing]
"""Opens ears for one recording; blocking, the model may have to be loaded."""

MOST_SESSIONS = 32
"""Speakers connected at once."""

IDLE_S = 900.0
"""A session nobody is connected to becomes a dictation after this long, in seconds."""

_KNOWN_S = 86_400.0
_SWEEP_S = 30.0
_AGAIN_S = 1.0
_SPEAKS = timedelta(seconds=speaking.SPEAKS_S)
_WAV_HEADER = 44
_LARGEST_WAV = 1 << 32


class Final(NamedTuple):
    """What became of a session: the dictation (None: nothing was said), its words and its text."""

    dictation: str | None
    spoken: str
    text: LiveText


class LiveDictations:
    """All methods run on the event loop; `listen` None: an engine that hears whole files only."""

    def __init__(
        self,
        house: House,
        receiver: Dictations,
        audio: LiveAudio,
        listen: Listen | None,
        longest_minutes: float = 120.0,
        node: str = "node-1",
    ) -> None:
        self._house = house
        self._receiver = receiver
        self._audio = audio
        self._listen = listen
        longest = int(longest_minutes * 60 * SAMPLE_RATE)
        self.longest_samples = min(longest, (_LARGEST_WAV - _WAV_HEADER) // SAMPLE_BYTES)
        self._sessions: dict[str, LiveSession] = {}
        self._closing: set[str] = set()
        self._holders = count(1)
        self._turns = FairTurns()
        self._node = node
        self._telling = asyncio.Lock()
        self._told: set[str] = set()
        self._tellers: set[asyncio.Task[None]] = set()

    async def settled(self, accession: Accession, id_: str) -> Final | None:
        """What a session that is over became, None for one that is not; raises NotFound."""
        return await asyncio.to_thread(self._settled, accession, id_)

    def _settled(self, accession: Accession, id_: str) -> Final | None:
        head = self._audio.head(id_)
        if head.accession != accession:
            raise NotFound("this session is one of another study", code="session")
        if not head.dictation:
            return None
        with self._house.database.read() as tx:
            told = dictations.transcripts(tx, accession)
        transcript = next((each for each in told if each.dictation_id == head.dictation), None)
        return self._final(None if head.dictation == "-" else head.dictation, transcript)

    def _final(self, dictation: str | None, heard: Transcript | None) -> Final:
        if heard is None:
            return Final(dictation, "", LiveText())
        growing = GrowingText(self._house.tables.vocabulary(heard.language))
        growing.add(heard.words)
        return Final(dictation, heard.spoken, growing.whole())

    async def attach(
        self, accession: Accession, id_: str | None, author: str
    ) -> tuple[LiveSession, int]:
        """Begin a session, or go on with one; an older connection to it is left behind.

        Returns the session and the number of this connection. Raises TryAgain when too many speak
        at once, NotFound for an unknown session.
        """
        session = self._sessions.get(id_ or "")
        connected = sum(each.holder != 0 for each in self._sessions.values())
        if connected >= MOST_SESSIONS and (session is None or session.holder == 0):
            raise TryAgain("too many people dictate at this moment; try again", after=5.0)
        if session is None:
            opened = await self._opened(accession, id_, author)
            session = self._sessions.setdefault(opened.id, opened)
        if session.stopped or session.id in self._closing:
            raise TryAgain("this session is being closed; ask again", after=1.0)
        session.holder = next(self._holders)
        session.tell()  # an older connection finds that it has lost the session
        session.opened_at = asyncio.get_running_loop().time()
        session.opened_have = session.have
        if session.hearing is None or session.hearing.done():
            session.hearing = asyncio.create_task(self._hear(session))
        await self._tell_nodes()
        return session, session.holder

    def detach(self, session: LiveSession, holder: int) -> None:
        """The connection has gone; its session waits for the next one."""
        if session.holder == holder:
            session.holder = 0
        task = asyncio.create_task(self._tell_nodes())  # also after a stop: nobody waits for it
        self._tellers.add(task)
        task.add_done_callback(self._tellers.discard)

    def speaking(self) -> set[str]:
        """Accessions into which somebody dictates at this moment, at any node; not in the loop."""
        house = self._house
        with house.database.read() as tx:
            return self._speaking_here() | speaking.elsewhere(tx, self._node, house.now())

    def _speaking_here(self) -> set[str]:
        sessions = list(self._sessions.values())
        return {each.accession for each in sessions if each.holder and not each.stopped}

    async def _tell_nodes(self, *, renew: bool = False) -> None:
        """Let the other nodes know; a database that does not answer stops nobody who speaks."""
        async with self._telling:
            here = self._speaking_here()
            if here == self._told and not (renew and here):
                return
            try:
                await asyncio.to_thread(self._write_speaking, here)
            except (ReadoutError, sa.exc.SQLAlchemyError) as error:
                log.warning("speaking_not_told", error=type(error).__name__)
                return
            self._told = here

    def _write_speaking(self, here: set[str]) -> None:
        until = iso(self._house.clock.now() + _SPEAKS)
        with self._house.database.write() as tx:
            speaking.tell(tx, self._node, here, until)

    async def stop(self, session: LiveSession) -> Final:
        """The audio is a dictation, and the last utterance has been heard."""
        async with session.written:
            session.stopped = True  # nothing can be added any more
            session.wake.set()
        try:
            made = await asyncio.to_thread(self._store, session.id)  # it is heard meanwhile
        except BaseException:
            self._drop(session.id)  # its audio stays for the next connection
            raise
        if session.hearing is not None:
            await asyncio.wait([session.hearing])
        await self._settle(session.id, made)
        whole = await asyncio.to_thread(session.whole)  # an hour takes its time
        return Final(made, " ".join(word.text for word in session.words), whole)

    async def sweep(self) -> int:
        """Make dictations of what was left behind; returns how many sessions were closed."""
        now = self._house.clock.now().timestamp()
        idle = await asyncio.to_thread(self._audio.idle, now - IDLE_S)
        left = [id_ for id_ in idle if not self._is_connected(id_)]
        for id_ in left:
            await self._close(id_)
        await asyncio.to_thread(self._audio.forget, now - _KNOWN_S)
        return len(left)

    async def keep_sweeping(self) -> None:
        """Sweep now and again, until cancelled."""
        while True:
            try:
                await self._tell_nodes(renew=True)
                closed = await self.sweep()
                if closed:
                    log.info("live_sessions_closed", count=closed)
            # the disk or the database is away: it is tried again with the next sweep
            except (ReadoutError, OSError, sa.exc.SQLAlchemyError) as error:
                log.warning("live_sweep_failed", why=type(error).__name__)
            await asyncio.sleep(_SWEEP_S)

    async def _opened(self, accession: Accession, told: str | None, author: str) -> LiveSession:
        new = LiveHead(accession, author)
        id_ = told if told else await asyncio.to_thread(self._audio.create, new)
        head = await asyncio.to_thread(self._audio.head, id_)
        have = await asyncio.to_thread(self._audio.samples, id_)
        listen = self._listen
        words = await asyncio.to_thread(self._audio.words, id_)
        ears = None if listen is None else lambda: listen(self._context(accession), words)
        vocabulary = self._house.tables.vocabulary
        return LiveSession(id_, accession, head.author, self._audio, ears, vocabulary, have)

    def _context(self, accession: Accession) -> SpeechContext:
        house = self._house
        with house.database.read() as tx:
            study = studies.find(tx, accession)
            return context_of(house, tx, study) if study else SpeechContext(house.language)

    async def _hear(self, session: LiveSession) -> None:
        """Hear a session until it stops, one look at the model each time its turn comes."""
        try:
            while await self._look(session) or not session.stopped:
                pass
        except Exception as error:  # the boundary of a task: the audio is safe, its words follow
            log.warning("live_text_failed", error=type(error).__name__)
            session.listen = None

    async def _look(self, session: LiveSession) -> bool:
        """One turn; whether there is more to hear. When there is not, waits for it."""
        session.wake.clear()
        try:
            async with self._turns.turn(session.share, session.is_awaited):
                heard, more = await asyncio.to_thread(session.step)
        except TryAgain:
            if session.stopped:
                raise
            await asyncio.sleep(_AGAIN_S)
            return True
        if heard is not None:
            session.take(heard)
        if not more and not session.stopped:
            await session.wake.wait()
            return True
        return more

    def _is_connected(self, id_: str) -> bool:
        session = self._sessions.get(id_)
        return session is not None and session.holder != 0

    async def _close(self, id_: str) -> None:
        self._closing.add(id_)
        try:
            await self._settle(id_, await asyncio.to_thread(self._store, id_))
        finally:
            self._closing.discard(id_)

    async def _settle(self, id_: str, made: str | None) -> None:
        self._drop(id_)
        await asyncio.to_thread(self._audio.settle, id_, made or "")

    def _drop(self, id_: str) -> None:
        session = self._sessions.pop(id_, None)
        if session is not None and session.hearing is not None:
            session.hearing.cancel()

    def _store(self, id_: str) -> str | None:
        """Its audio by the one known way; once more gives the same dictation."""
        head = self._audio.head(id_)
        if self._audio.samples(id_) == 0:
            return None
        wav = self._audio.wav(id_)
        accession = Accession(head.accession)
        made, _ = self._receiver.store(accession, wav, "audio/wav", head.author, _LARGEST_WAV)
        return made.id
