"""Planted errors are found, and clean reports are left alone."""

from __future__ import annotations

import pytest

from tests.bench.checks import noise
from tests.bench.checks import recall as recall_of
from tests.reporting.checks.corpus import reports
from tests.reporting.checks.errors import KINDS
from tests.reporting.checks.measure import false_flags, recall
from tests.reporting.checks.planted import PLANTERS


@pytest.mark.parametrize("kind", KINDS)
def test_errors_of_a_kind_are_found(kind: str) -> None:
    assert recall(kind, 200) >= 0.85


def test_clean_reports_are_left_alone() -> None:
    codes, severities = false_flags(600)
    assert severities["alert"] <= 0.05 * 600, codes
    assert severities["warn"] <= 0.1 * 600, codes


@pytest.mark.parametrize("held_out", [False, True])
def test_errors_in_reports_as_departments_write_them_are_found(held_out: bool) -> None:
    plain = [each for each in reports() if each.held_out is held_out and each.is_plain]
    scores = [recall_of(kind, plain, tries=1) for kind in PLANTERS]
    planted, found = (sum(column) for column in zip(*scores, strict=True))
    assert planted > 200
    assert found >= 0.85 * planted


@pytest.mark.parametrize("held_out", [False, True])
def test_reports_as_departments_write_them_raise_few_alerts(held_out: bool) -> None:
    quiet = noise(each for each in reports() if each.held_out is held_out)
    assert quiet.per_100("alert") <= 5
    assert quiet.per_100("warn") <= 60, quiet.codes
