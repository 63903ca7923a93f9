"""One speaker's live dictation: where its audio stands, and what has been heard of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from adapter.domain.identifiers import Accession
from adapter.domain.transcript import Word
from adapter.errors import Conflict, Malformed
from adapter.mapping.vocabulary import Vocabulary
from adapter.reporting.live_text import GrowingText, LiveText
from adapter.speech.audio import SAMPLE_RATE
from adapter.speech.streaming import SAMPLE_BYTES, Confirmed, LiveHearing, Partial
from adapter.store.live_audio import LiveAudio
from adapter.workflow.fair_turns import Share

_HEARD_AT_ONCE = 5 * SAMPLE_RATE
_FAR_BEHIND = 60 * SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Heard:
    """Words that are new, and the written text with them."""

    event: Confirmed | Partial
    text: LiveText


@dataclass(eq=False)
class LiveSession:
    """`have` samples are on disk, the first `heard` of them have gone to the model.

    Only `step` runs in another thread; what it finds is told by `take`, on the event loop.
    """

    id: str
    accession: Accession
    author: str
    audio: LiveAudio
    listen: Callable[[], LiveHearing] | None
    vocabulary: Callable[[str], Vocabulary]
    have: int
    opened_have: int = 0
    opened_at: float = 0.0  # seconds, of the event loop's clock
    heard: int = 0
    holder: int = 0  # number of the connection that may add samples; 0: none
    paused: bool = False
    stopped: bool = False
    words: list[Word] = field(default_factory=list)
    text: LiveText = field(default_factory=LiveText)
    edits: list[tuple[int, int]] = field(default_factory=list)  # start, first command of each
    partial: Heard | None = None
    looks: int = 0  # counts the partials
    share: Share = field(default_factory=Share)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    written: asyncio.Lock = field(default_factory=asyncio.Lock)
    hearing: asyncio.Task[None] | None = None
    _live: LiveHearing | None = None
    _growing: GrowingText | None = None
    _finished: bool = False

    async def append(self, holder: int, first: int, pcm: bytes) -> int:
        """Store samples from place `first` on; those known already are passed over.

        Returns `have`. Raises Malformed for a gap, Conflict when another connection took over.
        """
        return await asyncio.shield(self._append(holder, first, pcm))  # whole, or not at all

    async def _append(self, holder: int, first: int, pcm: bytes) -> int:
        async with self.written:
            self.check(holder)
            if self.stopped:
                raise Conflict("this session has been stopped", code="taken")
            if first > self.have:
                raise Malformed(f"samples are missing; send from {self.have}", code="gap")
            new = pcm[(self.have - first) * SAMPLE_BYTES :]
            if new:
                await asyncio.to_thread(self.audio.append, self.id, self.have, new)
                self.have += len(new) // SAMPLE_BYTES
                self.paused = False
                self.wake.set()
            return self.have

    def check(self, holder: int) -> None:
        """Raise Conflict when another connection has taken over."""
        if holder != self.holder:
            raise Conflict("another connection took this session over", code="taken")

    def pause(self) -> None:
        """No samples come for a while: what was said last need not wait for them."""
        self.paused = True
        self.wake.set()

    def runs_ahead(self, now: float) -> bool:
        """Faster than anybody speaks, and further than the model has followed."""
        spoken = (now - self.opened_at) * SAMPLE_RATE
        is_behind = self.have - self.heard > _FAR_BEHIND
        return self.listen is not None and is_behind and self.have - self.opened_have > spoken

    def is_awaited(self) -> bool:
        """Whether the speaker has stopped, and only the last utterances are to be heard."""
        return self.stopped and self.have - self.heard <= _HEARD_AT_ONCE

    def step(self) -> tuple[Heard | None, bool]:
        """At most one look at the model (blocking): (what is new, whether there is more to hear).

        The queue of what is to be heard is the file, so that no backlog is held in memory.
        """
        if self.listen is None:
            return None, False
        if self._live is None:
            self._live = self.listen()
        live = self._live
        if not live.is_behind:
            self._feed(live)
        follows = self.heard == self.have and not self.stopped
        event = live.step(partials=follows, paused=self.paused)
        more = event is not None or live.is_behind or self._is_unheard()
        return (None if event is None else Heard(event, self._write(event, live.language))), more

    def take(self, heard: Heard) -> None:
        """What is new becomes what is told."""
        if isinstance(heard.event, Confirmed):
            self.words += heard.event.words
            self.text = heard.text
            self.edits.append((heard.text.start, heard.text.first_command))
            self.partial = None
        else:
            self.partial = heard
            self.looks += 1
        self.tell()

    def whole(self) -> LiveText:
        """The written text of a session that is over."""
        return self._growing.whole() if self._growing else LiveText()

    def tell(self) -> None:
        """Wake whoever waits for news."""
        self.news.set()
        self.news = asyncio.Event()

    def _write(self, event: Confirmed | Partial, language: str) -> LiveText:
        growing = self._growing or GrowingText(self.vocabulary(language))
        if language:  # till it is known another one may be guessed
            self._growing = growing
        return (
            growing.add(event.words) if isinstance(event, Confirmed) else growing.look(event.words)
        )

    def _feed(self, live: LiveHearing) -> None:
        if self.heard < self.have:
            pcm = self.audio.read(self.id, self.heard, min(_HEARD_AT_ONCE, self.have - self.heard))
            live.feed(pcm)
            self.heard += len(pcm) // SAMPLE_BYTES
        if self.stopped and self.heard == self.have and not self._finished:
            live.finish()
            self._finished = True

    def _is_unheard(self) -> bool:
        return self.heard < self.have or (self.stopped and not self._finished)
