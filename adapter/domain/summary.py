"""The summary of a signed report for its patient: sentences of facts, and what is left as it is."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.domain.finding import Fact


@dataclass(frozen=True, slots=True)
class PlainSentence:
    """One fact in plain words; `statements`: ids of the sentences of the report that state it."""

    text: str
    fact: Fact
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of the report that is not put into other words."""

    statement: str
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """`grade`: reading level, as a school grade, of our own sentences; quoted ones do not count."""

    title: str
    intro: str
    sentences: tuple[PlainSentence, ...]
    words_title: str
    words: tuple[tuple[str, str], ...]  # plain name, what it is
    ask: str
    quotes: tuple[Quote, ...]
    closing: str
    grade: float
