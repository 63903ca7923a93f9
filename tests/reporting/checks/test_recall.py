"""Planted errors are found, and clean reports are left alone."""

from __future__ import annotations

import pytest

from tests.reporting.checks.errors import KINDS
from tests.reporting.checks.measure import false_flags, recall


@pytest.mark.parametrize("kind", KINDS)
def test_errors_of_a_kind_are_found(kind: str) -> None:
    assert recall(kind, 200) >= 0.85


def test_clean_reports_are_left_alone() -> None:
    codes, severities = false_flags(600)
    assert severities["alert"] <= 0.05 * 600, codes
    assert severities["warn"] <= 0.1 * 600, codes
