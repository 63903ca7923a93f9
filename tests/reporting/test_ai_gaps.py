"""Groups in which a model agrees less, and when nothing can be told."""

from __future__ import annotations

import random

from adapter.reporting.ai_gaps import Group, gaps


def test_a_group_is_held_against_the_rest_of_its_dimension() -> None:
    found = gaps(
        [Group("sex", "F", 700, 1000), Group("sex", "M", 950, 1000), Group("site", "N", 9, 10)], 50
    )
    women, men, site = found
    assert (women.group.value, women.others.hits, women.share) == ("F", 950, 0.7)
    assert women.stands_out
    assert round(women.gap or 0, 3) == -0.25
    assert men.stands_out
    assert (site.share, site.gap, site.interval, site.stands_out) == (None, None, None, False)


def test_few_findings_tell_nothing_on_either_side() -> None:
    groups = [Group("scanner", "A", 0, 49), Group("scanner", "B", 500, 500)]
    assert [each.interval for each in gaps(groups, 50)] == [None, None]
    assert gaps([Group("sex", "F", 5, 5)], 0)[0].interval is None  # there are no others
    assert gaps([], 50) == []


def test_among_equal_groups_hardly_one_stands_out() -> None:
    chance, loud = random.Random(7), 0
    for _ in range(200):
        groups = [
            Group("scanner", str(n), sum(chance.random() < 0.9 for _ in range(100)), 100)
            for n in range(8)
        ]
        loud += any(each.stands_out for each in gaps(groups, 50))
    assert loud <= 20  # of 200; one comparison at a time would be nearer 60
