"""A sentence in, the findings that it states out. Rules and word tables only, no model."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from adapter.domain.finding import Fact
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.facts.mentions import Mention
from adapter.reporting.facts.reading import Reading, read
from adapter.reporting.sentences import split

__all__ = ["Mention", "Reading", "facts", "read", "read_often"]


@lru_cache(maxsize=4_096)
def read_often(sentence: str, lexicon: Lexicon) -> Reading:
    """The reading of a sentence that comes again and again, of a template or a model."""
    return read(sentence, lexicon)


def facts(sentence: str, lexicon: Lexicon) -> tuple[Fact, ...]:
    """What a sentence (or several) states, in the order of its words; offsets within the text."""
    return tuple(
        replace(mention.fact, start=mention.fact.start + start, end=mention.fact.end + start)
        for start, end in split(sentence)
        for mention in read(sentence[start:end], lexicon).mentions
    )
