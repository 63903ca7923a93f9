"""Live text, without I/O: PCM16 samples in, words that never change and a view of the rest out."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from typing import Protocol

from adapter.domain.transcript import Word
from adapter.speech.pieces import Piece, PieceCutter
from adapter.speech.utterances import CutRule

SAMPLE_BYTES = 2
"""Samples come as signed 16-bit little-endian integers, mono, 16 kHz."""

PARTIAL_MS = 250
"""An unfinished utterance is looked at again after so much more sound."""


SETTLED_MS = 500
SURE_MS, SURE = 200, 0.9
"""A word is told at first sight when it ended so long before the end of the sound, the shorter time
when its confidence is so high: shown wrong as rarely as after two looks, but sooner."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The words of an utterance that has ended; `first` counts the confirmed words before them."""

    first: int
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Partial:
    """What is sure enough of the utterance being spoken; replaced by what follows."""

    words: tuple[Word, ...]


class Ears(Protocol):
    """What of a recogniser is needed here; `recognizer.Hearing` has it."""

    @property
    def rule(self) -> CutRule:
        """How the recording is cut."""

    @property
    def language(self) -> str:
        """What is spoken; empty as long as that is not known."""

    @property
    def words(self) -> tuple[Word, ...]:
        """Everything heard so far."""

    def hear(self, pieces: Sequence[Piece]) -> None:
        """Decode pieces and keep their words."""

    def sketch(self, piece: Piece) -> tuple[Word, ...]:
        """Decode an unfinished piece and keep nothing."""


class Memory(Protocol):
    """What was confirmed of this stream before the process ended; `store.live_words` has it."""

    def recall(self, piece: tuple[int, int]) -> tuple[str, tuple[Word, ...]] | None:
        """Language and words of a piece, begin and end in ms; None: it has not been heard."""

    def keep(self, piece: tuple[int, int], language: str, words: tuple[Word, ...]) -> None:
        """Remember them."""


class LiveHearing:
    """One speaker's stream. The same samples, in whatever chunks, confirm the same words.

    What `memory` knows is not decoded again: the same samples are cut into the same pieces.
    """

    def __init__(self, ears: Ears, memory: Memory | None = None) -> None:
        self._ears = ears
        self._memory = memory
        self._language = ""
        self._words: list[Word] = []
        self._cutter = PieceCutter(ears.rule)
        self._ended: deque[Piece] = deque()
        self._seen = _Look()

    @property
    def language(self) -> str:
        """What is spoken; empty as long as that is not known."""
        return self._language or self._ears.language

    @property
    def words(self) -> tuple[Word, ...]:
        """All confirmed words."""
        return tuple(self._words)

    @property
    def is_behind(self) -> bool:
        """Whether an utterance that has ended still waits for its words."""
        return bool(self._ended)

    def feed(self, pcm: bytes) -> None:
        """Take further samples; decodes nothing."""
        import numpy as np

        samples = np.frombuffer(pcm, "<i2").astype(np.float32) / 32768.0
        self._ended.extend(self._cutter.feed(samples))

    def finish(self) -> None:
        """The speaker has stopped; what was being spoken has ended."""
        self._ended.extend(self._cutter.finish())

    def step(self, partials: bool = True, paused: bool = False) -> Confirmed | Partial | None:
        """At most one look at the model, what has ended first; None: there is nothing to hear.

        `paused`: no more sound comes for a while, so that one look is enough to tell all of it.
        """
        if self._ended:
            first, words = len(self._words), self._heard(self._ended[0])
            self._words += words
            self._ended.popleft()
            self._seen = _Look()
            return Confirmed(first, words)
        piece = self._cutter.unfinished() if partials else None
        if piece is None or not self._seen.is_due(piece, paused):
            return None
        words = self._ears.sketch(piece)
        told = words if paused else _agreed(self._seen.words, words, piece.end_ms)
        self._seen = _Look(words, piece.end_ms, piece.speech[-1][1], len(told) == len(words))
        return Partial(told)

    def _heard(self, piece: Piece) -> tuple[Word, ...]:
        place = piece.begin_ms, piece.end_ms
        known = self._memory.recall(place) if self._memory else None
        if known is not None:
            self._language = known[0]
            return known[1]
        count = len(self._ears.words)
        self._ears.hear([piece])
        words = self._ears.words[count:]
        if self._memory:
            self._memory.keep(place, self._ears.language, words)
        return words


@dataclass(frozen=True, slots=True)
class _Look:
    """The last look at the utterance being spoken; `told`: all its words were agreed on."""

    words: tuple[Word, ...] = ()
    end_ms: int = 0
    speech_ms: int = 0
    told: bool = False

    def is_due(self, piece: Piece, paused: bool) -> bool:
        """Whether to look again: more was said, or the last words have not been told yet."""
        if paused:
            return piece.end_ms > self.end_ms or not self.told
        more = piece.speech[-1][1] > self.speech_ms or not self.told
        return more and piece.end_ms >= self.end_ms + PARTIAL_MS


def _agreed(before: Sequence[Word], now: Sequence[Word], end_ms: int) -> tuple[Word, ...]:
    """The words from the beginning on that two looks share, or that are settled.

    Audio cut in a word invents others.
    """
    pairs = zip_longest(now, before[: len(now)])
    sure = takewhile(lambda pair: _same(*pair) or _is_settled(pair[0], end_ms), pairs)
    return tuple(word for word, _ in sure)


def _same(now: Word, before: Word | None) -> bool:
    return before is not None and now.text == before.text


def _is_settled(word: Word, end_ms: int) -> bool:
    least = SURE_MS if word.confidence >= SURE else SETTLED_MS
    return word.end_ms <= end_ms - least
