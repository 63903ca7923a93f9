from __future__ import annotations

import pytest

from adapter.domain.transcript import Transcript, Word
from adapter.reporting.checks.layout import text_lines
from adapter.reporting.pipeline import ReportInputs, build_report
from adapter.reporting.size_changes import SizeChange, size_changes
from tests.fakes.house import tables

BEFORE = "LUNGS:\n4 mm nodule in the right upper lobe. Left renal cyst of 2 cm. No mass."


def changes(text: str, before: str = BEFORE) -> list[SizeChange]:
    spoken = Transcript("d-1", "", "en", 0, (Word(text, 0, 0, 1.0),))
    report = build_report(ReportInputs((spoken,), template="ct_chest"), tables())
    return list(size_changes(report.sections, text_lines(before, tables())))


def test_a_finding_measured_twice_is_set_side_by_side() -> None:
    (found,) = changes("6 mm nodule in the right lung.")
    assert (found.side, found.before_mm, found.now_mm) == ("right", 4.0, 6.0)
    assert found.ratio == pytest.approx(0.5)
    assert found.before == "4 mm nodule in the right upper lobe."


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("6 mm nodule in the left lung.", BEFORE),
        ("A nodule in the right lung.", BEFORE),
        ("No nodule.", BEFORE),
        ("6 mm nodule in the right lung.", "4 mm right lung nodule. 5 mm right lung nodule."),
        ("6 mm nodule in the right lung.", ""),
    ],
)
def test_nothing_is_compared_that_may_be_another(now: str, before: str) -> None:
    assert changes(now, before) == []
