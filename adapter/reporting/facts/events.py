"""A sentence as a row of events: findings named, places named, and the words around them."""

from __future__ import annotations

from typing import NamedTuple

from adapter.mapping.lexicon import Lexicon, Site, Term
from adapter.mapping.phrase_table import Hit, Token

_MARKS = {",": "comma", ";": "end", "(": "open", ")": "close", "?": "doubt"}
NOTHING: frozenset[str] = frozenset()


class Event(NamedTuple):
    """Tokens [start, end) and what they are: `term` names a finding, `kinds` tell the rest."""

    start: int
    end: int
    kinds: frozenset[str]
    term: Term | None = None
    site: Site | None = None


class Line(NamedTuple):
    """A sentence ready to be read. `terms`: places in `events` of the findings named."""

    tokens: list[Token]
    events: list[Event]
    terms: list[int]

    def words(self, start: int, end: int) -> list[str]:
        """Normal forms of tokens [start, end)."""
        return [token.word for token in self.tokens[start:end]]


def line(sentence: str, lexicon: Lexicon) -> Line:
    """Everything the tables know in a sentence, by place."""
    tokens = lexicon.forms.tokens(sentence)
    words = [token.word for token in tokens]
    terms = lexicon.terms.find(words)
    events = [Event(hit.start, hit.end, _TERM, term=hit.value) for hit in terms]
    taken = [False] * len(words)
    for hit in terms:
        taken[hit.start : hit.end] = [True] * (hit.end - hit.start)
    events += _sites(lexicon.sites.find(words), taken)
    plain = ["" if of_term else word for word, of_term in zip(words, taken, strict=True)]
    events += [Event(hit.start, hit.end, hit.value) for hit in lexicon.cues.find(plain)]
    events += [
        Event(at, at + 1, frozenset((_MARKS[word],)))
        for at, word in enumerate(words)
        if word in _MARKS
    ]
    events.sort(key=lambda event: (event.start, event.term is None))
    return Line(tokens, events, [n for n, event in enumerate(events) if event.term])


_TERM = frozenset(("term",))
_SITE = frozenset(("site",))


def _sites(hits: list[Hit[Site]], taken: list[bool]) -> list[Event]:
    return [
        Event(hit.start, hit.end, _SITE, site=hit.value) for hit in hits if not taken[hit.start]
    ]
