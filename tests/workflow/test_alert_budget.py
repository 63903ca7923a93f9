"""Each flag that a report shows counts once, and what becomes of it is known."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.domain.decision import DecisionKind
from adapter.domain.report import Flag, Severity
from adapter.errors import NotFound
from adapter.mapping.checks import AlertBudget, Checks
from adapter.store import alerts, reports
from adapter.store.alerts import AlertState
from adapter.workflow.alert_budget import budget, wilson
from tests.fakes.house import DR_GRAY, Workflow, tables

WRONG = "disc bulge at L9 period"


def flags(workflow: Workflow, code: str = "level_impossible") -> list[Flag]:
    with workflow.database.read() as tx:
        shown = reports.shown(reports.get_latest(tx, "A1")).flags
    return [flag for flag in shown if flag.code == code]


def states(workflow: Workflow, code: str = "level_impossible") -> dict[AlertState, int]:
    with workflow.database.read() as tx:
        return alerts.counts(tx, "", "9").get(code, {})


@pytest.fixture
def wrong(workflow: Workflow) -> Workflow:
    """A report with a level that does not exist."""
    workflow.order("A1")
    workflow.dictate("A1", WRONG)
    return workflow


def decide(workflow: Workflow, kind: DecisionKind, target: str, text: str = "") -> None:
    workflow.sign_off.decide("A1", kind, target, DR_GRAY, text)
    workflow.jobs.run()


def test_a_flag_counts_once_whatever_the_number_of_versions(wrong: Workflow) -> None:
    before = flags(wrong)
    wrong.dictate("A1", "the heart is normal in size period")
    assert [flag.id for flag in flags(wrong)] == [flag.id for flag in before]
    assert states(wrong) == {AlertState.OPEN: 1}


def test_a_dismissed_flag_stays_dismissed_while_its_words_stand(wrong: Workflow) -> None:
    (flag,) = flags(wrong)
    decide(wrong, DecisionKind.DISMISS, flag.id, "counted from the skull")
    wrong.dictate("A1", "the heart is normal in size period")
    (aside,) = flags(wrong)
    assert aside.dismissed
    assert (aside.dismissed.person, aside.dismissed.reason) == ("123", "counted from the skull")
    assert states(wrong) == {AlertState.DISMISSED: 1}
    wrong.sign_off.sign("A1", DR_GRAY)
    (kept,) = flags(wrong)
    assert kept.dismissed == aside.dismissed
    assert states(wrong) == {AlertState.DISMISSED: 1}


def test_other_words_are_another_flag(wrong: Workflow) -> None:
    (flag,) = flags(wrong)
    decide(wrong, DecisionKind.DISMISS, flag.id, "as it is")
    decide(wrong, DecisionKind.EDIT, flag.statement or "", "Disc bulge at L8.")
    (other,) = flags(wrong)
    assert other.id != flag.id
    assert other.dismissed is None
    assert states(wrong) == {AlertState.DISMISSED: 1, AlertState.OPEN: 1}


def test_a_flag_that_is_put_back_is_open_again(wrong: Workflow) -> None:
    (flag,) = flags(wrong)
    decide(wrong, DecisionKind.DISMISS, flag.id, "as it is")
    decide(wrong, DecisionKind.RESTORE, flag.id)
    assert flags(wrong)[0].dismissed is None
    assert states(wrong) == {AlertState.OPEN: 1}


def test_a_flag_that_is_gone_was_acted_on(wrong: Workflow) -> None:
    decide(wrong, DecisionKind.EDIT, flags(wrong)[0].statement or "", "Disc bulge at L4-L5.")
    assert states(wrong) == {AlertState.ACTED: 1}


def test_a_flag_that_was_signed_over_has_passed(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", "the heart heart is normal in size period")
    workflow.sign_off.sign("A1", DR_GRAY)  # a warning is no blocker
    assert states(workflow, "repeated_word") == {AlertState.PASSED: 1}


def test_only_a_flag_that_is_shown_can_be_dismissed(wrong: Workflow) -> None:
    for kind in (DecisionKind.DISMISS, DecisionKind.RESTORE):
        with pytest.raises(NotFound):
            wrong.sign_off.decide("A1", kind, "s1", DR_GRAY, "why")


def test_a_noisy_check_is_proposed_for_demotion(wrong: Workflow) -> None:
    wrong.clear("A1")
    wrong.sign_off.sign("A1", DR_GRAY)
    rules = tables().checks.table
    for least, share in product((1, 2), (0.0, 0.5)):
        limit = AlertBudget(least_share=share, least_flags=least)
        checks = Checks(rules.model_copy(update={"budget": limit}))
        with wrong.database.read() as tx:
            rows = {row.check: row for row in budget(tx, checks, "", "9")}
        row = rows["level_impossible"]
        assert row.hint == ("demote" if (least, share) == (1, 0.5) else "")
        assert (row.shown, row.passed, row.share, row.severity) == (1, 0, 0.0, Severity.ALERT)
        assert rows["rads_format"].share is None
        assert set(rules.checks) <= set(rows)


def test_flags_are_counted_by_the_day_they_were_first_shown(wrong: Workflow) -> None:
    today = wrong.house.now()
    with wrong.database.read() as tx:
        assert alerts.counts(tx, "", today) == {}
        assert "level_impossible" in alerts.counts(tx, today, "9")


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_that_of_wilson(hits: int, of: int, low: float, high: float) -> None:
    """Third row: Newcombe (1998), Statistics in Medicine 17:857, table I."""
    assert wilson(hits, of) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@given(st.integers(1, 10_000), st.data())
def test_the_share_lies_in_its_interval(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of + 1e-12
    assert hits / of - 1e-12 <= high <= 1
