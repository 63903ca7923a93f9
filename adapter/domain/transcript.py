"""What was heard, and how it is written. Offsets are characters, end-exclusive; times are ms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Word:
    """One heard word as the recogniser gave it, without surrounding blanks."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float  # 0..1


@dataclass(frozen=True, slots=True)
class Transcript:
    """The words of one dictation.

    `quarantined`: words over silence, shown, never merged; `unheard`: speech, [from, to) in ms,
    in which no word was recognised.
    """

    dictation_id: str
    model: str
    language: str
    duration_ms: int
    words: tuple[Word, ...]
    quarantined: tuple[Word, ...] = ()
    unheard: tuple[tuple[int, int], ...] = ()

    @property
    def spoken(self) -> str:
        """The words joined by one blank: the text that written-form offsets point into."""
        return " ".join(word.text for word in self.words)


class Span(NamedTuple):
    """Written characters [out_start, out_end) come from spoken characters [in_start, in_end)."""

    out_start: int
    out_end: int
    in_start: int
    in_end: int


@dataclass(frozen=True, slots=True)
class VoiceCommand:
    """A command that was spoken: kept with its place, never printed."""

    name: str  # e.g. "scratch_that", "go_to", "otherwise_normal"
    argument: str
    in_start: int
    in_end: int
    out_at: int  # offset in the written text at which it acted


@dataclass(frozen=True, slots=True)
class WrittenText:
    """Written text of one dictation; `spans` tile `text`, ascending and without gaps."""

    text: str
    spans: tuple[Span, ...]
    commands: tuple[VoiceCommand, ...] = ()
