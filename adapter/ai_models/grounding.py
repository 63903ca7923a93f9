"""Whether a drafted sentence says what its sources say, and no more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adapter.domain.finding import Course, Fact
from adapter.mapping.lexicon import Lexicon
from adapter.privacy.tokens import tokens
from adapter.reporting.facts import facts
from adapter.reporting.sentences import split

PRIOR = "prior-"
"""Begins the ids of sentences of the report before."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_SAME_MM = 1.0


class Drafted(NamedTuple):
    """A sentence of the answer with the ids of its sources."""

    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grounded:
    """The sentences that stand, and how many were refused by reason."""

    kept: tuple[Drafted, ...]
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Ground:
    """The sentences that may be named, by id; `free_words` say nothing by themselves."""

    sources: Mapping[str, str]
    lexicon: Lexicon
    free_words: frozenset[str] = frozenset()

    def judge(self, drafted: Iterable[Drafted]) -> Grounded:
        """Each sentence against the sources that it names."""
        kept: list[Drafted] = []
        refused: Counter[str] = Counter()
        for each in drafted:
            if reason := self.refuses(each):
                refused[reason] += 1
            else:
                kept.append(each)
        return Grounded(tuple(kept), refused)

    def refuses(self, drafted: Drafted) -> str:
        """Why a sentence may not stand; "" where it may.

        Its sources must be known, one of them of today. Each finding must be theirs, as sure, on
        the same side and level, of the same size; each number and word must stand in them.
        """
        if len(split(drafted.text)) != 1:
            return "not one sentence"
        if not drafted.sources or any(each not in self.sources for each in drafted.sources):
            return "unknown source"
        told = {each: self.sources[each] for each in drafted.sources}
        numbers = {number for text in told.values() for number in _NUMBER.findall(text)}
        if not numbers.issuperset(_NUMBER.findall(drafted.text)):
            return "number without source"
        today = [text for name, text in told.items() if not name.startswith(PRIOR)]
        before = [text for name, text in told.items() if name.startswith(PRIOR)]
        claimed = facts(drafted.text, self.lexicon)
        known = _Known(self._facts(today), self._facts(before), self.lexicon)
        reasons = (known.lacks(claim) for claim in claimed)
        return next(filter(None, reasons), "") or self._words(drafted.text, claimed, told)

    def _facts(self, texts: Iterable[str]) -> list[Fact]:
        return [fact for text in texts for fact in facts(text, self.lexicon)]

    def _words(self, text: str, claimed: Sequence[Fact], told: Mapping[str, str]) -> str:
        """The names of findings were judged already; every other word must be a source's."""
        known = {each.key for source in told.values() for each in tokens(source)}
        for word in tokens(text):
            named = any(fact.start <= word.start < fact.end for fact in claimed)
            if not named and word.key not in known and word.key not in self.free_words:
                return "word without source"
        return ""


@dataclass(frozen=True, slots=True)
class _Known:
    """Facts of today's sentences and of those of the report before."""

    today: list[Fact]
    before: list[Fact]
    lexicon: Lexicon

    def lacks(self, claim: Fact) -> str:
        """Why no fact of the sources carries the claim; the nearest one tells."""
        same = [fact for fact in self.today if self._is_named(claim, fact)]
        if not same:
            return "finding without source"
        reasons = [self._differs(claim, fact) for fact in same]
        return "" if "" in reasons else reasons[0]

    def _is_named(self, claim: Fact, fact: Fact) -> bool:
        """The same finding, or a wider word for what is there, a narrower for what is not."""
        if claim.finding == fact.finding:
            return True
        wide, narrow = (fact, claim) if claim.negated else (claim, fact)
        return wide.finding in self.lexicon.ancestors.get(narrow.finding, ())

    def _differs(self, claim: Fact, fact: Fact) -> str:
        if claim.negated != fact.negated:
            return "negation"
        if fact.uncertain and not claim.uncertain:
            return "surer than its source"
        if (claim.historical, claim.family) != (fact.historical, fact.family):
            return "of another time or person"
        if claim.side is not None and claim.side != fact.side:
            return "side"
        if claim.level is not None and claim.level != fact.level:
            return "level"
        if claim.count is not None and claim.count != fact.count:
            return "count"
        if not set(claim.size_mm) <= set(fact.size_mm):
            return "size"
        return self._before(claim, fact)

    def _before(self, claim: Fact, fact: Fact) -> str:
        """What the claim says of the time before: told by today's sentence, or by the prior's."""
        prior = [each for each in self.before if _is_same_place(claim, each)]
        sizes = {*fact.prior_size_mm, *(size for each in prior for size in each.size_mm)}
        if not set(claim.prior_size_mm) <= sizes:
            return "size before"
        if claim.time is None or claim.time == fact.time:
            return ""
        return "" if any(claim.time in _courses(each, fact) for each in prior) else "course"


def _is_same_place(one: Fact, other: Fact) -> bool:
    sides = {one.side, other.side} - {None}
    return one.finding == other.finding and len(sides) < 2 and one.level == other.level


def _courses(before: Fact, today: Fact) -> set[Course]:
    """How a finding has changed, as two sentences show it."""
    if before.negated or today.negated:
        if before.negated == today.negated:
            return set()
        return {"new"} if before.negated else {"resolved"}
    if not (before.size_mm and today.size_mm):
        return set()
    grown = max(today.size_mm) - max(before.size_mm)
    if abs(grown) <= _SAME_MM:
        return {"stable"}
    return {"increased"} if grown > 0 else {"decreased"}
