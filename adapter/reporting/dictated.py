"""Written dictations and the way back from a written character to the audio."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

from adapter.domain.report import Source
from adapter.domain.transcript import Transcript, Word, WrittenText


@dataclass(frozen=True)
class Dictated:
    """One dictation in written form; `transcript` is None when it was typed."""

    id: str
    written: WrittenText
    transcript: Transcript | None = None

    @property
    def text(self) -> str:
        """The written text that all offsets point into."""
        return self.written.text

    def source(self, start: int, end: int) -> Source:
        """Where the written characters [start, end) come from, down to the audio."""
        words = self.words(start, end)
        if not words:
            return Source(dictation=self.id, chars=(start, end))
        return Source(
            dictation=self.id,
            chars=(start, end),
            ms=(min(word.start_ms for word in words), max(word.end_ms for word in words)),
            confidence=min(word.confidence for word in words),
        )

    def words(self, start: int, end: int) -> tuple[Word, ...]:
        """The heard words behind the written characters [start, end)."""
        spans = self.written.spans
        first = bisect_right(self._span_ends, start)
        last = bisect_left(self._span_starts, end)
        heard = [span for span in spans[first:last] if span.in_start < span.in_end]
        if self.transcript is None or not heard:
            return ()
        begin = min(span.in_start for span in heard)
        finish = max(span.in_end for span in heard)
        one = bisect_right(self._word_ends, begin)
        other = bisect_left(self._word_starts, finish)
        return self.transcript.words[one:other]

    @cached_property
    def _span_starts(self) -> list[int]:
        return [span.out_start for span in self.written.spans]

    @cached_property
    def _span_ends(self) -> list[int]:
        return [span.out_end for span in self.written.spans]

    @cached_property
    def _word_starts(self) -> list[int]:
        starts, at = [], 0
        for word in self.transcript.words if self.transcript else ():
            starts.append(at)
            at += len(word.text) + 1
        return starts

    @cached_property
    def _word_ends(self) -> list[int]:
        words = self.transcript.words if self.transcript else ()
        return [start + len(w.text) for start, w in zip(self._word_starts, words, strict=True)]
