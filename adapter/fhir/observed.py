"""Which findings of a report are told as Observations, and the name that each one keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from adapter.domain.finding import AiFinding, Fact
from adapter.domain.report import Origin, Report, Statement


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
    drafted = {each.finding.id: each.finding for each in report.suggestions}
    for section in report.sections:
        for statement in section.statements:
            for said in statement.facts:
                if not (said.historical or said.family):
                    fact = _completed(statement, said, drafted)
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


def _completed(statement: Statement, fact: Fact, drafted: Mapping[str, AiFinding]) -> Fact:
    """With side, level and size that the model gave beside its own, unchanged sentence."""
    finding = drafted.get(statement.source.ai or "")
    if statement.origin is not Origin.AI or finding is None or finding.finding != fact.finding:
        return fact
    return replace(
        fact,
        side=fact.side or finding.side,
        level=fact.level or finding.level,
        size_mm=fact.size_mm or finding.size_mm,
    )


def _name(fact: Fact) -> str:
    side = fact.side.value if fact.side else ""
    return "/".join(filter(None, (fact.finding, side, fact.level or "")))
