"""One speaker's live dictation: where its audio stands, and what has been heard of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from adapter.domain.identifiers import Accession
from adapter.domain.transcript import Word
from adapter.errors import Conflict, Malformed
from adapter.speech.audio import SAMPLE_RATE
from adapter.speech.streaming import SAMPLE_BYTES, Confirmed, LiveHearing, Partial
from adapter.store.live_audio import LiveAudio

Tell = Callable[[Confirmed | Partial], Awaitable[None]]
"""Hands an event to the speaker; must not raise when the speaker has gone."""

_HEARD_AT_ONCE = 5 * SAMPLE_RATE
_FAR_BEHIND = 60 * SAMPLE_RATE


@dataclass(eq=False)
class LiveSession:
    """`have` samples are on disk, the first `heard` of them have gone to the model."""

    id: str
    accession: Accession
    author: str
    audio: LiveAudio
    listen: Callable[[], LiveHearing] | None
    have: int
    opened_have: int = 0
    opened_at: float = 0.0  # seconds, of the event loop's clock
    heard: int = 0
    holder: int = 0
    tell: Tell | None = None
    stopped: bool = False
    words: tuple[Word, ...] = ()
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    written: asyncio.Lock = field(default_factory=asyncio.Lock)
    hearing: asyncio.Task[None] | None = None
    _live: LiveHearing | None = None
    _finished: bool = False

    async def append(self, holder: int, first: int, pcm: bytes) -> int:
        """Store samples from place `first` on; those known already are passed over.

        Returns `have`. Raises Malformed for a gap, Conflict when another connection took over.
        """
        async with self.written:
            if holder != self.holder:
                raise Conflict("another connection took this session over", code="taken")
            if first > self.have:
                raise Malformed(f"samples are missing; send from {self.have}", code="gap")
            new = pcm[(self.have - first) * SAMPLE_BYTES :]
            if new:
                await asyncio.to_thread(self.audio.append, self.id, self.have, new)
                self.have += len(new) // SAMPLE_BYTES
                self.wake.set()
            return self.have

    def runs_ahead(self, now: float) -> bool:
        """Faster than anybody speaks, and further than the model has followed."""
        spoken = (now - self.opened_at) * SAMPLE_RATE
        is_behind = self.have - self.heard > _FAR_BEHIND
        return self.listen is not None and is_behind and self.have - self.opened_have > spoken

    def step(self) -> tuple[Confirmed | Partial | None, bool]:
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
        event = live.step(partials=self.heard == self.have and not self.stopped)
        self.words = live.words
        return event, event is not None or live.is_behind or self._is_unheard()

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
