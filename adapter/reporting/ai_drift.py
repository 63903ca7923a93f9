"""Drift of a model's agreement: outside the fixed interval of its baseline, day after day.

The rule, why it is so, and what it costs in false alarms stand in deploy/ai_ledger.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

from adapter.reporting.shares import Z95, Interval, wilson

_SURE = 3.0  # z beyond which the days of a row together are no chance
_SMOOTH = 2  # added to hits and misses, so that a baseline without a miss has a scatter, too


class DayCount(NamedTuple):
    """Of one day: findings that the report settles, and with how many of them it agrees."""

    day: int  # proleptic Gregorian ordinal
    hits: int
    of: int


class DriftRule(NamedTuple):
    """When a model has drifted."""

    window: int = 60  # days of the baseline, and within which the days outside must lie
    days: int = 7  # in a row
    least: int = 20  # settled findings of a day that counts
    least_days: int = 14  # counting days of a baseline
    least_findings: int = 500  # settled findings of a baseline


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the agreement was in the first days of a model version.

    `scatter`: variance of a single finding as the days show it; they differ by more than chance.
    """

    first: int
    last: int
    hits: int
    of: int
    scatter: float

    @property
    def share(self) -> float:
        """The agreement."""
        return self.hits / self.of

    @property
    def interval(self) -> Interval:
        """95 % interval of the agreement: Wilson's, or the scatter's where that is wider."""
        low, high = wilson(self.hits, self.of)
        reach = Z95 * sqrt(self.scatter / self.of)
        return min(low, self.share - reach), max(high, self.share + reach)

    def distance(self, hits: int, of: int) -> float:
        """The z of `hits` of `of` > 0 findings against it."""
        return (hits / of - self.share) / sqrt(self.scatter * (1 / of + 1 / self.of))


class Drift(StrEnum):
    """Where a series stands at the end of a day."""

    WORSE = "worse"
    BETTER = "better"
    BACK = "back"
    UNCLEAR = "unclear"


class Episode(NamedTuple):
    """From the day that gave the alarm to the day that ended it; None: it goes on."""

    drift: Drift
    began: int
    ended: int | None


def baseline(days: Sequence[DayCount], rule: DriftRule) -> Baseline | None:
    """Of the first `window` days, or as many more as it takes; None while there is too little."""
    used: list[DayCount] = []
    for each in days:
        if each.day - days[0].day >= rule.window and _enough(used, rule):
            last = max(days[0].day + rule.window - 1, used[-1].day)
            hits, of = _sum(used)
            return Baseline(days[0].day, last, hits, of, _scatter(used))
        if each.of >= rule.least:
            used.append(each)
    return None


def stands(days: Sequence[DayCount], known: Baseline, rule: DriftRule) -> Drift:
    """Where the series stands on the last of these days, which are behind its baseline."""
    first = days[-1].day - rule.window if days else 0
    counting = [each for each in days if each.of >= rule.least and each.day > first]
    if not counting or counting[-1].day != days[-1].day:
        return Drift.UNCLEAR
    side, row = _side(counting[-1], known), _row(counting, known, rule.days)
    if side and row and side * known.distance(*_sum(row)) > _SURE:
        return Drift.WORSE if side < 0 else Drift.BETTER
    latest = counting[-rule.days :]
    near = len(latest) == rule.days and abs(known.distance(*_sum(latest))) < Z95
    return Drift.BACK if near else Drift.UNCLEAR


def episodes(days: Sequence[DayCount], rule: DriftRule) -> Iterator[Episode]:
    """Every drift of a whole series, oldest first: what the daily look finds, all at once."""
    known = baseline(days, rule)
    later = [each for each in days if known and each.day > known.last]
    began: tuple[Drift, int] | None = None
    for n, each in enumerate(later, 1):
        now = stands(later[max(0, n - rule.window) : n], known, rule) if known else Drift.UNCLEAR
        if began and now not in (began[0], Drift.UNCLEAR):
            yield Episode(*began, each.day)
            began = None
        if began is None and now in (Drift.WORSE, Drift.BETTER):
            began = (now, each.day)
    if began:
        yield Episode(*began, None)


def _row(days: Sequence[DayCount], known: Baseline, count: int) -> list[DayCount]:
    """The last `count` days outside on the side of the last one, with what lies between them.

    Any other day breaks the row, unless it is too small to be told from the days behind it.
    """
    side, row, between = _side(days[-1], known), list[DayCount](), list[DayCount]()
    outside = 0
    for each in reversed(days):
        if _side(each, known) == side:
            row += [*between, each]
            between, outside = [], outside + 1
            if outside == count:
                return row
        elif not _apart(each, row):
            between.append(each)
        else:
            break
    return []


def _apart(day: DayCount, row: Sequence[DayCount]) -> bool:
    low, high = wilson(day.hits, day.of)
    hits, of = _sum(row)
    return not low <= hits / of <= high


def _side(day: DayCount, known: Baseline) -> int:
    """-1 below the interval, 1 above it, 0 inside."""
    low, high = known.interval
    share = day.hits / day.of
    return (share > high) - (share < low)


def _enough(days: Sequence[DayCount], rule: DriftRule) -> bool:
    return len(days) >= rule.least_days and _sum(days)[1] >= rule.least_findings


def _scatter(days: Sequence[DayCount]) -> float:
    hits, of = _sum(days)
    share, smooth = hits / of, (hits + _SMOOTH) / (of + 2 * _SMOOTH)
    spread = sum(each.of * (each.hits / each.of - share) ** 2 for each in days)
    return max(smooth * (1 - smooth), spread / (len(days) - 1))


def _sum(days: Iterable[DayCount]) -> tuple[int, int]:
    """Hits, and of how many."""
    hits = of = 0
    for each in days:
        hits, of = hits + each.hits, of + each.of
    return hits, of
