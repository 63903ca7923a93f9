"""Everything heard in one recording so far, guarded as it comes."""

from __future__ import annotations

from collections.abc import Sequence

from adapter.domain.transcript import Word
from adapter.ports import Recognized
from adapter.speech.guards import guarded, unheard_speech


class Heard:
    """Grows piece by piece; every word is kept or set apart, every stretch of speech accounted."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self._quarantined: list[Word] = []
        self._unheard: list[tuple[int, int]] = []

    def add(
        self, words: Sequence[Word], speech: Sequence[tuple[int, int]], phrases: Sequence[str]
    ) -> None:
        """Take the words of a further piece with its stretches of speech in ms."""
        kept, apart = guarded(words, speech, phrases)
        self.words += kept
        self._quarantined += apart
        self._unheard += unheard_speech(words, speech)

    def recognized(self, language: str, duration_ms: int, model: str) -> Recognized:
        """All of it; the language is "en" by default when nothing was said."""
        return Recognized(
            words=tuple(self.words),
            language=language or "en",
            duration_ms=duration_ms,
            model=model,
            quarantined=tuple(self._quarantined),
            unheard=tuple(self._unheard),
        )
