"""Drift of agreement: what gives the alarm, how soon, and how often for nothing."""

from __future__ import annotations

import numpy as np
import pytest

from adapter.reporting.ai_drift import (
    Baseline,
    DayCount,
    Drift,
    DriftRule,
    Episode,
    baseline,
    episodes,
    stands,
)

RULE = DriftRule()
KNOWN = Baseline(0, 59, 5400, 6000, 0.09)


def steady(count: int, hits: int = 90, of: int = 100, begin: int = 60) -> list[DayCount]:
    return [DayCount(begin + n, hits, of) for n in range(count)]


def then(days: list[DayCount], *shares: tuple[int, int]) -> list[DayCount]:
    begin = days[-1].day + 1 if days else 60
    return [*days, *(DayCount(begin + n, *each) for n, each in enumerate(shares))]


LOW, HIGH, INSIDE, SMALL = (75, 100), (99, 100), (90, 100), (2, 5)


@pytest.mark.parametrize(
    ("days", "drift"),
    [
        ([LOW] * 6, Drift.UNCLEAR),
        ([LOW] * 7, Drift.WORSE),
        ([HIGH] * 7, Drift.BETTER),
        ([LOW] * 6 + [HIGH], Drift.UNCLEAR),
        ([LOW] * 3 + [INSIDE] + [LOW] * 4, Drift.UNCLEAR),  # it broke the row
        ([LOW] * 4 + [SMALL] * 3 + [LOW] * 3, Drift.WORSE),  # neither count nor break
        ([LOW] * 7 + [SMALL], Drift.UNCLEAR),  # nothing new on such a day
        ([LOW] * 5 + [(18, 20)] + [LOW] * 2, Drift.WORSE),  # too small to be told from the row
        ([(88, 100)] * 7, Drift.BACK),  # just outside, and together still chance
        ([INSIDE] * 7, Drift.BACK),
        ([INSIDE] * 6, Drift.UNCLEAR),
        ([], Drift.UNCLEAR),
    ],
)
def test_where_a_series_stands(days: list[tuple[int, int]], drift: Drift) -> None:
    assert stands(then([], *days), KNOWN, RULE) is drift


def test_days_outside_count_within_two_months_alone() -> None:
    apart = [DayCount(60 + 10 * n, *LOW) for n in range(7)]
    assert stands(apart, KNOWN, RULE) is Drift.UNCLEAR  # 61 days
    near = [DayCount(60 + 9 * n, *LOW) for n in range(7)]
    assert stands(near, KNOWN, RULE) is Drift.WORSE


def test_a_baseline_is_the_first_two_months_and_stays() -> None:
    days = steady(60, begin=0)
    assert baseline(days, RULE) is None  # not over yet
    made = baseline([*days, DayCount(60, 0, 100)], RULE)
    assert made == Baseline(0, 59, 5400, 6000, pytest.approx(0.09, abs=1e-3))
    assert made is not None
    low, high = made.interval
    assert (low, high) == pytest.approx((0.892, 0.907), abs=1e-3)


def test_a_baseline_waits_until_it_holds_enough() -> None:
    few = [DayCount(5 * n, 18, 20) for n in range(40)]
    made = baseline(few, RULE)
    assert made is not None
    assert (made.of, made.first, made.last) == (500, 0, 120)
    assert baseline([DayCount(n, 18, 19) for n in range(300)], RULE) is None  # no day counts
    assert baseline([], RULE) is None


def test_days_that_differ_widen_the_interval() -> None:
    even = baseline(steady(61, begin=0), RULE)
    odd = [DayCount(n, 80 if n % 2 else 100, 100) for n in range(61)]
    uneven = baseline(odd, RULE)
    assert even
    assert uneven
    assert uneven.share == even.share
    assert uneven.interval[0] < even.interval[0]
    perfect = baseline(steady(61, 100, 100, begin=0), RULE)
    assert perfect
    assert perfect.distance(99, 100) < 0


def test_an_episode_is_told_once_and_ends_when_the_series_is_back() -> None:
    days = [*steady(61, begin=0), *steady(20, 75, 100, 61), *steady(20, begin=81)]
    (told,) = episodes(days, RULE)
    assert told.drift is Drift.WORSE
    assert (told.began, told.ended) == (67, 86)
    (open_,) = episodes(days[:75], RULE)
    assert open_ == Episode(Drift.WORSE, 67, None)
    assert not list(episodes(days[:40], RULE))


def year(seed: int, daily: int, *, spread: float, falls_on: int = 999) -> list[DayCount]:
    """Days of a baseline and a year behind it; agreement 0.90, then 0.80, weekends are quiet.

    `spread`: standard deviation of the agreement between days, beyond chance.
    """
    chance = np.random.default_rng([seed, daily])
    days = np.arange(60 + 365)
    of = chance.poisson(daily * np.where(days % 7 >= 5, 0.4, 1.24))
    share = np.where(days < falls_on, 0.9, 0.8)
    if spread:
        weight = share * (1 - share) / spread**2 - 1
        share = chance.beta(share * weight, (1 - share) * weight)
    return [
        DayCount(int(day), int(hits), int(count))
        for day, hits, count in zip(days, chance.binomial(of, share), of, strict=True)
    ]


@pytest.mark.parametrize(("daily", "spread"), [(55, 0.0), (275, 0.02)])
def test_false_alarms_are_fewer_than_one_a_model_year(daily: int, spread: float) -> None:
    years = 60
    alarms = sum(len(list(episodes(year(n, daily, spread=spread), RULE))) for n in range(years))
    print(f"{alarms / years:.2f} false alarms a model-year, {daily} findings a day")
    assert alarms <= 0.6 * years


def test_agreement_that_falls_by_ten_points_is_found_within_ten_days() -> None:
    found = 0
    for seed in range(40):
        days = year(seed, 275, spread=0.0, falls_on=150)[: 150 + 10]
        found += any(each.drift is Drift.WORSE for each in episodes(days, RULE) if not each.ended)
    assert found >= 39
