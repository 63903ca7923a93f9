"""AI findings in the report by policy and decision, and what is told of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.domain.decision import Decision, DecisionKind
from adapter.domain.order import Side
from adapter.domain.report import Severity
from tests.reporting.tables import tables
from tests.reporting.test_merge import LEFT, codes, report, texts, with_policies


@pytest.mark.parametrize(
    ("said", "changes", "inline"),
    [
        ("The heart is normal.", {}, True),
        ("The heart is normal.", {"present": False}, False),
        ("Left pneumothorax.", {}, False),  # it has been said
    ],
)
def test_only_what_an_ai_sees_and_nobody_said_goes_inline(
    said: str, changes: dict[str, bool], inline: bool
) -> None:
    of = with_policies("xr_chest_2v", ai_policy="inline")
    found = report(said, replace(LEFT, **changes), of=of)  # type: ignore[arg-type]
    assert ("ai-a1" in {each.id for s in found.sections for each in s.statements}) is inline


def test_what_is_turned_down_does_not_go_inline() -> None:
    of = with_policies("xr_chest_2v", ai_policy="inline")
    no = Decision(DecisionKind.REJECT, "a1", person="Dr. Grey")
    assert texts(report("The heart is normal.", LEFT, decisions=(no,), of=of)) == [
        "The heart is normal."
    ]


def test_an_empty_section_is_printed_where_the_template_wants_it() -> None:
    rules = tables().templates.get("xr_chest_2v").table.sections
    wanted = tuple(
        rule.model_copy(
            update={"required": rule.id == "heart", "omit_if_empty": rule.id != "bones"}
        )
        for rule in rules
    )
    found = report("Small pneumothorax.", of=with_policies("xr_chest_2v", sections=wanted))
    assert [each.id for each in found.sections] == ["pleura", "heart", "bones"]


def test_each_suggestion_has_its_state() -> None:
    yes = Decision(DecisionKind.ACCEPT, "a1", person="Dr. Grey")
    no = Decision(DecisionKind.REJECT, "a1", person="Dr. Grey")

    def state(said: str, *decisions: Decision) -> list[str]:
        return [each.state for each in report(said, LEFT, decisions=decisions).suggestions]

    assert state("The heart is normal.") == ["proposed"]
    assert state("Left pneumothorax.") == ["agreed"]
    assert state("Left pneumothorax.", yes) == ["accepted"]
    assert state("Left pneumothorax.", no) == ["rejected"]


def test_an_accepted_finding_keeps_its_other_conflicts() -> None:
    yes = Decision(DecisionKind.ACCEPT, "a1", person="Dr. Grey")
    found = codes(report("Right pneumothorax.", LEFT, decisions=(yes,)))
    assert ("laterality_conflict", "alert") in found
    found = codes(report("The heart is normal.", LEFT, decisions=(yes,)))
    assert "ai_finding_not_dictated" not in dict(found)


def test_of_two_findings_with_one_id_the_first_counts() -> None:
    other = replace(LEFT, text="Right pneumothorax.", side=Side.RIGHT)
    for order in ((LEFT, other), (other, LEFT)):
        (shown,) = report("The heart is normal.", *order).suggestions
        assert shown.finding.text == "Left pneumothorax."


def test_what_was_taken_out_is_told_with_the_person() -> None:
    cut = Decision(DecisionKind.EDIT, "s1", "", "Dr. Grey")
    found = report("Left pneumothorax. Clear lungs.", decisions=(cut,))
    (flag,) = (each for each in found.flags if each.code == "statement_removed")
    assert (flag.message, flag.severity, flag.statement) == (
        "Dr. Grey took it out",
        Severity.INFO,
        "s1",
    )
