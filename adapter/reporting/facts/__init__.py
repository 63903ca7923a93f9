"""A sentence in, the findings that it states out. Rules and word tables only, no model."""

from __future__ import annotations

from adapter.domain.finding import Fact
from adapter.mapping.lexicon import Lexicon
from adapter.reporting.facts.reading import Mention, Reading, read

__all__ = ["Mention", "Reading", "facts", "read"]


def facts(sentence: str, lexicon: Lexicon) -> tuple[Fact, ...]:
    """What the sentence states, in the order of its words; offsets are characters within it."""
    return tuple(mention.fact for mention in read(sentence, lexicon).mentions)
