"""What a person should hear again in a statement: safety tokens heard with doubt, or clashing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from adapter.domain.report import Heard, Origin, Part, Source, Statement
from adapter.mapping.reporting import ReportingTables
from adapter.reporting.dictated import Dictated
from adapter.reporting.safety_tokens import Doubt, contradictions, doubts


class Listener:
    """Listens again to the dictations of a report; `language`: of what was typed into it."""

    def __init__(
        self, dictated: Mapping[str, Dictated], tables: ReportingTables, language: str
    ) -> None:
        self._dictated = dictated
        self._tables = tables
        self._language = language

    def doubts(self, statement: Statement) -> tuple[Doubt, ...]:
        """In order of their place; offsets are characters of the statement."""
        if statement.is_template or statement.origin is Origin.AI:
            return ()
        whole = Part(statement.text, statement.origin, statement.source)
        found, at = [*self._clashes(whole)], 0
        for part in statement.parts or (whole,):
            found += self._doubtful(part, at)
            at += len(part.text)
        return tuple(sorted(found, key=lambda doubt: doubt.start))

    def _clashes(self, whole: Part) -> Iterator[Doubt]:
        dictated = self._heard(whole.source)
        vocabulary = self._tables.vocabulary(self._spoken(dictated))
        for token in contradictions(whole.text, vocabulary):
            heard = None
            if dictated is not None and whole.source.chars:
                start = whole.source.chars[0]
                source = dictated.source(start + token.start, start + token.end)
                heard = _heard(token.kind, source)
            yield Doubt(token.start, token.end, token.kind, heard, contradicts=True)

    def _doubtful(self, part: Part, at: int) -> Iterator[Doubt]:
        """Doubts of a part; the whole part where its text is not the one that was heard."""
        dictated, chars = self._heard(part.source), part.source.chars
        if dictated is None or chars is None or part.source.confidence is None:
            return
        language = self._spoken(dictated)
        if part.source.confidence >= self._tables.checks.most_certain(language):
            return
        least = partial(self._tables.checks.least, language)
        verbatim = dictated.text[slice(*chars)] == part.text
        for each in doubts(dictated, *chars, self._tables.vocabulary(language), least):
            start, end = (each.start, each.end) if verbatim else (0, len(part.text))
            yield each._replace(start=at + start, end=at + end)

    def _heard(self, source: Source) -> Dictated | None:
        return self._dictated.get(source.dictation or "")

    def _spoken(self, dictated: Dictated | None) -> str:
        transcript = dictated.transcript if dictated else None
        return transcript.language if transcript else self._language


def _heard(kind: str, source: Source) -> Heard | None:
    if source.ms is None or source.confidence is None:
        return None
    return Heard(kind, source.dictation or "", source.ms, source.confidence)
