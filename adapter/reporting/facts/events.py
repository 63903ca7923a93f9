"""A sentence as a row of events: findings named, places named, and the words around them."""

from __future__ import annotations

from typing import NamedTuple

from adapter.mapping.lexicon import Site, Term
from adapter.mapping.phrase_table import Token

WHERE = frozenset(
    ("preposition", "of", "site", "left", "right", "bilateral", "definite", "partial", "through")
)
NOTHING: frozenset[str] = frozenset()
ELSEWHERE = frozenset(("elsewhere",))  # what is said here is of none of the findings of the line


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


def row_of(tokens: list[Token], events: list[Event]) -> Line:
    """A line of these events."""
    return Line(tokens, events, [n for n, event in enumerate(events) if event.term])
