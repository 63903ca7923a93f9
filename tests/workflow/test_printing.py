"""Reports on paper, from what is stored alone."""

from __future__ import annotations

import re

import pytest

from adapter.domain.order import OrderAction, OrderStatus
from adapter.errors import NotFound
from adapter.mapping.report_form import PageWords
from adapter.mapping.workspace import PaperForm
from adapter.workflow.printing import print_report
from tests.fakes.house import DR_GRAY, Workflow

FORM = PaperForm(
    timezone="Europe/Berlin",
    words=PageWords(preliminary="VORLAEUFIG", final="Endgueltig", cancellation="STORNIERT"),
)


def printed(workflow: Workflow) -> list[str]:
    pdf = print_report(workflow.house.database, "A1", FORM)
    return [each.decode("cp1252") for each in re.findall(rb"\((.*?)\) Tj", pdf)]


def test_the_paper_says_how_the_report_stands(workflow: Workflow) -> None:
    workflow.order("A1")
    with pytest.raises(NotFound):
        printed(workflow)
    workflow.dictate("A1", "small right pneumothorax period")
    before = printed(workflow)
    assert before[1] == "VORLAEUFIG"
    assert any("pneumothorax" in each for each in before)
    assert not any("Gray" in each for each in before)
    workflow.sign_off.sign("A1", DR_GRAY)
    assert printed(workflow)[1] == "Endgueltig"
    assert any("Gray" in each for each in printed(workflow))
    assert any(each.endswith(("+0100", "+0200")) for each in printed(workflow))
    workflow.sign_off.addendum("A1", DR_GRAY, "Discussed with the ward.")
    added = printed(workflow)
    assert added[1] == PageWords().addendum
    assert any("Discussed with the ward." in each for each in added)
    workflow.sign_off.retract("A1", DR_GRAY, "dictated under the wrong accession")
    assert printed(workflow)[1] == PageWords().retraction


def test_a_cancelled_order_is_seen_on_the_paper(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", "small right pneumothorax period")
    workflow.order("A1", OrderAction.CANCEL, OrderStatus.CANCELLED)
    workflow.jobs.run()
    assert printed(workflow)[1] == "STORNIERT"


def test_the_same_report_gives_the_same_bytes(workflow: Workflow) -> None:
    workflow.order("A1")
    workflow.dictate("A1", "small right pneumothorax period")
    database = workflow.house.database
    assert print_report(database, "A1", FORM) == print_report(database, "A1", FORM)
