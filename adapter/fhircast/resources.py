"""A study as the resources of DiagnosticReport-open (FHIRcast 3.6.1, IHE RAD-148)."""

from __future__ import annotations

from uuid import UUID, uuid5

from adapter.domain.order import Order
from adapter.domain.people import Patient, Sex
from adapter.fhir.codes import DICOM_UID, IDENTIFIER_TYPE, LOINC
from adapter.fhir.elements import clean, coding, concept, identifier, present
from adapter.fhir.subject import iso_date
from adapter.fhircast.event import Json
from adapter.mapping.fhircast_hubs import FhircastHub

_NAMESPACE = UUID("2b6f3b5a-6f0e-5d2c-9a44-7c1c7c2f4c10")  # ours; it must never change
_ACSN = coding(IDENTIFIER_TYPE, "ACSN", "Accession ID")
_MR = coding(IDENTIFIER_TYPE, "MR", "Medical record number")
_GENDER = {Sex.FEMALE: "female", Sex.MALE: "male", Sex.OTHER: "other", Sex.UNKNOWN: "unknown"}
_REPORT_SYSTEM = "urn:readout:report"


def opening_elements(order: Order, hub: FhircastHub) -> tuple[Json, ...]:
    """Report, patient and study; the same order gives the same resources each time."""
    patient = _patient(order.patient, hub)
    accession = clean(order.accession)
    report_id, study_id = _id("DiagnosticReport", accession), _id("ImagingStudy", accession)
    about = {"reference": f"Patient/{patient['id']}"}
    based = {
        "type": "ServiceRequest",
        "identifier": identifier(hub.accession_system, accession, _ACSN),
    }
    named = "imagingStudy" if hub.fhir == "R4" else "study"
    report = {
        "resourceType": "DiagnosticReport",
        "id": report_id,
        "identifier": [identifier(_REPORT_SYSTEM, accession)],
        "basedOn": [based],
        "status": "unknown",
        "code": concept(
            coding(LOINC, "18748-4", "Diagnostic imaging study"), text=order.procedure.text
        ),
        "subject": about,
        named: [{"reference": f"ImagingStudy/{study_id}"}],
    }
    uid = [identifier(DICOM_UID, f"urn:oid:{order.study_uid}")] if order.study_uid else []
    study = {"resourceType": "ImagingStudy", "id": study_id} | present(
        identifier=uid, status="unknown", subject=about, basedOn=[based]
    )
    return (
        {"key": "report", "resource": report},
        {"key": "patient", "resource": patient},
        {"key": "study", "resource": study},
    )


def _patient(patient: Patient, hub: FhircastHub) -> Json:
    issuer = patient.issuer
    system = hub.mrn_system or (issuer if ":" in issuer else "")
    number = identifier(system, patient.mrn.reveal(), _MR, "" if system else issuer)
    family, given = clean(patient.family.reveal()), clean(patient.given.reveal())
    name = present(family=family, given=[given] if given else [])
    id_ = _id("Patient", f"{issuer}\n{patient.mrn.reveal()}")
    return {"resourceType": "Patient", "id": id_, "identifier": [number]} | present(
        name=[name] if name else None,
        gender=_GENDER[patient.sex],
        birthDate=iso_date(patient.birth_date.reveal()),
    )


def _id(kind: str, name: str) -> str:
    return str(uuid5(_NAMESPACE, f"{kind}|{name}"))
