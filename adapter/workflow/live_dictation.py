"""Live dictations of one node: audio is kept first, heard in turns, and becomes a dictation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count

import structlog

from adapter.domain.identifiers import Accession
from adapter.errors import NotFound, ReadoutError, TryAgain
from adapter.ports import SpeechContext
from adapter.speech.audio import SAMPLE_RATE
from adapter.speech.streaming import LiveHearing
from adapter.store import dictations, studies
from adapter.store.live_audio import LiveAudio, LiveHead
from adapter.workflow.dictations import Dictations, context_of
from adapter.workflow.live_session import LiveSession, Tell
from adapter.workflow.study_flow import House

log = structlog.get_logger()

Listen = Callable[[SpeechContext], LiveHearing]
"""Opens ears for one recording; blocking, the model may have to be loaded."""

MOST_SESSIONS = 32
"""Speakers connected at once."""

IDLE_S = 900.0
"""A session nobody is connected to becomes a dictation after this long, in seconds."""

_KNOWN_S = 86_400.0
_SWEEP_S = 30.0
_WAV_HEADER = 44


class LiveDictations:
    """All methods run on the event loop; `listen` None: an engine that hears whole files only."""

    def __init__(
        self,
        house: House,
        receiver: Dictations,
        audio: LiveAudio,
        listen: Listen | None,
        longest_minutes: float = 120.0,
    ) -> None:
        self._house = house
        self._receiver = receiver
        self._audio = audio
        self._listen = listen
        longest = int(longest_minutes * 60 * SAMPLE_RATE)
        self.longest_samples = min(longest, (house.audio_limit - _WAV_HEADER) // 2)
        self._sessions: dict[str, LiveSession] = {}
        self._closing: set[str] = set()
        self._holders = count(1)
        self._turn = asyncio.Lock()  # fair: who asks first is heard first, one utterance a turn

    async def settled(self, accession: Accession, id_: str) -> tuple[str | None, str] | None:
        """(dictation, text) of a session that is over, None of one that is not; NotFound."""
        return await asyncio.to_thread(self._settled, accession, id_)

    def _settled(self, accession: Accession, id_: str) -> tuple[str | None, str] | None:
        head = self._audio.head(id_)
        if head.accession != accession:
            raise NotFound("this session is one of another study", code="session")
        if not head.dictation:
            return None
        with self._house.database.read() as tx:
            told = dictations.transcripts(tx, accession)
        text = next((t.spoken for t in told if t.dictation_id == head.dictation), "")
        return (None if head.dictation == "-" else head.dictation), text

    async def attach(
        self, accession: Accession, id_: str | None, author: str, tell: Tell
    ) -> LiveSession:
        """Begin a session, or go on with one; an older connection to it is left behind.

        Raises TryAgain when too many speak at once, NotFound for an unknown session.
        """
        session = self._sessions.get(id_ or "")
        connected = sum(each.tell is not None for each in self._sessions.values())
        if connected >= MOST_SESSIONS and (session is None or session.tell is None):
            raise TryAgain("too many people dictate at this moment; try again", after=5.0)
        if session is None:
            opened = await self._opened(accession, id_, author)
            session = self._sessions.setdefault(opened.id, opened)
        if session.stopped or session.id in self._closing:
            raise TryAgain("this session is being closed; ask again", after=1.0)
        session.holder, session.tell = next(self._holders), tell
        session.opened_at = asyncio.get_running_loop().time()
        session.opened_have = session.have
        if session.hearing is None or session.hearing.done():
            session.hearing = asyncio.create_task(self._hear(session))
        return session

    def detach(self, session: LiveSession, holder: int) -> None:
        """The connection has gone; its session waits for the next one."""
        if session.holder == holder:
            session.tell = None

    async def stop(self, session: LiveSession) -> tuple[str | None, str]:
        """(dictation, text): the audio is a dictation, and the last utterance has been heard."""
        async with session.written:
            session.holder = 0  # nothing can be added any more
            made = await asyncio.to_thread(self._store, session.id)
            session.stopped = True
            session.wake.set()
        if session.hearing is not None:
            await asyncio.wait([session.hearing])
        await self._settle(session.id, made)
        return made, " ".join(word.text for word in session.words)

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
                closed = await self.sweep()
                if closed:
                    log.info("live_sessions_closed", count=closed)
            except (ReadoutError, OSError) as error:  # it is tried again with the next sweep
                log.warning("live_sweep_failed", why=type(error).__name__)
            await asyncio.sleep(_SWEEP_S)

    async def _opened(self, accession: Accession, told: str | None, author: str) -> LiveSession:
        new = LiveHead(accession, author)
        id_ = told if told else await asyncio.to_thread(self._audio.create, new)
        head = await asyncio.to_thread(self._audio.head, id_)
        have = await asyncio.to_thread(self._audio.samples, id_)
        listen = self._listen
        ears = None if listen is None else lambda: listen(self._context(accession))
        return LiveSession(id_, accession, head.author, self._audio, ears, have)

    def _context(self, accession: Accession) -> SpeechContext:
        house = self._house
        with house.database.read() as tx:
            study = studies.find(tx, accession)
            return context_of(house, tx, study) if study else SpeechContext(house.language)

    async def _hear(self, session: LiveSession) -> None:
        """Hear a session until it stops, one look at the model each time its turn comes."""
        try:
            while True:
                session.wake.clear()
                async with self._turn:
                    event, more = await asyncio.to_thread(session.step)
                if event is not None and session.tell is not None:
                    await session.tell(event)
                if not more:
                    if session.stopped:
                        return
                    await session.wake.wait()
        except Exception as error:  # the boundary of a task: the audio is safe, its words follow
            log.warning("live_text_failed", error=type(error).__name__)
            session.listen = None

    def _is_connected(self, id_: str) -> bool:
        session = self._sessions.get(id_)
        return session is not None and session.tell is not None

    async def _close(self, id_: str) -> None:
        self._closing.add(id_)
        try:
            await self._settle(id_, await asyncio.to_thread(self._store, id_))
        finally:
            self._closing.discard(id_)

    async def _settle(self, id_: str, made: str | None) -> None:
        session = self._sessions.pop(id_, None)
        if session is not None and session.hearing is not None:
            session.hearing.cancel()
        await asyncio.to_thread(self._audio.settle, id_, made or "")

    def _store(self, id_: str) -> str | None:
        """Its audio by the one known way; once more gives the same dictation."""
        head = self._audio.head(id_)
        if self._audio.samples(id_) == 0:
            return None
        wav = self._audio.wav(id_)
        made = self._receiver.receive(Accession(head.accession), wav, "audio/wav", head.author)
        return made.id
