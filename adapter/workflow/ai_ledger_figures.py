"""The figures of AI models against signed reports: rates, days, groups, arrival."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from adapter.mapping.ai_monitoring import AiMonitoring
from adapter.reporting.ai_gaps import Gap, Group, gaps
from adapter.reporting.shares import Interval, wilson
from adapter.store import ai_alerts, ai_baselines, ai_daily
from adapter.store.ai_baselines import StoredBaseline
from adapter.store.ai_daily import ALL, ARRIVAL, ARRIVALS, GROUPS, Series, Sums
from adapter.workflow.ai_watch import baseline_of

FINDING = "finding"


class Rate(NamedTuple):
    """A share of a count, which may be 0."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """None: of none."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> Interval | None:
        """95 %, by Wilson."""
        return wilson(self.hits, self.of) if self.of else None


class Rates(NamedTuple):
    """The three rates of deploy/ai_ledger.md."""

    agreement: Rate
    ppv: Rate
    misses: Rate


class DayShare(NamedTuple):
    """One day; `counts`: enough findings to be judged by."""

    day: str
    rate: Rate
    counts: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """One version of a model in one mode."""

    days: list[DayShare]
    baseline: StoredBaseline | None
    band: Interval | None
    findings: list[Sums]
    gaps: list[Gap]
    arrivals: list[tuple[str, int]]


class Overview(NamedTuple):
    """All models of a period, the busiest first, and those that have drifted."""

    models: list[Sums]
    drifting: dict[Series, str]
    watched: set[Series]


def rates(sums: Sums) -> Rates:
    """What the sums of a group give."""
    return Rates(
        Rate(sums.concordant, sums.settled),
        Rate(sums.confirmed, sums.positive),
        Rate(sums.miss, sums.miss + sums.confirmed),
    )


def overview(tx: sa.Connection, first: date, end: date) -> Overview:
    """Of the days [first, end)."""
    found = ai_daily.sums(tx, first.isoformat(), end.isoformat(), (ALL,))
    found.sort(key=lambda each: (-each.told, each.series))
    return Overview(found, ai_alerts.standing(tx), set(ai_baselines.listed(tx)))


def detail(
    tx: sa.Connection, series: Series, first: date, end: date, rules: AiMonitoring
) -> Detail:
    """One series in the days [first, end)."""
    since, until = first.isoformat(), end.isoformat()
    wanted = (FINDING, ARRIVAL, *GROUPS)
    mine = [each for each in ai_daily.sums(tx, since, until, wanted) if each.series == series]
    known = ai_baselines.find(tx, series)
    findings = [each for each in mine if each.dimension == FINDING]
    told = {each.value: each.told for each in mine if each.dimension == ARRIVAL}
    groups = (
        Group(each.dimension, each.value, each.concordant, each.settled)
        for each in mine
        if each.dimension in GROUPS
    )
    return Detail(
        days=[
            DayShare(day, Rate(hits, of), of >= rules.least_a_day)
            for day, hits, of in ai_daily.by_day(tx, since, until, series).get(series, [])
        ],
        baseline=known,
        band=baseline_of(known).interval if known else None,
        findings=sorted(findings, key=lambda each: (-each.settled, each.value)),
        gaps=gaps(groups, rules.least_of_a_group),
        arrivals=[(name, told.get(name, 0)) for name in ARRIVALS],
    )
