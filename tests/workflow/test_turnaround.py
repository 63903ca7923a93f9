from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.order import OrderStatus, Priority
from adapter.domain.study import ReportStatus
from adapter.store import studies
from adapter.store.database import Database
from adapter.workflow.turnaround import figures, spread
from tests.fakes.house import order

AT = "2026-11-{:02}T{:02}:00:00.000+00:00"
TARGETS = {Priority.STAT: 60, Priority.ROUTINE: 240}


def signed(database: Database, accession: str, day: int, hours: int, **values: object) -> None:
    with database.write() as tx:
        made = order(accession, **values)
        studies.add(tx, made, OrderStatus.COMPLETED, AT.format(day, 1))
        at = AT.format(day, 1 + hours)
        studies.change(tx, accession, at, report_status=ReportStatus.FINAL)


def test_figures_by_modality_priority_and_day(database: Database) -> None:
    for number, hours in enumerate((1, 2, 3, 9)):
        signed(database, f"R{number}", 10, hours, modality="CT")
    signed(database, "S1", 11, 1, modality="CT", priority=Priority.STAT)
    signed(database, "OUT", 20, 5, modality="MR")
    with database.read() as tx:
        found = figures(tx, "2026-11-10", "2026-11-12", TARGETS)
    assert list(found.groups) == [("CT", Priority.STAT), ("CT", Priority.ROUTINE)]
    routine = found.groups["CT", Priority.ROUTINE]
    assert (routine.count, routine.median, routine.p90, routine.in_time) == (4, 120, 540, 3)
    assert found.whole is not None
    assert (found.whole.count, found.whole.in_time) == (5, 4)
    assert list(found.days) == ["2026-11-10", "2026-11-11"]


def test_nothing_signed_is_no_figure(database: Database) -> None:
    with database.read() as tx:
        assert figures(tx, "2026-11-10", "2026-11-12", TARGETS).whole is None


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_percentiles_are_values_and_in_order(minutes: list[float]) -> None:
    made = spread(minutes)
    assert {made.median, made.p90} <= set(minutes)
    assert min(minutes) <= made.median <= made.p90 <= max(minutes)
    assert sum(each <= made.p90 for each in minutes) >= 0.9 * len(minutes)


def test_the_share_in_time_counts_the_limit_in() -> None:
    assert spread([60, 61], 60).in_time == 1
    assert spread([1]).in_time is None
    with pytest.raises(IndexError):
        spread([])
