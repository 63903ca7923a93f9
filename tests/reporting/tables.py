"""The packaged tables, read once, and short ways to make inputs."""

from __future__ import annotations

from functools import lru_cache

from adapter.domain.transcript import Span, Transcript, Word, WrittenText
from adapter.mapping.files import MappingFiles
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.dictated import Dictated


@lru_cache(maxsize=1)
def tables() -> ReportingTables:
    return ReportingTables.load(MappingFiles())


def heard(text: str, id: str = "d-1") -> Transcript:
    """The words of a text, 300 ms each, the n-th with confidence 0.99 - n/1000."""
    words = tuple(
        Word(word, n * 300, n * 300 + 250, round(0.99 - n / 1000, 3))
        for n, word in enumerate(text.split())
    )
    return Transcript(id, "m", "en", max(1, len(words) * 300), words)


def typed(text: str, id: str = "d-1") -> Transcript:
    """A text that was never audio, character by character as it is."""
    return Transcript(id, "", "en", 0, (Word(text, 0, 0, 1.0),))


def written(text: str, id: str = "d-1") -> Dictated:
    """A dictation already in written form."""
    spans = (Span(0, len(text), 0, len(text)),) if text else ()
    return Dictated(id, WrittenText(text, spans))
