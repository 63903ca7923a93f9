"""A patient is corrected, merged or given another number: the studies follow.

Reports that were signed stay as they were, with the order as it was in their record; an addendum
made afterwards is made for the patient as he is known now.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from adapter.domain.patient_event import PatientAction, PatientEvent
from adapter.domain.people import Patient
from adapter.domain.study import ReportStatus, Study
from adapter.store import patients, prior_reports, studies
from adapter.workflow.priors import remerge_open
from adapter.workflow.study_flow import UNSIGNED, House

_EVENTS = {
    PatientAction.UPDATE: "patient updated",
    PatientAction.MERGE: "patient merged",
    PatientAction.CHANGE_ID: "patient id changed",
}
_NOBODY = "no study of this patient is here: nothing changed"
_REMEMBERED = "no study of this patient is here: the retired number is remembered"


def apply(house: House, tx: sa.Connection, event: PatientEvent, cause: str) -> str:
    """Change the studies; returns what the message log should say, "" when all is as usual."""
    found = studies.of_patient(tx, event.patient, UNSIGNED)
    handed = 0
    if event.retired is not None and not _same_number(event.retired, event.patient):
        found += studies.of_patient(tx, event.retired, tuple(ReportStatus))
        patients.retire(tx, event.retired, event.patient)
        handed = prior_reports.hand_over(tx, event.retired, event.patient)
    for study in found:
        patient = _corrected(study.order.patient, event)
        if patient != study.order.patient:
            _change(house, tx, study, patient, _EVENTS[event.action], cause)
    remerge_open(house, tx, event.patient, f"patient-{house.now()}")
    if found or handed:
        return ""
    return _NOBODY if event.retired is None else _REMEMBERED


def _same_number(one: Patient, other: Patient) -> bool:
    return studies.patient_key(one) == studies.patient_key(other)


def _change(
    house: House, tx: sa.Connection, study: Study, patient: Patient, event: str, cause: str
) -> None:
    accession, now = study.order.accession, house.now()
    studies.get(tx, accession, lock=True)
    order = replace(study.order, patient=patient)
    studies.change(tx, accession, now, order=order, labels=house.access.labels_of(order))
    studies.note(tx, accession, now, event, cause)


def _corrected(known: Patient, event: PatientEvent) -> Patient:
    """The number may be another one now, the person is the same."""
    same = replace(known, mrn=event.patient.mrn, issuer=event.patient.issuer)
    return same.corrected(event.patient, event.cleared)
