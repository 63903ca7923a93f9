"""Synthetic FHIRcast contexts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from adapter.fhircast.event import Event, Json, new_id

START = datetime(2026, 1, 2, 10, tzinfo=UTC)
ACSN = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]}
MR = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]}


def at(seconds: float) -> datetime:
    """So long after the test's beginning."""
    return START + timedelta(seconds=seconds)


def report_context(number: int, *, mrn: str = "", uid: str = "", accession: str = "") -> list[Json]:
    """The context of report `r<number>`, of accession `A<number>`."""
    accession = accession or f"A{number}"
    uid = uid or f"1.2.3.{number}"
    based = {"type": "ServiceRequest", "identifier": {"type": ACSN, "value": accession}}
    report = {
        "resourceType": "DiagnosticReport",
        "id": f"r{number}",
        "status": "unknown",
        "basedOn": [based],
        "code": {"coding": [{"system": "http://loinc.org", "code": "18748-4"}]},
        "subject": {"reference": f"Patient/p{number}"},
    }
    patient = {
        "resourceType": "Patient",
        "id": f"p{number}",
        "identifier": [{"type": MR, "value": mrn or f"SYN{number}"}],
    }
    study = {
        "resourceType": "ImagingStudy",
        "id": f"s{number}",
        "status": "unknown",
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}],
        "subject": {"reference": f"Patient/p{number}"},
    }
    return [
        {"key": "report", "resource": report},
        {"key": "patient", "resource": patient},
        {"key": "study", "resource": study},
    ]


def opening(number: int, seconds: float = 0.0, topic: str = "t", **who: str) -> Event:
    """DiagnosticReport-open."""
    context = tuple(report_context(number, **who))
    return Event(new_id(), at(seconds), topic, "DiagnosticReport-open", context)


def closing(number: int, seconds: float = 0.0, topic: str = "t") -> Event:
    """DiagnosticReport-close."""
    context = tuple(report_context(number))
    return Event(new_id(), at(seconds), topic, "DiagnosticReport-close", context)


def observation(id_: str, text: str = "Nodule", **more: Any) -> Json:
    """A preliminary Observation."""
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "preliminary",
        "code": {"text": text},
        **more,
    }


def put(resource: Json, method: str = "PUT") -> Json:
    """An entry that puts a resource."""
    return {"request": {"method": method}, "resource": resource}


def update(number: int, version: str, *entries: Json, seconds: float = 1.0) -> Event:
    """DiagnosticReport-update."""
    bundle = {"resourceType": "Bundle", "id": "b1", "type": "transaction", "entry": list(entries)}
    context = (
        {"key": "report", "reference": {"reference": f"DiagnosticReport/r{number}"}},
        {"key": "updates", "resource": bundle},
    )
    return Event(new_id(), at(seconds), "t", "DiagnosticReport-update", context, version)
