"""Sizes of this report beside those of the report before, for a person to see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from adapter.domain.finding import Fact
from adapter.domain.order import Side
from adapter.domain.report import Section
from adapter.reporting.checks.sheet import Line


class SizeChange(NamedTuple):
    """One finding that was measured twice; sizes are the largest extent in mm."""

    finding: str  # lexicon id
    statement: str  # id in this report
    side: Side | None
    now_mm: float
    before_mm: float
    before: str  # the sentence of the report before

    @property
    def ratio(self) -> float:
        """The change as a part of the earlier size; -0.5 is half of it."""
        return (self.now_mm - self.before_mm) / self.before_mm


def size_changes(sections: Iterable[Section], prior: Iterable[Line]) -> Iterator[SizeChange]:
    """Each finding measured now for which the report before holds one measured at the same place.

    Where several fit, none is named: which one it was a person must say.
    """
    before = [
        (mention.fact, line.text)
        for line in prior
        for mention in line.reading.mentions
        if _is_measured(mention.fact)
    ]
    for section in sections:
        for statement in section.statements:
            for fact in statement.facts:
                same = [each for each in before if _same(fact, each[0])]
                if _is_measured(fact) and len(same) == 1:
                    old, text = same[0]
                    sizes = max(fact.size_mm), max(old.size_mm)
                    yield SizeChange(fact.finding, statement.id, fact.side, *sizes, text)


def _is_measured(fact: Fact) -> bool:
    return bool(fact.size_mm) and min(fact.size_mm) > 0 and not (fact.negated or fact.historical)


def _same(one: Fact, other: Fact) -> bool:
    sides = {one.side, other.side} - {None, Side.BILATERAL}
    return one.finding == other.finding and len(sides) < 2 and one.level == other.level
