"""The report before: found by the workflow, checked against, kept, named, never quoted."""

from __future__ import annotations

import pytest

from adapter.domain.identifiers import Phi
from adapter.domain.order import Code
from adapter.domain.people import Patient, Sex
from adapter.store import reports, studies
from adapter.workflow.dictations import context_of
from tests.fakes.house import DR_GRAY, Workflow

CT = Code("CTCH", "CT chest without contrast")
OLD = "findings colon eight millimeter nodule in the right upper lobe period"
NEW = "findings colon twelve millimeter nodule in the right upper lobe period"


def sign(workflow: Workflow, accession: str, said: str = OLD, **values: object) -> None:
    """A study from order to signature."""
    workflow.order(accession, **({"procedure": CT, "modality": "CT"} | values))
    workflow.dictate(accession, said)
    workflow.sign_off.sign(accession, DR_GRAY)
    workflow.jobs.run()


def codes(workflow: Workflow, accession: str) -> dict[str, str]:
    """Message of the first flag of each code."""
    with workflow.database.read() as tx:
        flags = reports.shown(reports.get_latest(tx, accession)).flags
    return {flag.code: flag.message for flag in reversed(flags)}


def prior(workflow: Workflow, accession: str) -> str | None:
    with workflow.database.read() as tx:
        found = reports.shown(reports.get_latest(tx, accession)).prior
    return found.accession if found else None


def test_the_signed_report_before_is_an_input(workflow: Workflow) -> None:
    sign(workflow, "A1", scheduled_at="20250101")
    workflow.order("A2", procedure=CT, modality="CT", scheduled_at="20260101")
    workflow.dictate("A2", NEW)
    assert prior(workflow, "A2") == "A1"
    assert "prior 8 mm, now 12 mm: +50%" in codes(workflow, "A2")["measurement_changed"]
    with workflow.database.read() as tx:
        stored = reports.get_latest(tx, "A2")
    assert "8 mm" not in stored.text
    assert "8 mm nodule" in stored.inputs_json


@pytest.mark.parametrize(
    "values",
    [
        {"patient": Patient(Phi("SYN2"), "SYN", sex=Sex.FEMALE)},
        {"patient": Patient(Phi("SYN1"), "OTHER", sex=Sex.FEMALE)},
        {"patient": Patient(Phi(""), sex=Sex.FEMALE)},
        {"procedure": Code("MRKN", "MRI knee left"), "modality": "MR"},
        {"scheduled_at": "20240101"},
    ],
)
def test_what_is_not_comparable_is_no_prior(workflow: Workflow, values: dict[str, object]) -> None:
    sign(workflow, "A1", scheduled_at="20250101")
    asked = {"procedure": CT, "modality": "CT", "scheduled_at": "20260101"} | values
    workflow.order("A2", **asked)
    workflow.dictate("A2", NEW)
    assert prior(workflow, "A2") is None


def test_an_unsigned_report_is_no_prior_until_it_is_signed(workflow: Workflow) -> None:
    workflow.order("A1", procedure=CT, modality="CT", scheduled_at="20250101")
    workflow.dictate("A1", OLD)
    workflow.order("A2", procedure=CT, modality="CT", scheduled_at="20260101")
    workflow.dictate("A2", NEW)
    assert prior(workflow, "A2") is None
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    assert prior(workflow, "A2") == "A1"
    assert workflow.sign_off.sign("A2", DR_GRAY).status == "final"


def test_the_same_modality_comes_first_then_the_latest(workflow: Workflow) -> None:
    sign(workflow, "A1", scheduled_at="20230101")
    sign(workflow, "A2", scheduled_at="20240101")
    xr = {"procedure": Code("XRCH2", "Chest radiograph"), "modality": "CR"}
    sign(workflow, "A3", scheduled_at="20250101", **xr)
    workflow.order("A4", procedure=CT, modality="CT", scheduled_at="20260101")
    workflow.dictate("A4", NEW)
    assert prior(workflow, "A4") == "A2"


def test_the_other_knee_is_no_prior(workflow: Workflow) -> None:
    knee = {"modality": "MR", "procedure": Code("MRKN", "MRI knee left")}
    sign(workflow, "A1", "moderate joint effusion period", scheduled_at="20250101", **knee)
    for accession, text in (("A2", "MRI knee right"), ("A3", "MRI knee left")):
        asked = {"modality": "MR", "procedure": Code("MRKN", text)}
        workflow.order(accession, scheduled_at="20260101", **asked)
        workflow.dictate(accession, "no joint effusion period")
    assert (prior(workflow, "A2"), prior(workflow, "A3")) == (None, "A1")


def test_the_recogniser_is_told_what_was_found_before(workflow: Workflow) -> None:
    sign(workflow, "A1", "there is a right pneumothorax period no pleural effusion period")
    workflow.order("A2", procedure=CT, modality="CT")
    with workflow.database.read() as tx:
        study = studies.get(tx, "A2")
        phrases = context_of(workflow.house, tx, study).phrases
    assert phrases[:2] == ("CT chest without contrast", "pneumothorax")
