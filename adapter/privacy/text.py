"""Texts without the patient: one object a payload, so that one person keeps one placeholder."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from adapter.privacy.dates import BIRTH_DATE, DATE, Calendar, find_dates
from adapter.privacy.identifiers import Identifiers
from adapter.privacy.names import DOUBTFUL, KnownNames, find_names
from adapter.privacy.numbers import find_numbers, needles
from adapter.privacy.patterns import find_patterns
from adapter.privacy.spoken import said
from adapter.privacy.tokens import Span, clean, letters_and_digits, runs, tokens
from adapter.privacy.words import PrivacyWords

Finder = Callable[[str], Iterable[Span]]
"""Further finders: text in, spans out."""

PLACEHOLDER = re.compile(r"\[[A-Z]+(?:-[A-Z]+)*-\d+\]")
_SHORTEST_TEXT = 4


class Deidentifier:
    """Replaces what identifies; the same person, number or date by the same placeholder."""

    def __init__(
        self, known: Identifiers, words: PrivacyWords, finders: Sequence[Finder] = ()
    ) -> None:
        self._words = words
        self._names = KnownNames.of(known, words)
        self._numbers = needles(known.numbers)
        self._calendar = Calendar.of(known.study_day, known.birth_dates, words)
        told = (letters_and_digits(each) for each in known.texts)
        self._texts = {each for each in told if len(each) >= _SHORTEST_TEXT}
        self._texts -= words.ordinary
        self._finders = finders
        self._placeholders: dict[tuple[str, str], str] = {}
        self._originals: dict[str, str] = {}
        self.replaced: Counter[str] = Counter()
        """How many places of each kind were replaced."""

    def text(self, text: str) -> str:
        """The text without identifiers; one that holds none comes back as it is (NFC)."""
        text = clean(text)
        parts: list[str] = []
        at = 0
        for span in self._spans(text):
            parts += [text[at : span.start], self._instead(span, text[span.start : span.end])]
            at = span.end
        return "".join((*parts, text[at:]))

    def restore(self, text: str) -> str:
        """A text of the answer with the placeholders of this payload as the words they stood for.

        Only for use at home.
        """
        return PLACEHOLDER.sub(
            lambda found: self._originals.get(found.group(), found.group()), text
        )

    @property
    def doubtful(self) -> int:
        """How many words were taken out that may have been no name."""
        return self.replaced[DOUBTFUL]

    def _spans(self, text: str) -> Iterator[Span]:
        """What is replaced, in order and apart: where two overlap, one span takes both places."""
        last: Span | None = None
        for span in sorted(self._found(text), key=lambda each: (each.start, -each.end)):
            if last is None or span.start >= last.end:
                if last is not None:
                    yield last
                last = span
            elif span.end > last.end:
                last = _longer(last, span)._replace(start=last.start, end=span.end)
            elif _tells_more(span, last):
                last = span._replace(start=last.start, end=last.end)
        if last is not None:
            yield last

    def _found(self, text: str) -> Iterator[Span]:
        found, words = tokens(text), self._words
        spoken = said(found, words)
        yield from find_names(text, found, spoken, self._names)
        yield from find_dates(text, found, spoken, self._calendar)
        yield from find_numbers(text, found, spoken, self._numbers, words)
        yield from find_patterns(text, words.table)
        keys = [each.key for each in found]
        for first, end, key in runs(keys, self._texts, max(map(len, self._texts), default=0)):
            yield Span(found[first].start, found[end - 1].end, "ADDRESS", key)
        for finder in self._finders:
            yield from finder(text)

    def _instead(self, span: Span, original: str) -> str:
        self.replaced[span.kind] += 1
        if span.instead:
            return span.instead
        name = (span.kind, span.key)
        if name not in self._placeholders:
            number = 1 + sum(kind == span.kind for kind, _ in self._placeholders)
            self._placeholders[name] = f"[{span.kind}-{number}]"
            self._originals[self._placeholders[name]] = original
        return self._placeholders[name]


def _longer(one: Span, other: Span) -> Span:
    """Of two that overlap the longer; of a date only the whole may be told by its distance."""
    best = max(one, other, key=lambda each: each.end - each.start)
    return best._replace(instead="") if one.instead or other.instead else best


def _tells_more(inner: Span, outer: Span) -> bool:
    """Whether the kind of the inner span should stand for both: a date of birth, a known number."""
    if (inner.start, inner.end) == (outer.start, outer.end):
        order = (BIRTH_DATE, DATE)
        return inner.kind in order and outer.kind not in order
    return False
