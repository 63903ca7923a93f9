"""A patient is corrected, merged, renumbered; what was signed keeps its history."""

from __future__ import annotations

import pytest

from adapter.domain.codec import from_json
from adapter.domain.identifiers import Phi
from adapter.domain.order import Code
from adapter.domain.patient_event import PatientAction, PatientEvent
from adapter.domain.people import Patient, Sex
from adapter.reporting.pipeline import ReportInputs
from adapter.store import patients, reports, studies
from adapter.workflow import events
from tests.fakes.house import DR_GRAY, Workflow

CT = {"procedure": Code("CTCH", "CT chest"), "modality": "CT"}
SAID = "findings colon eight millimeter nodule in the right upper lobe period"
OLD = Patient(Phi("OLD"), "SYN", Phi("Demo"), Phi("Jane"), Phi("19700101"), Sex.FEMALE)
NEW = Patient(Phi("NEW"), "SYN", Phi("Demo-Smith"), Phi("Jane"))


def tell(workflow: Workflow, event: PatientEvent) -> str:
    with workflow.database.write() as tx:
        return events.apply(workflow.house, tx, [event], "ADT7")


def merge(workflow: Workflow, action: PatientAction = PatientAction.MERGE) -> str:
    said = tell(workflow, PatientEvent(action, NEW, Patient(OLD.mrn, OLD.issuer)))
    workflow.jobs.run()
    return said


def patient(workflow: Workflow, accession: str) -> Patient:
    with workflow.database.read() as tx:
        return studies.get(tx, accession).order.patient


def inputs(workflow: Workflow, accession: str, number: int) -> ReportInputs:
    with workflow.database.read() as tx:
        stored = reports.get_version(tx, accession, number)
    return from_json(ReportInputs, stored.inputs_json)


def test_an_update_changes_open_studies_and_keeps_what_it_does_not_tell(
    workflow: Workflow,
) -> None:
    workflow.order("A1", patient=OLD)
    told = Patient(OLD.mrn, OLD.issuer, Phi("Demo-Smith"), Phi("Jane"))
    assert tell(workflow, PatientEvent(PatientAction.UPDATE, told)) == ""
    now = patient(workflow, "A1")
    assert (now.family, now.birth_date, now.sex) == (Phi("Demo-Smith"), OLD.birth_date, OLD.sex)
    assert workflow.events("A1") == ["order new", "patient updated"]


def test_what_is_the_same_leaves_no_trace(workflow: Workflow) -> None:
    workflow.order("A1", patient=OLD)
    assert tell(workflow, PatientEvent(PatientAction.UPDATE, OLD)) == ""
    assert workflow.events("A1") == ["order new"]


def test_an_open_report_is_built_again_for_the_corrected_patient(workflow: Workflow) -> None:
    workflow.order("A1", patient=OLD)
    workflow.dictate("A1", SAID)
    merge(workflow)
    order = inputs(workflow, "A1", 2).order
    assert order is not None
    assert order.patient.mrn == Phi("NEW")
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    assert workflow.sent() == [("A1", "preliminary"), ("A1", "final")]


@pytest.mark.parametrize(
    ("action", "event"),
    [
        (PatientAction.MERGE, "patient merged"),
        (PatientAction.CHANGE_ID, "patient id changed"),
    ],
)
def test_a_signed_report_keeps_its_patient_and_its_addendum_has_the_new_one(
    workflow: Workflow, action: PatientAction, event: str
) -> None:
    workflow.order("A1", patient=OLD)
    workflow.dictate("A1", SAID)
    workflow.sign_off.sign("A1", DR_GRAY)
    assert merge(workflow, action) == ""
    with workflow.database.read() as tx:
        assert len(reports.versions(tx, "A1")) == 2
    assert workflow.events("A1")[-1] in (event, "delivery acknowledged")
    assert event in workflow.events("A1")
    workflow.sign_off.addendum("A1", DR_GRAY, "Seen again.")
    patients = [
        order.patient.mrn.reveal()
        for number in (1, 2, 3)
        if (order := inputs(workflow, "A1", number).order)
    ]
    assert patients == ["OLD", "OLD", "NEW"]


def test_earlier_reports_are_priors_under_the_surviving_number(workflow: Workflow) -> None:
    workflow.order("A1", patient=OLD, scheduled_at="20250101", **CT)
    workflow.dictate("A1", SAID)
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.jobs.run()
    workflow.order("A2", patient=NEW, scheduled_at="20260101", **CT)
    workflow.dictate("A2", SAID)
    assert inputs(workflow, "A2", 1).earlier is None
    merge(workflow)
    earlier = inputs(workflow, "A2", 2).earlier
    assert earlier is not None
    assert earlier.accession == "A1"


def test_what_comes_later_under_the_retired_number_is_the_survivors(workflow: Workflow) -> None:
    merge(workflow)
    workflow.order("A1", patient=OLD, scheduled_at="20250101", **CT)  # its sender knows no merge
    workflow.dictate("A1", SAID)
    workflow.sign_off.sign("A1", DR_GRAY)
    workflow.order("A2", patient=NEW, scheduled_at="20260101", **CT)
    workflow.dictate("A2", SAID)
    earlier = inputs(workflow, "A2", 1).earlier
    assert earlier is not None
    assert earlier.accession == "A1"
    assert patient(workflow, "A1") == OLD


def test_merges_in_a_row_and_back_lead_to_the_last_survivor(workflow: Workflow) -> None:
    a, b, c = (Patient(Phi(name), "SYN") for name in "ABC")
    with workflow.database.write() as tx:
        patients.retire(tx, a, b)
        patients.retire(tx, b, c)
        keys = [set(patients.keys_of(tx, each)) for each in (a, b, c)]
        assert keys[0] == keys[1] == keys[2]
        assert len(keys[0]) == 3
        assert patients.keys_of(tx, a)[0] == studies.patient_key(c)
        patients.retire(tx, c, a)
        assert patients.keys_of(tx, b)[0] == studies.patient_key(a)
        assert patients.keys_of(tx, Patient(Phi(""))) == ()


def test_an_unknown_patient_changes_nothing_and_the_log_says_so(workflow: Workflow) -> None:
    workflow.order("A1")
    assert merge(workflow) == "no study of this patient is here: the retired number is remembered"
    told = PatientEvent(PatientAction.UPDATE, OLD)
    assert tell(workflow, told) == "no study of this patient is here: nothing changed"
    assert workflow.events("A1") == ["order new"]


def test_a_merge_with_oneself_is_an_update(workflow: Workflow) -> None:
    workflow.order("A1", patient=OLD)
    workflow.dictate("A1", SAID)
    workflow.sign_off.sign("A1", DR_GRAY)
    told = Patient(OLD.mrn, OLD.issuer, Phi("Other"))
    tell(workflow, PatientEvent(PatientAction.MERGE, told, OLD))
    assert patient(workflow, "A1") == OLD
