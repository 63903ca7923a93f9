"""Which findings of a report are told as Observations, and the name that each one keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from adapter.domain.finding import Fact
from adapter.domain.report import Report, Statement


class Observed(NamedTuple):
    """A finding as one sentence states it.

    `key` is the same in every version while finding, side and level are: "pneumothorax/right". The
    second of a report that would have the same key is told apart: "pneumothorax/right#2".
    """

    key: str
    statement: Statement
    fact: Fact

    @property
    def content(self) -> tuple[str, Fact]:
        """What it says, wherever in the sentence it says it."""
        return self.statement.text, replace(self.fact, start=0, end=0)


def observed(report: Report) -> tuple[Observed, ...]:
    """What this study shows, in the order of the report; history stays in the text."""
    seen: Counter[str] = Counter()
    found = []
    for section in report.sections:
        for statement in section.statements:
            for fact in statement.facts:
                if not (fact.historical or fact.family):
                    name = _name(fact)
                    seen[name] += 1
                    key = name if seen[name] == 1 else f"{name}#{seen[name]}"
                    found.append(Observed(key, statement, fact))
    return tuple(found)


def gone(report: Report, before: Iterable[Report]) -> tuple[Observed, ...]:
    """What earlier reports told and this one does not, each as it was told last."""
    told = {each.key: each for earlier in before for each in observed(earlier)}
    now = {each.key for each in observed(report)}
    return tuple(each for key, each in told.items() if key not in now)


def changed(one: Observed, signed: Iterable[Report]) -> bool:
    """Whether an earlier signed report told it otherwise."""
    told = (each for report in signed for each in observed(report) if each.key == one.key)
    return any(each.content != one.content for each in told)


def _name(fact: Fact) -> str:
    side = fact.side.value if fact.side else ""
    return "/".join(filter(None, (fact.finding, side, fact.level or "")))
