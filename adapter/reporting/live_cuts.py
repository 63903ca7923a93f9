"""Places in a dictation from which the rest can be written by itself."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from adapter.domain.transcript import Span, VoiceCommand
from adapter.mapping.phrases import spellings
from adapter.mapping.vocabulary import Vocabulary
from adapter.reporting.spoken_tokens import tokenize
from adapter.reporting.voice_commands import CORRECTION_REACH
from adapter.reporting.written_form import write
from adapter.reporting.written_form.punctuation import resolve_marks

LOOKAHEAD = 12
"""Words; what stands so far before the end is written no other way whatever follows."""

CONTEXT = CORRECTION_REACH + 4 * LOOKAHEAD
"""Words written along before a cut inside a long sentence."""


class Cut(NamedTuple):
    """A place in the spoken text; so many written characters and commands stand before it.

    The writing begins at `begin`: there, or inside a long sentence some words before it.
    """

    begin: int
    spoken: int
    written: int
    commands: int


class Page(NamedTuple):
    """What is written from `cut` on; offsets are those of the whole dictation."""

    cut: Cut
    text: str
    spans: tuple[Span, ...]
    commands: tuple[VoiceCommand, ...]

    def of(self, span: Span) -> str:
        """The characters of a span."""
        return self.text[span.out_start - self.cut.written : span.out_end - self.cut.written]


def page_from(cut: Cut, spoken: str, vocabulary: Vocabulary) -> Page:
    """What is written of the words from a cut on."""
    begin = cut.begin
    whole = write(spoken[begin:], vocabulary)
    spans = [span for span in whole.spans if span.in_start + begin >= cut.spoken]
    first = spans[0].out_start if spans else len(whole.text)
    shift = cut.written - first
    commands = tuple(
        replace(
            each,
            in_start=each.in_start + begin,
            in_end=each.in_end + begin,
            out_at=each.out_at + shift,
        )
        for each in whole.commands
        if each.in_end + begin > cut.spoken
    )
    moved = tuple(
        Span(s.out_start + shift, s.out_end + shift, s.in_start + begin, s.in_end + begin)
        for s in spans
    )
    return Page(cut, whole.text[first:], moved, commands)


class CutFinder:
    """Finds cuts: where a sentence begins, or else in a long one between words of no rule."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        marks = vocabulary.table.marks
        self._vocabulary = vocabulary
        self._ends = frozenset(m.writes for m in marks if m.ends_sentence and m.writes.strip())
        self._quotes = frozenset(m.writes for m in marks if m.glue == "quote")
        names = (
            spelling
            for m in marks
            if m.glue == "quote"
            for said in m.says
            for spelling in spellings(said)
        )
        self._quote_words = frozenset(words[0] for words in names)

    def find(self, page: Page, spoken: str, places: Sequence[int]) -> Iterator[Cut]:
        """Cuts behind the page's own; `places` are those of the words in `spoken`."""
        if len(places) <= LOOKAHEAD:
            return
        cut, limit, quotes = page.cut, places[-LOOKAHEAD], self._said_quotes(page.cut, spoken)
        for index in range(1, len(page.spans)):
            at = page.spans[index].in_start
            if at >= limit:
                return
            quoted = bisect_left(quotes, at) % 2
            if quoted or any(c.in_start <= at < c.in_end for c in page.commands):
                continue
            opens = self._opens(page, index)
            words = bisect_left(places, at) - bisect_left(places, cut.spoken)
            if opens or (words >= CONTEXT and self._is_plain(page, index, spoken)):
                before = page.cut.commands + sum(c.in_end <= at for c in page.commands)
                begin = at if opens else cut.spoken
                cut = Cut(begin, at, page.spans[index].out_start, before)
                yield cut

    def _said_quotes(self, cut: Cut, spoken: str) -> list[int]:
        """Where quotes were said, taken back or not: they open and close in turn."""
        rest = spoken[cut.begin :]
        if self._quote_words.isdisjoint(rest.lower().split()):
            return []
        tokens = resolve_marks(tokenize(rest, self._vocabulary), self._vocabulary)
        return [cut.begin + t.start for t in tokens if t.said and t.text in self._quotes]

    def _opens(self, page: Page, index: int) -> bool:
        """Whether a sentence begins with this span, right behind the mark or the break before."""
        span, before = page.spans[index], page.spans[index - 1]
        blank = page.of(before) == " "
        mark = page.spans[index - 2] if blank and index > 1 else before
        ends = page.of(mark) in self._ends if blank else not page.of(mark).strip()
        apart = all(not mark.out_end - 1 <= c.out_at <= span.out_start for c in page.commands)
        return ends and apart and page.of(span)[:1].isalnum()

    def _is_plain(self, page: Page, index: int, spoken: str) -> bool:
        """Whether this span and the one before are words that no rule touches."""
        near = page.spans[max(0, index - 2) : index + 1]
        if len(near) < 3 or page.of(near[1]) != " ":
            return False
        return all(self._is_untouched(page.of(s), spoken[s.in_start : s.in_end]) for s in near[::2])

    def _is_untouched(self, text: str, said: str) -> bool:
        vocabulary = self._vocabulary
        tables = (vocabulary.marks.firsts, vocabulary.commands.firsts, vocabulary.links)
        return (
            text.isalpha()
            and text == said.lower()
            and text not in vocabulary.starters
            and all(text not in table for table in tables)
        )
